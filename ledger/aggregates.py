"""Measures that one scan can answer side by side: each a few aggregates, and how to read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sqlalchemy import and_, case, distinct, func, or_

from ledger.known import KNOWN_TO, Clause, Clock, Expression, Rows
from okr_model.exchange import Measured
from okr_model.metrics import Confusion, Count, Metric, OfValue, Share, ShareDistinct, Span, Within

Answer: TypeAlias = Callable[..., Measured]


@dataclass(frozen=True)
class Aggregates:
    """Columns to select, and what their values mean, given in the same order."""

    columns: tuple[Expression, ...]
    answer: Answer


def aggregates(metric: Metric, clock: Clock) -> Aggregates | None:  # noqa: PLR0911 -- one for each kind of measure
    """How a scan answers the metric; null where it needs the values themselves (a median, a mean of scores)."""
    rows, measure = Rows(metric, clock), metric.measure
    base = rows.where(metric.where)
    if isinstance(measure, Count):
        return Aggregates((_count(base),), lambda n: Measured(value=Fraction(n), n=n))
    if isinstance(measure, OfValue) and measure.kind in ("mean", "sum") and isinstance(measure.value, Span):
        return _of_span(rows, base, measure.value, _mean if measure.kind == "mean" else _sum)
    if isinstance(measure, Share):
        return _share(rows, and_(base, rows.where(measure.of.where)), measure)
    if isinstance(measure, ShareDistinct):
        return _share_distinct(rows, base, measure)
    if isinstance(measure, Within):
        return _within(rows, and_(base, rows.where(measure.of.where)), measure)
    if isinstance(measure, Confusion):
        return _confusion(rows, base, measure)
    return None


def ratio(numerator: int, denominator: int, dropped: int = 0, pending: int = 0) -> Measured:
    """A percentage; without anything in the denominator there is none."""
    return Measured(
        value=Fraction(100 * numerator, denominator) if denominator else None,
        numerator=Fraction(numerator),
        denominator=Fraction(denominator),
        n=denominator,
        dropped=dropped,
        pending=pending,
    )


def _count(clause: Clause) -> Expression:
    return func.count(case((clause, 1)))


def _mean(total: Fraction, n: int, dropped: int) -> Measured:
    value = total / n if n else None
    return Measured(value=value, numerator=total, denominator=Fraction(n), n=n, dropped=dropped)


def _sum(total: Fraction, n: int, dropped: int) -> Measured:
    return Measured(value=total, n=n, dropped=dropped)


def _of_span(rows: Rows, base: Clause, span: Span, answer: Answer) -> Aggregates:
    start, end = rows.instant(span.start), rows.instant(span.end)
    good = and_(base, end >= start)
    columns = (func.sum(case((good, end - start))), _count(good), _count(and_(base, end < start)))
    return Aggregates(columns, lambda total, n, dropped: answer(Fraction(int(total or 0), span.ms), n, dropped))


def _share(rows: Rows, base: Clause, measure: Share) -> Aggregates:
    return _of_told(rows, base, measure, _count)


def _share_distinct(rows: Rows, base: Clause, measure: ShareDistinct) -> Aggregates:
    subject = rows.field(measure.of)
    return _of_told(rows, base, measure, lambda clause: func.count(distinct(case((clause, subject)))))


def _of_told(
    rows: Rows, base: Clause, measure: Share | ShareDistinct, count: Callable[[Clause], Expression]
) -> Aggregates:
    """Matching over all; without a value where not one row tells what is asked."""
    matching, told = rows.where(measure.where), rows.told(measure.where)
    if told is None:
        return Aggregates((count(and_(base, matching)), count(base)), ratio)
    columns = (count(and_(base, matching)), count(and_(base, told)), count(base))
    return Aggregates(columns, _share_told)


def _share_told(met: int, told: int, all_: int) -> Measured:
    return ratio(met, all_ if told else 0, dropped=all_ - told)


def _within(rows: Rows, base: Clause, measure: Within) -> Aggregates:
    start, end = rows.instant(measure.start), rows.instant(measure.end)
    deadline = rows.later(start, measure.limit)
    judged = and_(base, deadline < KNOWN_TO)
    met: Clause = and_(judged, end >= start, end <= deadline)
    if (rows.fact, measure.end) == ("ticket", "resolved_at"):
        reopened = rows.instant("reopened_at")
        # `resolved_at` is the last solve: one before the reopening means that it is open again.
        met = and_(met, or_(reopened.is_(None), reopened > deadline, end >= reopened))
    columns = (
        _count(met),
        _count(judged),
        _count(and_(judged, end < start)),
        _count(and_(base, deadline >= KNOWN_TO)),
    )
    return Aggregates(columns, ratio)


def _confusion(rows: Rows, base: Clause, measure: Confusion) -> Aggregates:
    predicted, actual = rows.field(measure.predicted), rows.field(measure.actual)
    negative: Clause = actual.is_(False)
    if measure.unlabelled == "negative":
        negative = or_(negative, actual.is_(None))
    cells = [
        _count(and_(base, predicted.is_(said), truth))
        for said in (True, False)
        for truth in (actual.is_(True), negative)
    ]
    return Aggregates((*cells, _count(and_(base, predicted.is_(None)))), _CONFUSIONS[measure.kind])


def _accuracy(tp: int, fp: int, fn: int, tn: int, dropped: int) -> Measured:
    return ratio(tp + tn, tp + fp + fn + tn, dropped)


def _precision(tp: int, fp: int, fn: int, tn: int, dropped: int) -> Measured:  # noqa: ARG001 -- one shape for all four
    return ratio(tp, tp + fp, dropped)


def _recall(tp: int, fp: int, fn: int, tn: int, dropped: int) -> Measured:  # noqa: ARG001 -- one shape for all four
    return ratio(tp, tp + fn, dropped)


def _balanced(tp: int, fp: int, fn: int, tn: int, dropped: int) -> Measured:
    """The mean of recall and specificity, which has no numerator and denominator of its own."""
    recall, specificity = ratio(tp, tp + fn).value, ratio(tn, tn + fp).value
    value = None if recall is None or specificity is None else (recall + specificity) / 2
    return Measured(value=value, n=tp + fp + fn + tn, dropped=dropped)


_CONFUSIONS: dict[str, Answer] = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "balanced_accuracy": _balanced,
}
