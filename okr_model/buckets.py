"""The disjoint weeks that a forecast is laid through: which key results have one, and what is asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from okr_model.cycle import Cycle
from okr_model.exchange import Question
from okr_model.metrics import Metric
from okr_model.plan import KeyResult, Plan, part_metric
from okr_model.targets import Change, FromTo, parts_of
from okr_model.windows import Period, end_of, midnight, moved, periods

BUCKET = "bucket "
LEVELS = ("snapshot", "cycle_to_date")
"""Windows whose readings are points of one course; their weeks are the differences between them."""


def bucket_label(week: Period) -> str:
    """The `period` of a week's question and reading: `bucket 2026-W41`."""
    return f"{BUCKET}{week.label}"


def full_weeks(cycle: Cycle) -> list[Period]:
    """The ISO weeks that lie wholly inside a cycle."""
    return [week for week in periods(cycle, "week") if week.start >= cycle.start]


def bucket_questions(plan: Plan, as_of: date) -> Iterator[Question]:
    """The weeks of which `as_of` is the first day with all rows settled and mature: each is asked once."""
    zone = plan.cycle.timezone
    begun, night = midnight(as_of, zone), end_of(as_of, zone)
    metrics = [metric for metric in _forecast_metrics(plan) if metric.window.kind not in LEVELS]
    for week in full_weeks(plan.cycle) if metrics else ():
        for metric in metrics:
            if begun < moved(week.end, (metric.settle, metric.maturity), zone) <= night:
                yield Question(
                    metric=metric.id,
                    as_of=as_of,
                    window=week.span(zone),
                    known_to=night,
                    zone=str(zone),
                    period=bucket_label(week),
                )


def hindrance(result: KeyResult, metric: Metric | None) -> str | None:
    """Why a key result cannot be forecast however long one waits, None where it can."""
    if metric is None:
        return "its values are given by people"
    if result.pace.kind != "linear":
        return f"its plan is {'phased' if result.pace.kind == 'phased' else 'a step'}, not a straight line"
    if metric.on == "period":
        return "its rows are counted by the period that they name"
    kind = metric.measure.kind if metric.measure is not None else "query"
    if metric.window.kind == "cycle_to_date" and kind not in ("count", "sum"):
        return "only a count or a sum of the cycle to date grows by its weeks"
    if kind == "share_distinct" and metric.window.kind not in LEVELS and _days(metric) != 7:
        return "distinct ones of a longer window cannot be put together from weeks"
    return None


def _days(metric: Metric) -> int | None:
    return metric.window.length.days if metric.window.length is not None else None


def _forecast_metrics(plan: Plan) -> list[Metric]:
    found = {}
    for result in plan.key_results():
        for part in parts_of(result.target):
            name = part_metric(result, part)
            if isinstance(part, FromTo | Change) and name is not None and not hindrance(result, plan.metrics[name]):
                found[name] = plan.metrics[name]
    return list(found.values())
