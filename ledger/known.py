"""Rows of a fact as they were known at one instant: what came later counts as absent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Boolean, ColumnElement, Text, and_, bindparam, case, exists, false, or_, true
from sqlalchemy.sql.elements import BindParameter

from ledger.fact_tables import TABLES
from okr_model.durations import Duration
from okr_model.exchange import Question
from okr_model.facts import OUTCOME_TIMES, Instant, time_fields
from okr_model.local_days import shifts
from okr_model.metrics import Condition, Metric, Where, Within

Clause: TypeAlias = ColumnElement[bool]
Expression: TypeAlias = ColumnElement[Any]


def bound(name: str) -> BindParameter[int]:
    """An instant that is given when the statement is run."""
    return bindparam(name, type_=BigInteger)


END, KNOWN_TO = bound("end"), bound("known_to")


@dataclass(frozen=True)
class Clock:
    """The zone that local days are counted in, and the time that windows are of. `first` null: from the first."""

    zone: str
    first: Instant | None
    last: Instant

    @classmethod
    def of(cls, questions: Iterable[Question]) -> Clock:
        """One for questions of one zone."""
        asked = list(questions)
        starts = [question.window.start for question in asked if question.window.start is not None]
        return cls(asked[0].zone, min(starts, default=None), max(question.known_to for question in asked))

    def for_rows_of(self, metric: Metric) -> Clock:
        """Where rows of a window can be older than it, and their days are counted, they are so from the first one."""
        begun_before = isinstance(metric.measure, Within) and metric.measure.start != metric.on
        return replace(self, first=None) if begun_before or metric.window.kind == "snapshot" else self

    def later(self, instant: Expression, length: Duration) -> Expression:
        """An instant of a row, later by a length: days by the calendar, hours and less by the clock."""
        after = instant + length.ms
        found = [] if length.days is None else shifts(length.days, ZoneInfo(self.zone), self.first, self.last)
        if not found:
            return after
        return after + case(*((and_(instant >= each.start, instant < each.end), each.ms) for each in found), else_=0)


class Rows:
    """The rows that one metric reads. Expressions bind `known_to` when they are run; what comes then is not known yet.

    What came after the row is null while it is not known; with `mature` it is null too where it came later than the
    row's time plus `mature`. An outcome (facts.OUTCOME_TIMES) is known with its time: one that names none always was,
    but is not with `mature`.
    """

    def __init__(self, metric: Metric, clock: Clock) -> None:
        assert metric.fact is not None, "a query at the source reads no rows"
        self.fact = metric.fact
        self.table = TABLES[metric.fact]
        self._mature = metric.mature
        self._clock = clock.for_rows_of(metric)
        first = time_fields(metric.fact)[0]
        self.time = self.table.c[metric.on if metric.on in time_fields(metric.fact) else first]

    def instant(self, name: str) -> Expression:
        """An instant of the row, null where it had not come, or not in time to count."""
        column = self.table.c[name]
        return case((self._in_time(column), column))

    def seen(self, name: str) -> Expression:
        """An instant of the row, null where it had not come."""
        column = self.table.c[name]
        return case((column < KNOWN_TO, column))

    def field(self, name: str) -> Expression:
        """A field of the row, as it was known."""
        column = self.table.c[name]
        if name in time_fields(self.fact):
            return self.instant(name)
        if (self.fact, name) not in OUTCOME_TIMES:
            return column
        known_at = self.table.c[OUTCOME_TIMES[self.fact, name]]
        if self._mature is None:
            return case((or_(known_at.is_(None), known_at < KNOWN_TO), column))
        return case((self._in_time(known_at), column))

    def later(self, instant: Expression, length: Duration) -> Expression:
        """An instant of a row, later by a length."""
        return self._clock.later(instant, length)

    def _in_time(self, instant: ColumnElement[Any]) -> Clause:
        if self._mature is None or instant is self.time:
            return instant < KNOWN_TO
        return and_(instant < KNOWN_TO, instant <= self.later(self.time, self._mature))

    def where(self, where: Where) -> Clause:
        """All of the conditions; never null is not promised, so it belongs into WHERE or CASE."""
        return and_(true(), *(self._meets(name, condition) for name, condition in where.items()))

    def told(self, where: Where) -> Clause | None:
        """Whether a row says what the conditions ask; null where each does.

        A yes or no that is null was never told, unless it may still come.
        """
        asked = [name for name, condition in where.items() if condition.any_of is not None]
        said = [
            self.field(name).is_not(None)
            for name in asked
            if isinstance(self.table.c[name].type, Boolean) and (self.fact, name) not in OUTCOME_TIMES
        ]
        return and_(*said) if said else None

    def there(self) -> Clause:
        """As at the window's end: begun, and for a member not left. What names no first time has always been there."""
        first = self.table.c[time_fields(self.fact)[0]]
        begun = or_(first.is_(None), first < END)
        if self.fact != "member":
            return begun
        left = self.table.c.left_at
        return and_(begun, or_(left.is_(None), left >= END))

    def _meets(self, name: str, condition: Condition) -> Clause:
        if condition.course is not None:
            return self._trained(condition.course)
        field = self.field(name)
        clauses: list[Clause] = []
        if condition.any_of is not None:
            clauses.append(_any_of(field, self.table.c[name].type, condition.any_of))
        if condition.present is not None:
            clauses.append(field.is_not(None) if condition.present else field.is_(None))
        if condition.at_least is not None:
            clauses.append(field >= condition.at_least)
        if condition.at_most is not None:
            clauses.append(field <= condition.at_most)
        return and_(true(), *clauses)

    def _trained(self, course: str) -> Clause:
        training = TABLES["training"].c
        return exists().where(
            training.member == self.table.c.id,
            training.course == course,
            training.completed_at < KNOWN_TO,
            training.retracted_at.is_(None),
        )


def _any_of(field: Expression, kind: object, values: tuple[Any, ...]) -> Clause:
    if isinstance(kind, Boolean):
        return or_(false(), *(field.is_(bool(value)) for value in values))
    if isinstance(kind, Text):
        return field.in_([str(value).lower() if isinstance(value, bool) else str(value) for value in values])
    return field.in_(values)
