"""Rows of a fact as they were known at one instant: what came later counts as absent."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Boolean, ColumnElement, Text, and_, bindparam, case, exists, false, or_, true
from sqlalchemy.sql.elements import BindParameter

from ledger.fact_tables import TABLES
from okr_model.facts import OUTCOME_TIMES, time_fields
from okr_model.metrics import Condition, Metric, Where

Clause: TypeAlias = ColumnElement[bool]
Expression: TypeAlias = ColumnElement[Any]


def bound(name: str) -> BindParameter[int]:
    """An instant that is given when the statement is run."""
    return bindparam(name, type_=BigInteger)


KNOWN_TO = bound("known_to")


class Rows:
    """The rows that one metric reads. Expressions bind `known_to` when they are run.

    An outcome (facts.OUTCOME_TIMES) whose time is not yet known is null; with `mature` it is null too where it came
    later than the row's time plus `mature` (a day being 24 h), or where its time is not known at all.
    """

    def __init__(self, metric: Metric) -> None:
        assert metric.fact is not None, "a query at the source reads no rows"
        self.fact = metric.fact
        self.table = TABLES[metric.fact]
        self._mature = metric.mature
        first = time_fields(metric.fact)[0]
        self.time = self.table.c[metric.on if metric.on in time_fields(metric.fact) else first]

    def instant(self, name: str) -> Expression:
        """An instant of the row, null where it had not come."""
        column = self.table.c[name]
        return case((column <= KNOWN_TO, column))

    def field(self, name: str) -> Expression:
        """A field of the row, as it was known."""
        column = self.table.c[name]
        if name in time_fields(self.fact):
            return self.instant(name)
        if (self.fact, name) not in OUTCOME_TIMES:
            return column
        known_at = self.table.c[OUTCOME_TIMES[self.fact, name]]
        if self._mature is None:
            return case((or_(known_at.is_(None), known_at <= KNOWN_TO), column))
        return case((and_(known_at <= KNOWN_TO, known_at <= self.time + self._mature.ms), column))

    def where(self, where: Where) -> Clause:
        """All of the conditions; never null is not promised, so it belongs into WHERE or CASE."""
        return and_(true(), *(self._meets(name, condition) for name, condition in where.items()))

    def there(self) -> Clause:
        """As at `known_to`: begun, and for a member not left. A row that names no first time has always been there."""
        first = self.table.c[time_fields(self.fact)[0]]
        begun = or_(first.is_(None), first <= KNOWN_TO)
        if self.fact != "member":
            return begun
        left = self.table.c.left_at
        return and_(begun, or_(left.is_(None), left > KNOWN_TO))

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
            training.completed_at <= KNOWN_TO,
            training.retracted_at.is_(None),
        )


def _any_of(field: Expression, kind: object, values: tuple[Any, ...]) -> Clause:
    if isinstance(kind, Boolean):
        return or_(false(), *(field.is_(bool(value)) for value in values))
    if isinstance(kind, Text):
        return field.in_([str(value).lower() if isinstance(value, bool) else str(value) for value in values])
    return field.in_(values)
