"""Metrics over facts, in SQL: what a definition finds in a window, knowing only what was known at one instant.

Metrics alike in fact, time column, window and known_to share one scan. Ends of windows come as they are to be taken:
`mature` and `settle` have already been subtracted from them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias, cast

import msgspec
from sqlalchemy import (
    Connection,
    Result,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
)

from ledger.aggregates import Aggregates, aggregates
from ledger.known import END, KNOWN_TO, Clause, Clock, Expression, Rows, bound
from ledger.period_labels import Unit, labels_within, unit_of
from okr_model.exchange import Measured, Question
from okr_model.facts import OUTCOME_TIMES, Instant
from okr_model.metrics import Metric, OfValue, Quantile, ShareDistinct, Span
from okr_model.movement import Cell

Asked: TypeAlias = tuple[Metric, Question]
Statement: TypeAlias = Select[Any]

FIRST_OF_ALL = -(2**62)
START = bound("start")


def measure(connection: Connection, asked: Sequence[Asked]) -> list[Measured]:
    """What each metric finds, in the order asked; all metrics are over facts.

    value, numerator and denominator are exact, percentages 0 to 100, spans in their own unit. A mean has sum and
    count, a ratio its two counts, `within` met and judged; others have neither. Beside a mean, median or quantile of
    a span stand the `open` rows, begun by known_to (at any time) and without an end then. Conditions on fields that
    only the end brings (decided_by) cannot tell open rows apart, and are left out for them.
    """
    if not asked:
        return []
    alike: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, (metric, question) in enumerate(asked):
        alike[_scan_of(metric, question)].append(number)
    found: dict[int, Measured] = {}
    work = _Work(connection, Clock.of(question for _, question in asked))
    for numbers in alike.values():
        together = [asked[number] for number in numbers]
        found |= zip(numbers, work.answer(together), strict=True)
    return [found[number] for number in range(len(asked))]


def measure_by(connection: Connection, metric: Metric, question: Question, field: str) -> list[Cell] | None:
    """Numerator and denominator of a mean or a ratio for each value of a field, as they were known.

    Rows of a mean over a span are told apart by whether they had begun before the window. None where the metric is
    not the sum of its groups: medians, distinct counts, balanced accuracy.
    """
    clock = Clock.of([question])
    plan = None if isinstance(metric.measure, ShareDistinct) else aggregates(metric, clock)
    if plan is None:
        return None
    rows = Rows(metric, clock)
    columns = (rows.field(field), _carried(metric, rows), *plan.columns)
    statement = select(*columns).where(_in_window(metric, rows)).group_by(text("1"), text("2"))
    cells = []
    for group, carried, *values in connection.execute(statement, _values(metric, question)):
        found = plan.answer(*values)
        if found.numerator is None or found.denominator is None:
            return None
        cells.append(Cell(group, bool(carried), found.numerator, found.denominator))
    return cells


def _carried(metric: Metric, rows: Rows) -> Expression:
    """1 for a row that was already waiting when the window began."""
    span = _closing_span(metric)
    if span is None or metric.on != span.end:
        return literal_column("0")
    return case((rows.table.c[span.start] < START, 1), else_=0)


def _scan_of(metric: Metric, question: Question) -> Hashable:
    calendar = (question.zone, question.period, metric.window.unit) if metric.on == "period" else None
    return metric.fact, metric.on, metric.window.kind == "snapshot", _reach(metric, question), calendar


def _reach(metric: Metric, question: Question) -> tuple[Instant, Instant, Instant]:
    """Start and end of the window, and until when outcomes are known: those of a snapshot at its own instant."""
    start, end = question.window.start, min(question.window.end, question.known_to)
    at_its_end = metric.window.kind == "snapshot" and metric.mature is None
    return FIRST_OF_ALL if start is None else start, end, end if at_its_end else question.known_to


class _Work:
    """One call's statements, each made once and run for every window that asks for it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._scans: dict[tuple[int, ...], tuple[Statement, list[Aggregates]]] = {}
        self._plans: dict[int, Aggregates | None] = {}
        self._singles: dict[tuple[str, int], Statement] = {}

    def answer(self, together: list[Asked]) -> list[Measured]:
        bound_to = _values(*together[0])
        scanned = [asked for asked in together if self._plan(asked[0]) is not None]
        shared = iter(self._scan(scanned, bound_to) if scanned else ())
        found = [
            next(shared) if self._plan(metric) is not None else self._listed(metric, bound_to) for metric, _ in together
        ]
        return [self._with_open(metric, one, bound_to) for (metric, _), one in zip(together, found, strict=True)]

    def _plan(self, metric: Metric) -> Aggregates | None:
        if id(metric) not in self._plans:
            self._plans[id(metric)] = aggregates(metric, self._clock)
        return self._plans[id(metric)]

    def _scan(self, scanned: list[Asked], bound_to: dict[str, Any]) -> list[Measured]:
        key = tuple(id(metric) for metric, _ in scanned)
        if key not in self._scans:
            plans = [cast("Aggregates", self._plan(metric)) for metric, _ in scanned]
            columns = [column for plan in plans for column in plan.columns]
            metric = scanned[0][0]
            self._scans[key] = select(*columns).where(_in_window(metric, Rows(metric, self._clock))), plans
        statement, plans = self._scans[key]
        values = iter(self._connection.execute(statement, bound_to).one())
        return [plan.answer(*(next(values) for _ in plan.columns)) for plan in plans]

    def _listed(self, metric: Metric, bound_to: dict[str, Any]) -> Measured:
        measure_ = metric.measure
        assert isinstance(measure_, OfValue | Quantile)
        what = "latest" if measure_.kind == "latest" else "every"
        raw = self._run(what, metric, bound_to).scalars().all()
        if not isinstance(measure_.value, Span):
            return _of_values(measure_, raw, 1)
        good = [value for value in raw if value >= 0]
        found = _of_values(measure_, good, measure_.value.ms)
        return msgspec.structs.replace(found, dropped=len(raw) - len(good))

    def _with_open(self, metric: Metric, found: Measured, bound_to: dict[str, Any]) -> Measured:
        span = _closing_span(metric)
        if span is None:
            return found
        row = self._run("open", metric, bound_to).one()
        return msgspec.structs.replace(found, open=row.rows, oldest_open=row.oldest)

    def _run(self, what: str, metric: Metric, bound_to: dict[str, Any]) -> Result[Any]:
        key = (what, id(metric))
        if key not in self._singles:
            self._singles[key] = _SINGLES[what](metric, Rows(metric, self._clock))
        return self._connection.execute(self._singles[key], bound_to)


