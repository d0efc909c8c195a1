"""What changes are measured against: pinned numbers, and those that a person gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from zoneinfo import ZoneInfo

from ledger import baselines, readings
from okr_model import words
from okr_model.baselines import baseline_known, baseline_label, baseline_window, measured_changes, still_good
from okr_model.exchange import PinnedBaseline
from okr_model.metrics import Metric
from okr_model.plan import KeyResult
from okr_model.targets import Baseline, Change, parts_of
from steps.wiring import Workspace


class BaselineRefused(Exception):
    """The number cannot be this key result's baseline; the sentence says why."""


@dataclass(frozen=True)
class Shown:
    """One key result's baseline in a sentence."""

    key_result: str
    sentence: str


def shown(workspace: Workspace, only: str | None = None) -> list[Shown]:
    """Every key result that changes against a baseline, or one of them. Raises BaselineRefused where it does not."""
    plan = workspace.config.plan
    changing = [
        (result, part)
        for result in plan.key_results()
        for part in parts_of(result.target)
        if isinstance(part, Change) and only in (None, result.id)
    ]
    if only is not None and not changing:
        raise BaselineRefused(_not_changing(workspace, only))
    measured = {result.id: (baseline, metric) for result, _, baseline, metric in measured_changes(plan)}
    return [Shown(result.id, _sentence(workspace, result, part, measured)) for result, part in changing]


def give(workspace: Workspace, key_result: str | None, value: str, note: str | None) -> Shown:
    """Pins a person's number. Raises BaselineRefused with every problem."""
    plan = workspace.config.plan
    found = {result.id: (part, baseline, metric) for result, part, baseline, metric in measured_changes(plan)}
    problems = list(_problems(workspace, key_result, value, note))
    if problems or key_result is None or note is None:
        raise BaselineRefused("; ".join(problems))
    part, baseline, metric = found[key_result]
    if part.relative and Decimal(value) <= 0:
        raise BaselineRefused(f"{part.by} of {value} leads nowhere; a baseline is above 0")
    pinned = PinnedBaseline(
        key_result=key_result,
        metric=metric.id,
        window=baseline_window(baseline, plan.cycle),
        exact=str(Fraction(value)),
        n=0,
        definition=metric.definition_hash,
        recorded_at=workspace.now,
        note=note,
    )
    baselines.pin(workspace.engine, pinned)
    return Shown(key_result, _pinned(pinned, metric, plan.cycle.timezone))


def _problems(workspace: Workspace, key_result: str | None, value: str, note: str | None) -> Iterable[str]:
    there = {result.id for result, _, _, _ in measured_changes(workspace.config.plan)}
    if key_result is None:
        yield "--value needs the key result that it is for"
    elif key_result not in there:
        yield _not_changing(workspace, key_result)
    if note is None:
        yield "--value needs a --note that says where the number is from"
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        yield f"--value takes a number, not {value!r}"


def _not_changing(workspace: Workspace, name: str) -> str:
    there = dict.fromkeys(result.id for result, _, _, _ in measured_changes(workspace.config.plan))
    which = f"those that are: {', '.join(there)}" if there else "none is"
    return f"{name} is not measured against a baseline of its own; {which}"


def _sentence(
    workspace: Workspace, result: KeyResult, part: Change, measured: dict[str, tuple[Baseline, Metric]]
) -> str:
    if not isinstance(part.baseline, Baseline):
        return f"{part.baseline}, as okrs.yaml says"
    if result.id not in measured:
        return "not known: without a metric it must be a number; set `baseline` in okrs.yaml"
    baseline, metric = measured[result.id]
    cycle = workspace.config.plan.cycle
    pinned = baselines.baselines(workspace.engine).get(result.id)
    if pinned is not None and still_good(pinned, metric, baseline, cycle, metric.definition_hash):
        return _pinned(pinned, metric, cycle.timezone)
    window = words.days(baseline_window(baseline, cycle), cycle.timezone)
    ready = baseline_known(baseline, metric, cycle)
    if ready > workspace.now:
        return f"not known yet: {window} is mature on {words.day(words.local_day(ready, cycle.timezone))}"
    return f"not known: {window}, {_why(workspace, metric, baseline)}"


def _pinned(pinned: PinnedBaseline, metric: Metric, zone: ZoneInfo) -> str:
    value = words.number(Fraction(pinned.exact), metric.unit)
    if pinned.note is not None:
        return f"{value}, given by a person: {pinned.note}"
    return f"{value}, measured over {words.days(pinned.window, zone)}, n = {pinned.n:,}"


def _why(workspace: Workspace, metric: Metric, baseline: Baseline) -> str:
    label = baseline_label(baseline, workspace.config.plan.cycle)
    tries = [each for each in readings.readings(workspace.engine, metrics=[metric.id]) if each.period == label]
    if not tries:
        return "it has not been measured; run `okr sync`"
    return f"{tries[-1].reason or 'measured by another definition'}; give a number with --value and --note"
