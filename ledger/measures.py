"""Metrics over facts, in SQL: what a definition finds in a window, knowing only what was known at one instant.

Metrics alike in fact, time column, window and known_to share one scan; many that differ only in the values that their
conditions ask for are its groups. Ends of windows come as they are to be taken:
`mature` and `settle` have already been subtracted from them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any, TypeAlias, cast

import msgspec
from sqlalchemy import Connection, Result, case, literal_column, select, text

from ledger.aggregates import Aggregates, aggregates
from ledger.families import Family, Group, families
from ledger.known import Clock, Expression, Rows
from ledger.period_labels import Unit, labels_within, unit_of
from ledger.scans import START, Statement, closing_span, every, grouped, in_window, latest, open_rows, told_of_open
from okr_model.exchange import Measured, Question
from okr_model.facts import Instant
from okr_model.metrics import Metric, OfValue, Quantile, ShareDistinct, Span
from okr_model.movement import Cell

Asked: TypeAlias = tuple[Metric, Question]

FIRST_OF_ALL = -(2**62)
SIDE_BY_SIDE = 100  # metrics in one scan: SQLite has 2,000 columns at most, PostgreSQL fewer


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
    statement = select(*columns).where(in_window(metric, rows)).group_by(text("1"), text("2"))
    cells = []
    for group, carried, *values in connection.execute(statement, _values(metric, question)):
        found = plan.answer(*values)
        if found.numerator is None or found.denominator is None:
            return None
        cells.append(Cell(group, bool(carried), found.numerator, found.denominator))
    return cells


def _carried(metric: Metric, rows: Rows) -> Expression:
    """1 for a row that was already waiting when the window began."""
    span = closing_span(metric)
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
        self._families: dict[tuple[int, ...], list[Family]] = {}
        self._plans: dict[int, Aggregates | None] = {}
        self._statements: dict[tuple[str, int], Statement] = {}
        self._open: dict[int, Family] = {}

    def answer(self, together: list[Asked]) -> list[Measured]:
        """What metrics with one window between them find."""
        bound_to, metrics = _values(*together[0]), [metric for metric, _ in together]
        key = tuple(map(id, metrics))
        if key not in self._families:
            self._families[key] = families(metrics)
        found: dict[int, Measured] = {}
        side_by_side = []
        for family in self._families[key]:
            if self._plan(family) is None:
                found |= zip(family.places, self._listed(family, bound_to), strict=True)
            elif family.keys:
                found |= zip(family.places, self._grouped(family, bound_to), strict=True)
            else:
                side_by_side.append(family)
        for some in _parts(side_by_side):
            for family, one in zip(some, self._scan(some, bound_to), strict=True):
                found |= dict.fromkeys(family.places, one)
        for family in self._families[key]:
            found |= self._with_open(family, found, bound_to)
        return [found[place] for place in range(len(together))]

    def _plan(self, family: Family) -> Aggregates | None:
        if id(family) not in self._plans:
            self._plans[id(family)] = aggregates(family.metric, self._clock)
        return self._plans[id(family)]

    def _rows(self, family: Family) -> Rows:
        return Rows(family.metric, self._clock)

    def _scan(self, alone: Sequence[Family], bound_to: dict[str, Any]) -> list[Measured]:
        plans = [cast("Aggregates", self._plan(family)) for family in alone]
        columns = [column for plan in plans for column in plan.columns]
        first = alone[0]
        [row] = self._run(
            "scan", first, lambda: select(*columns).where(in_window(first.metric, self._rows(first))), bound_to
        )
        values = iter(row)
        return [plan.answer(*(next(values) for _ in plan.columns)) for plan in plans]

    def _grouped(self, family: Family, bound_to: dict[str, Any]) -> list[Measured]:
        plan = cast("Aggregates", self._plan(family))
        rows = self._run("grouped", family, lambda: grouped(family, self._rows(family), plan.columns), bound_to)
        keys = len(family.keys)
        found = {tuple(row[:keys]): row[keys:] for row in rows}
        nothing = [(0,) * len(plan.columns)]
        return [
            plan.answer(*(sum(value or 0 for value in column) for column in zip(*(groups or nothing), strict=True)))
            for groups in family.of_members(found)
        ]

    def _listed(self, family: Family, bound_to: dict[str, Any]) -> list[Measured]:
        measure_ = family.metric.measure
        assert isinstance(measure_, OfValue | Quantile)
        make = latest if measure_.kind == "latest" else every
        found: defaultdict[Group, list[Any]] = defaultdict(list)
        for *group, value in self._run("listed", family, lambda: make(family, self._rows(family)), bound_to):
            found[tuple(group)].append(value)
        return [_of_listed(measure_, list(chain.from_iterable(lists))) for lists in family.of_members(found)]

    def _with_open(
        self, family: Family, found: Mapping[int, Measured], bound_to: dict[str, Any]
    ) -> dict[int, Measured]:
        span = closing_span(family.metric)
        if span is None:
            return {}
        if id(family) not in self._open:
            self._open[id(family)] = told_of_open(family, span)
        told = self._open[id(family)]
        rows = self._run("open", told, lambda: open_rows(told, self._rows(told), span), bound_to)
        by_group = {tuple(group): (count, oldest) for *group, count, oldest in rows}
        return {
            place: msgspec.structs.replace(
                found[place],
                open=sum(count for count, _ in groups),
                oldest_open=min((oldest for _, oldest in groups if oldest is not None), default=None),
            )
            for place, groups in zip(told.places, told.of_members(by_group), strict=True)
        }

    def _run(self, what: str, family: Family, make: Callable[[], Statement], bound_to: dict[str, Any]) -> Result[Any]:
        key = (what, id(family))
        if key not in self._statements:
            self._statements[key] = make()
        return self._connection.execute(self._statements[key], bound_to)


def _parts(alone: Sequence[Family]) -> Iterator[Sequence[Family]]:
    for start in range(0, len(alone), SIDE_BY_SIDE):
        yield alone[start : start + SIDE_BY_SIDE]


def _values(metric: Metric, question: Question) -> dict[str, Any]:
    """What the statements of one window bind."""
    start, end, known_to = _reach(metric, question)
    values: dict[str, Any] = {"start": start, "end": end, "known_to": known_to}
    if metric.on == "period":
        unit = cast("Unit | None", metric.window.unit) if question.period is None else unit_of(question.period)
        values["labels"] = labels_within(question.window, question.zone, unit)
    return values


# --- values ----------------------------------------------------------------------------------------------------------


def _exact(value: Any) -> Fraction:
    """As people write it: 4.1 is 41/10, not the nearest binary number."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(int(value))


def _of_listed(measure_: OfValue | Quantile, raw: Sequence[Any]) -> Measured:
    if not isinstance(measure_.value, Span):
        return _of_values(measure_, raw, 1)
    good = [value for value in raw if value >= 0]
    return msgspec.structs.replace(_of_values(measure_, good, measure_.value.ms), dropped=len(raw) - len(good))


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