def _values(metric: Metric, question: Question) -> dict[str, Any]:
    """What the statements of one window bind."""
    start, end, known_to = _reach(metric, question)
    values: dict[str, Any] = {"start": start, "end": end, "known_to": known_to}
    if metric.on == "period":
        unit = cast("Unit | None", metric.window.unit) if question.period is None else unit_of(question.period)
        values["labels"] = labels_within(question.window, question.zone, unit)
    return values


def _in_window(metric: Metric, rows: Rows) -> Clause:
    here = rows.table.c.retracted_at.is_(None)
    if metric.window.kind == "snapshot":
        return and_(here, rows.there())
    if metric.on != "period":
        return and_(here, rows.time >= START, rows.time < END)
    period = rows.table.c.period
    when = func.coalesce(rows.table.c.completed_at, rows.table.c.reported_at)
    named = and_(period.in_(bindparam("labels", expanding=True)), or_(when.is_(None), when < KNOWN_TO))
    return and_(here, or_(named, and_(period.is_(None), when >= START, when < END)))


# --- single statements -----------------------------------------------------------------------------------------------


def _value_of(metric: Metric, rows: Rows) -> Expression:
    measure_ = metric.measure
    assert isinstance(measure_, OfValue | Quantile)
    if isinstance(measure_.value, Span):
        return rows.instant(measure_.value.end) - rows.instant(measure_.value.start)
    return rows.field(measure_.value)


def _every(metric: Metric, rows: Rows) -> Statement:
    value = _value_of(metric, rows)
    return select(value).where(_in_window(metric, rows), rows.where(metric.where), value.is_not(None))


def _latest(metric: Metric, rows: Rows) -> Statement:
    value, columns = _value_of(metric, rows), rows.table.c
    good = value >= 0 if isinstance(cast("OfValue", metric.measure).value, Span) else value.is_not(None)
    return (
        select(value)
        .where(_in_window(metric, rows), rows.where(metric.where), good)
        .order_by(rows.time.desc(), columns.source.desc(), columns.id.desc())
        .limit(1)
    )


def _closing_span(metric: Metric) -> Span | None:
    """The span whose end closes a row, where open rows are missing from the value."""
    measure_ = metric.measure
    if isinstance(measure_, OfValue | Quantile) and measure_.kind in ("mean", "median", "quantile"):
        return measure_.value if isinstance(measure_.value, Span) else None
    return None


def _open(metric: Metric, rows: Rows) -> Statement:
    span = _closing_span(metric)
    assert span is not None
    brought = {name for (fact, name), at in OUTCOME_TIMES.items() if (fact, at) == (rows.fact, span.end)} | {span.end}
    told = {name: condition for name, condition in metric.where.items() if name not in brought}
    start = rows.table.c[span.start]
    return select(func.count().label("rows"), func.min(start).label("oldest")).where(
        rows.table.c.retracted_at.is_(None),
        rows.seen(span.start).is_not(None),
        rows.seen(span.end).is_(None),
        rows.where(told),
    )


_SINGLES = {"every": _every, "latest": _latest, "open": _open}


# --- values ----------------------------------------------------------------------------------------------------------


def _exact(value: Any) -> Fraction:
    """As people write it: 4.1 is 41/10, not the nearest binary number."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(int(value))


def _of_values(measure_: OfValue | Quantile, raw: Sequence[Any], unit: int) -> Measured:
    """A measure of values, each to be divided by `unit`."""
    n = len(raw)
    if isinstance(measure_, Quantile) or measure_.kind == "median":
        q = Fraction(str(measure_.q)) if isinstance(measure_, Quantile) else Fraction(1, 2)
        return Measured(value=_quantile(sorted(raw), q) / unit if raw else None, n=n)
    if measure_.kind == "latest":
        return Measured(value=_exact(raw[0]) / unit if raw else None, n=n)
    total = sum((_exact(value) * rows for value, rows in Counter(raw).items()), Fraction(0)) / unit
    if measure_.kind == "sum":
        return Measured(value=total, n=n)
    return Measured(value=total / n if n else None, numerator=total, denominator=Fraction(n), n=n)


def _quantile(ordered: list[Any], q: Fraction) -> Fraction:
    """Linear between ranks: of ranks 0 to n - 1 the value at q * (n - 1)."""
    rank = q * (len(ordered) - 1)
    below = int(rank)
    low, high = _exact(ordered[below]), _exact(ordered[min(below + 1, len(ordered) - 1)])
    return low + (high - low) * (rank - below)
