"""Which readings a plan asks for as of a day, and how far back the facts must reach for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import get_args
from zoneinfo import ZoneInfo

from okr_model.baselines import (
    baseline_known,
    baseline_label,
    baseline_window,
    measured_changes,
    provisional_label,
    provisional_window,
)
from okr_model.buckets import bucket_questions
from okr_model.exchange import Question, Span
from okr_model.facts import Instant
from okr_model.metrics import Metric, Share, ShareDistinct, Within
from okr_model.plan import Plan, part_metric
from okr_model.targets import Cadence, Maintain, parts_of
from okr_model.windows import (
    Every,
    Period,
    end_of,
    final_known,
    final_label,
    final_window,
    matured,
    midnight,
    moved,
    periods,
    window_of,
)


def questions(plan: Plan, as_of: date) -> list[Question]:
    """Every reading that is wanted as of a day, each once: own windows, periods, baselines, weeks to forecast by.

    And once all is known of them, the windows that end with the cycle.
    """
    found: dict[tuple[str, str | None, Instant], Question] = {}
    wanted = (_own, _of_periods, _of_baselines, _final, bucket_questions)
    for question in chain.from_iterable(ask(plan, as_of) for ask in wanted):
        found.setdefault((question.metric, question.period, question.known_to), question)
    return list(found.values())


def needed_from(plan: Plan, fact: str) -> Instant | None:
    """The earliest instant that any window, period, baseline or earlier day of the cycle needs this fact from.

    None: from the first one on. A fact that no metric stands on is needed from the cycle's start.
    """
    cycle = plan.cycle
    metrics = [metric for metric in plan.metrics.values() if fact in facts_of(metric)]
    starts = [window_of(metric, cycle.start, cycle).start for metric in metrics]
    names = {metric.id for metric in metrics}
    starts += [midnight(period.start, cycle.timezone) for name, period, _ in _periods(plan) if name in names]
    starts += [
        baseline_window(baseline, cycle).start
        for _, _, baseline, metric in measured_changes(plan)
        if metric.id in names
    ]
    known = [start for start in starts if start is not None]
    return None if len(known) < len(starts) else min([midnight(cycle.start, cycle.timezone), *known])


def facts_of(metric: Metric) -> tuple[str, ...]:
    """The facts that a metric is measured from: its own, and `training` where it asks who is trained."""
    if metric.fact is None:
        return ()
    measure = metric.measure
    wheres = [metric.where]
    if isinstance(measure, Share | ShareDistinct):
        wheres.append(measure.where)
    if isinstance(measure, Share | Within):
        wheres.append(measure.of.where)
    asks = metric.fact == "member" and any("trained" in where for where in wheres)
    return (metric.fact, "training") if asks else (metric.fact,)


def deadline(part: Cadence, period: Period, zone: ZoneInfo) -> Instant:
    """Until when an event still counts for its period: the period's end plus grace."""
    return moved(period.end, (part.grace,), zone)


def _own(plan: Plan, as_of: date) -> Iterator[Question]:
    cycle = plan.cycle
    known_to = end_of(as_of, cycle.timezone)
    for metric in plan.metrics.values():
        window = window_of(metric, as_of, cycle)
        yield Question(metric=metric.id, as_of=as_of, window=window, known_to=known_to, zone=str(cycle.timezone))


def _periods(plan: Plan) -> Iterator[tuple[str, Period, Maintain | Cadence]]:
    of_cycle = {every: periods(plan.cycle, every) for every in get_args(Every)}
    for result in plan.key_results():
        for part in parts_of(result.target):
            name = part_metric(result, part)
            if isinstance(part, Maintain | Cadence) and name is not None:
                yield from ((name, period, part) for period in of_cycle[part.every])


def _of_periods(plan: Plan, as_of: date) -> Iterator[Question]:
    zone = plan.cycle.timezone
    night = end_of(as_of, zone)
    for name, period, part in _periods(plan):
        if period.start > as_of:
            continue
        known_to = night
        if isinstance(part, Cadence):
            known_to = min(night, deadline(part, period, zone))
        elif _delayed(plan.metrics[name]) and matured(period.end, plan.metrics[name], zone) > night:
            continue
        span = period.span(zone)
        window = Span(start=span.start, end=min(span.end, night))
        yield Question(metric=name, as_of=as_of, window=window, known_to=known_to, zone=str(zone), period=period.label)


def _delayed(metric: Metric) -> bool:
    return metric.settle is not None or metric.mature is not None


def _of_baselines(plan: Plan, as_of: date) -> Iterator[Question]:
    cycle = plan.cycle
    known_to = end_of(as_of, cycle.timezone)
    for _, _, baseline, metric in measured_changes(plan):
        window: Span | None = baseline_window(baseline, cycle)
        label = baseline_label(baseline, cycle)
        if baseline_known(baseline, metric, cycle) > known_to:
            window, label = provisional_window(baseline, metric, as_of, cycle), provisional_label(baseline, cycle)
        if window is not None:
            yield Question(
                metric=metric.id,
                as_of=as_of,
                window=window,
                known_to=known_to,
                zone=str(cycle.timezone),
                period=label,
            )


def _final(plan: Plan, as_of: date) -> Iterator[Question]:
    cycle = plan.cycle
    for name in _judged_by_own_window(plan):
        known_to = final_known(plan.metrics[name], cycle)
        if known_to <= end_of(as_of, cycle.timezone):
            yield Question(
                metric=name,
                as_of=as_of,
                window=final_window(plan.metrics[name], cycle),
                known_to=known_to,
                zone=str(cycle.timezone),
                period=final_label(cycle),
            )


def _judged_by_own_window(plan: Plan) -> list[str]:
    """The metrics of the targets that are reached by one reading, not period by period."""
    named = [
        part_metric(result, part)
        for result in plan.key_results()
        for part in parts_of(result.target)
        if not isinstance(part, Maintain | Cadence)
    ]
    return [name for name in dict.fromkeys(named) if name is not None]
