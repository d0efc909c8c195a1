"""The statements that find what metrics ask for. Each row of theirs begins with the group that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Select, and_, bindparam, func, or_, select, text

from ledger.families import Family
from ledger.known import END, KNOWN_TO, Clause, Expression, Rows, bound
from okr_model.facts import OUTCOME_TIMES
from okr_model.metrics import Metric, OfValue, Quantile, Span

Statement: TypeAlias = Select[Any]

START = bound("start")


def in_window(metric: Metric, rows: Rows) -> Clause:
    """The rows of the metric's window."""
    here = rows.table.c.retracted_at.is_(None)
    if metric.window.kind == "snapshot":
        return and_(here, rows.there())
    if metric.on != "period":
        return and_(here, rows.time >= START, rows.time < END)
    period = rows.table.c.period
    when = func.coalesce(rows.table.c.completed_at, rows.table.c.reported_at)
    named = and_(period.in_(bindparam("labels", expanding=True)), or_(when.is_(None), when < KNOWN_TO))
    return and_(here, or_(named, and_(period.is_(None), when >= START, when < END)))


def grouped(family: Family, rows: Rows, columns: Sequence[Expression]) -> Statement:
    """Aggregates of each group that has rows."""
    keys = family.columns(rows)
    scan = select(*keys, *columns).where(in_window(family.metric, rows), family.wanted(rows))
    return _by(scan, len(keys))


def every(family: Family, rows: Rows) -> Statement:
    """The values themselves."""
    value = _value_of(family.metric, rows)
    return select(*family.columns(rows), value).where(
        in_window(family.metric, rows), rows.where(family.metric.where), family.wanted(rows), value.is_not(None)
    )


def latest(family: Family, rows: Rows) -> Statement:
    """The newest value, of a family without keys."""
    metric, columns = family.metric, rows.table.c
    value = _value_of(metric, rows)
    good = value >= 0 if isinstance(cast("OfValue", metric.measure).value, Span) else value.is_not(None)
    return (
        select(value)
        .where(in_window(metric, rows), rows.where(metric.where), good)
        .order_by(rows.time.desc(), columns.source.desc(), columns.id.desc())
        .limit(1)
    )


def _by(scan: Statement, keys: int) -> Statement:
    # By place, for an expression with a value to be bound is never the same one twice.
    return scan.group_by(*(text(str(place + 1)) for place in range(keys)))


def _value_of(metric: Metric, rows: Rows) -> Expression:
    measure = metric.measure
    assert isinstance(measure, OfValue | Quantile)
    if isinstance(measure.value, Span):
        return rows.instant(measure.value.end) - rows.instant(measure.value.start)
    return rows.field(measure.value)


def closing_span(metric: Metric) -> Span | None:
    """The span whose end closes a row, where open rows are missing from the value."""
    measure = metric.measure
    if isinstance(measure, OfValue | Quantile) and measure.kind in ("mean", "median", "quantile"):
        return measure.value if isinstance(measure.value, Span) else None
    return None


def told_of_open(family: Family, span: Span) -> Family:
    """The family by those conditions alone that tell open rows apart: not by what only the end brings."""
    metric = family.metric
    brought = {name for (fact, name), at in OUTCOME_TIMES.items() if (fact, at) == (metric.fact, span.end)} | {span.end}
    told = {name: condition for name, condition in metric.where.items() if name not in brought}
    keys = [key for key in family.keys if key not in brought]
    return family.narrowed(keys, metric.model_copy(update={"where": told}))


def open_rows(family: Family, rows: Rows, span: Span) -> Statement:
    """How many rows are open in each group, and since when the oldest has been."""
    keys = family.columns(rows)
    scan = select(*keys, func.count(), func.min(rows.table.c[span.start])).where(
        rows.table.c.retracted_at.is_(None),
        rows.seen(span.start).is_not(None),
        rows.seen(span.end).is_(None),
        rows.where(family.metric.where),
        family.wanted(rows),
    )
    return _by(scan, len(keys))
