"""What a change is measured against: over which window, when it can be known, and when it is kept for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from okr_model.cycle import Cycle
from okr_model.exchange import PinnedBaseline, Reading, Span
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.plan import KeyResult, Plan, part_metric
from okr_model.targets import Baseline, Change, parts_of
from okr_model.windows import end_of, midnight, months_later, moved, ripe


def baseline_days(baseline: Baseline, cycle: Cycle) -> tuple[date, date]:
    """[first day, day after the last). The cycle before: as many months, else as many days, as this one has."""
    if baseline.start is not None and baseline.end is not None:
        return baseline.start, baseline.end
    if cycle.start.day == cycle.end.day <= 28:
        months = (cycle.end.year - cycle.start.year) * 12 + cycle.end.month - cycle.start.month
        return months_later(cycle.start, -months), cycle.start
    return cycle.start - (cycle.end - cycle.start), cycle.start


def baseline_label(baseline: Baseline, cycle: Cycle) -> str:
    """The `period` of a baseline's question and reading: `baseline 2026-07-01/2026-10-01`."""
    first, end = baseline_days(baseline, cycle)
    return f"baseline {first}/{end}"


def baseline_window(baseline: Baseline, cycle: Cycle) -> Span:
    """The baseline's days as instants."""
    first, end = baseline_days(baseline, cycle)
    return Span(start=midnight(first, cycle.timezone), end=midnight(end, cycle.timezone))


def baseline_known(baseline: Baseline, metric: Metric, cycle: Cycle) -> Instant:
    """The instant from which every row of the baseline is settled, mature and old enough to be judged."""
    return moved(baseline_days(baseline, cycle)[1], (metric.settle, metric.maturity), cycle.timezone)


def provisional_label(baseline: Baseline, cycle: Cycle) -> str:
    """The `period` of a baseline's question and reading while it is not all known."""
    return f"provisional {baseline_label(baseline, cycle)}"


def provisional_window(baseline: Baseline, metric: Metric, as_of: date, cycle: Cycle) -> Span | None:
    """What is settled and mature of a baseline's days as of `as_of`; None where nothing is, or all."""
    whole = baseline_window(baseline, cycle)
    known = ripe(metric, as_of, cycle.timezone)
    if not (whole.start or 0) < known or baseline_known(baseline, metric, cycle) <= end_of(as_of, cycle.timezone):
        return None
    return Span(start=whole.start, end=min(known, whole.end))


def measured_changes(plan: Plan) -> list[tuple[KeyResult, Change, Baseline, Metric]]:
    """Every `change` target whose baseline is to be measured."""
    found = []
    for result in plan.key_results():
        for part in parts_of(result.target):
            name = part_metric(result, part)
            if isinstance(part, Change) and isinstance(part.baseline, Baseline) and name is not None:
                found.append((result, part, part.baseline, plan.metrics[name]))
    return found


def still_good(pinned: PinnedBaseline, metric: Metric, baseline: Baseline, cycle: Cycle, definition: str) -> bool:
    """Whether a kept baseline is of this metric, this window and this definition, or a person's word for them."""
    same = pinned.metric == metric.id and pinned.window == baseline_window(baseline, cycle)
    return same and (pinned.note is not None or pinned.definition == definition)


def to_pin(
    plan: Plan, readings: Iterable[Reading], pinned: Mapping[str, PinnedBaseline], recorded_at: Instant
) -> list[PinnedBaseline]:
    """The baselines that became known: ok readings of a baseline's window that no kept one answers yet."""
    known = {(reading.metric, reading.period): reading for reading in readings if reading.state == "ok"}
    found = []
    for result, _, baseline, metric in measured_changes(plan):
        reading = known.get((metric.id, baseline_label(baseline, plan.cycle)))
        if reading is None or reading.exact is None or reading.definition != metric.definition_hash:
            continue
        kept = pinned.get(result.id)
        if kept is not None and still_good(kept, metric, baseline, plan.cycle, reading.definition):
            continue
        found.append(
            PinnedBaseline(
                key_result=result.id,
                metric=metric.id,
                window=reading.window,
                exact=reading.exact,
                n=reading.n,
                definition=reading.definition,
                recorded_at=recorded_at,
            )
        )
    return found
