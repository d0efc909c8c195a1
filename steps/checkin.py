"""What a person adds: a note, a value for a manual key result, a milestone reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from msgspec.structs import replace

from ledger import checkins, readings
from okr_model.exchange import CheckIn
from okr_model.history import Known, Record
from okr_model.overrides import WORDS, latest_end
from okr_model.period_status import measured
from okr_model.plan import KeyResult, Plan, part_metric
from okr_model.targets import Cadence, Maintain, parts_of
from okr_model.windows import DAY, periods
from steps.wiring import Workspace


class CheckInRefused(Exception):
    """The check-in does not fit the key result; the sentence says what would."""


@dataclass(frozen=True)
class Said:
    """What was typed. Everything but the key result may be absent."""

    key_result: str
    note: str | None = None
    challenge: str | None = None
    insight: str | None = None
    confidence: int | None = None
    value: str | None = None
    milestone: str | None = None
    as_of: date | None = None
    by: str | None = None
    override: str | None = None
    until: date | None = None
    period: str | None = None
    settled: Literal["met", "missed"] | None = None


def check_in(workspace: Workspace, said: Said) -> CheckIn:
    """Keeps it, for `as_of` or today in the cycle's zone. Raises CheckInRefused with every problem."""
    problems = [*_problems(workspace.config.plan, said, _today(workspace)), *_measured(workspace, said)]
    if problems:
        raise CheckInRefused("; ".join(problems))
    kept = CheckIn(
        key_result=said.key_result,
        as_of=said.as_of or _today(workspace),
        recorded_at=workspace.now,
        by=said.by,
        note=said.note,
        challenge=said.challenge,
        insight=said.insight,
        confidence=said.confidence,
        value=None if said.value is None else str(Decimal(said.value)),
        milestone=said.milestone,
        override=said.override,
        override_until=said.until,
        period=said.period,
        settled=said.settled,
    )
    checkins.add_check_in(workspace.engine, kept)
    return kept


def _today(workspace: Workspace) -> date:
    return datetime.fromtimestamp(workspace.now / 1000, workspace.config.plan.cycle.timezone).date()


def _problems(plan: Plan, said: Said, today: date) -> Iterable[str]:
    results = {result.id: result for result in plan.key_results()}
    result = results.get(said.key_result)
    if result is None:
        yield f"no key result {said.key_result!r} in okrs.yaml; there is: {', '.join(results)}"
        return
    if said == Said(key_result=said.key_result, as_of=said.as_of, by=said.by):
        given = "--note, --challenge, --insight, --confidence, --value, --milestone, --override or --period"
        yield f"nothing was said: give {given}"
    if said.as_of is not None and said.as_of > today:
        yield f"{said.as_of} is in the future; today is {today}"
    if (said.as_of or today) < plan.cycle.start and (said.value or said.milestone or said.override):
        yield f"cycle {plan.cycle.id} starts on {plan.cycle.start}; before that day only notes are taken"
    if said.confidence is not None and not 1 <= said.confidence <= 10:
        yield f"confidence is 1 to 10, not {said.confidence}"
    if said.value is not None:
        yield from _value_problems(result, said.value)
    names = [part.name for part in parts_of(result.target) if part.kind == "milestone" and part.metric is None]
    if said.milestone is not None and said.milestone not in names:
        there = f"its milestones are: {', '.join(names)}" if names else "it has no milestone of its own"
        yield f"{result.id} has no milestone {said.milestone!r}; {there}"
    if (said.period, said.settled) != (None, None):
        yield from _settling_problems(plan, result, said, today)
    yield from _override_problems(plan, said, today)


def _settling_problems(plan: Plan, result: KeyResult, said: Said, today: date) -> Iterable[str]:
    """Settling is a person's word for a number that nobody can measure any more, so it says why."""
    if said.period is None or said.settled is None or said.note is None:
        yield "a period is settled with all of --period, --settle and --note, which says how it is known"
    ends = {
        period.label: period.end
        for part in parts_of(result.target)
        if isinstance(part, Maintain | Cadence)
        for period in periods(plan.cycle, part.every)
    }
    if said.period is not None and said.period not in ends:
        there = f"its periods are: {', '.join(ends)}" if ends else "its target has no periods"
        yield f"{result.id} has no period {said.period!r}; {there}"
    elif said.period is not None and ends[said.period] > today:
        yield f"{said.period} is not over; it ends on {ends[said.period] - DAY}"


def _measured(workspace: Workspace, said: Said) -> Iterable[str]:
    """A person's word counts where nothing else is known; it would be kept and never looked at where all is."""
    result = next((each for each in workspace.config.plan.key_results() if each.id == said.key_result), None)
    if result is None or said.period is None or said.settled is None:
        return
    known = _without_settling(workspace, result)
    parts = [part for part in parts_of(result.target) if isinstance(part, Maintain | Cadence)]
    of_period = [part for part in parts if said.period in [each.label for each in known.periods(part.every)]]
    found = [measured(result, part, said.period, known) for part in of_period]
    if found and None not in found:
        told = " and ".join(filter(None, found))
        yield f"{said.period} was measured: {told}; a person settles only what could not be"


def _without_settling(workspace: Workspace, result: KeyResult) -> Known:
    """What was known last night of a key result, but for the periods that people settled."""
    plan, yesterday = workspace.config.plan, _today(workspace) - DAY
    names = [name for part in parts_of(result.target) if (name := part_metric(result, part)) is not None]
    taken = readings.readings(workspace.engine, metrics=names, first=plan.cycle.start, last=yesterday)
    notes = checkins.check_ins(workspace.engine, key_results=[result.id], first=plan.cycle.start)
    unsettled = [replace(note, settled=None) for note in notes]
    return Record(plan, taken, unsettled, {}, {}).at(yesterday, workspace.now, {})


def _override_problems(plan: Plan, said: Said, today: date) -> Iterable[str]:
    if said.override is None:
        if said.until is not None:
            yield "--until says how long an --override holds; give both"
        return
    if said.override not in WORDS:
        yield f"--override is one of {', '.join(WORDS)}, not {said.override!r}"
    if not said.note:
        yield "an override needs a --note that says why"
    begun = said.as_of or today
    last = latest_end(begun, plan.cycle.check_in_every)
    if said.until is None:
        yield f"an override needs an end: give --until with a day up to {last}"
    elif not begun <= said.until <= last:
        yield f"--until is a day from {begun} to {last} (one check-in interval and 7 days), not {said.until}"


def _value_problems(result: KeyResult, value: str) -> Iterable[str]:
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        yield f"--value takes a number, not {value!r}"
    manual = any(part.kind != "milestone" and part_metric(result, part) is None for part in parts_of(result.target))
    if not manual:
        yield f"{result.id} is measured by a metric, so it takes no --value; use --note to say more about it"
