"""From what a measure found to a reading: a number that may be shown, or no number and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, sqrt

from okr_model.buckets import BUCKET
from okr_model.exchange import Coverage, Measured, Question, Reading, ReadingState, SourceError
from okr_model.facts import Instant
from okr_model.metrics import Guard, Metric
from okr_model.questions import facts_of
from okr_model.scorecard import Range
from okr_model.words import days, instant, number, plural

_Z95 = 1.959963984540054
_NOUNS = {"feedback": "answer", "training": "enrolment"}


@dataclass(frozen=True)
class Provenance:
    """Where a reading comes from. Sources as shown: "helpdesk (zendesk 1)"; the counts are those of their pulls."""

    run_id: str
    recorded_at: Instant
    definition: str
    sources: tuple[str, ...] = ()
    rows: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0


def judge(question: Question, metric: Metric, measured: Measured, provenance: Provenance) -> Reading:
    """A reading from what was found over a covered window: ok, held, or none because empty or too_few.

    A count or sum of no rows over a covered window is 0 and ok. A reading without a value keeps what was counted.
    """
    value = measured.value
    if value is None and _counts(metric) and not _void(question):
        value = Fraction(0)
    if value is None or measured.denominator == 0 or _void(question):
        return _reading(question, provenance, "none", _empty(question, metric, measured), measured)
    if measured.n < (needed := _needed(metric, question)):
        short = f"too_few: {measured.n:,} of the {needed:,} needed"
        return _reading(question, provenance, "none", short, measured)
    outside = _outside(metric, value)
    return _reading(question, provenance, "held" if outside else "ok", outside, measured, value=value)


def not_covered(question: Question, why: str, provenance: Provenance) -> Reading:
    """No reading, because the facts do not reach over its window. `why` is what `covered` said."""
    return _reading(question, provenance, "none", f"not_covered: {why}", Measured(value=None))


def source_error(question: Question, source: str, error: SourceError, provenance: Provenance) -> Reading:
    """No reading, because its source could not be read, or answered in another shape than it promised."""
    code = "schema_error" if error.kind == "data" else "source_error"
    return _reading(question, provenance, "none", f"{code}: {source}: {error.message}", Measured(value=None))


def covered(
    question: Question, metric: Metric, supplied: Iterable[tuple[str, str]], coverages: Iterable[Coverage]
) -> str | None:
    """Why the facts do not cover a question, or None where they do.

    `supplied`: (source, fact) for every source of the configuration. Each one that supplies a fact of the metric must
    reach from the window's start to all that was to be known: an outcome learnt after the window still counts.
    """
    needed = facts_of(metric)
    known = {(coverage.source, coverage.fact): coverage for coverage in coverages}
    pairs = [(source, fact) for source, fact in supplied if fact in needed]
    missing = [fact for fact in needed if fact not in {fact for _, fact in pairs}]
    problems: list[str | None] = [f"no source supplies {fact} facts" for fact in missing]
    problems += [_gap(question, source, fact, known.get((source, fact))) for source, fact in pairs]
    return "; ".join(problem for problem in problems if problem) or None


def wilson(numerator: float, denominator: float) -> Range:
    """The 95 % interval of a share, in percent (Wilson 1927). Raises ZeroDivisionError without a denominator."""
    share, square = numerator / denominator, _Z95 * _Z95 / denominator
    middle = (share + square / 2) / (1 + square)
    half = _Z95 / (1 + square) * sqrt(max(0.0, share * (1 - share) / denominator + square / denominator / 4))
    return Range(low=100 * max(0.0, middle - half), high=100 * min(1.0, middle + half))


def code_of(reading: Reading) -> str:
    """`empty`, `too_few`, `not_covered`, `source_error`, `schema_error`, `held`, or `` for an ok reading."""
    return (reading.reason or "").partition(":")[0]


def _counts(metric: Metric) -> bool:
    return metric.measure is not None and metric.measure.kind in ("count", "sum")


def _needed(metric: Metric, question: Question) -> int:
    """`min_n`, which is meant for the metric's own window; of a week to forecast by, its part of that."""
    length = metric.window.length.days if metric.window.length is not None else None
    if question.period is None or not question.period.startswith(BUCKET) or length is None:
        return metric.min_n
    return metric.min_n if length <= 7 else ceil(Fraction(7 * metric.min_n, length))


def _void(question: Question) -> bool:
    return question.window.start is not None and question.window.end <= question.window.start


def _gap(question: Question, source: str, fact: str, coverage: Coverage | None) -> str | None:
    if coverage is None:
        return f"{source} has not supplied any {fact} facts yet"
    start = question.window.start
    if coverage.start is not None and (start is None or coverage.start > start):
        wanted = "the first one" if start is None else instant(start, question.zone)
        began = instant(coverage.start, question.zone)
        return f"{source} supplies {fact} facts from {began} on, the window needs them from {wanted} on"
    until = max(question.known_to, question.window.end)
    if coverage.complete_to >= until:
        return None
    reached, wanted = instant(coverage.complete_to, question.zone), instant(until, question.zone)
    return f"{source} is complete to {reached}, not to {wanted}"


def _empty(question: Question, metric: Metric, measured: Measured) -> str:
    if _void(question):
        return f"empty: its window begins {instant(question.window.end, question.zone)}"
    when = days(question.window, question.zone)
    if metric.fact is None:
        return f"empty: the source has nothing for {when}"
    noun = _NOUNS.get(metric.fact, metric.fact)
    if measured.pending:
        return f"empty: no {noun} old enough to be judged, {when}; {plural(measured.pending, noun)} too young"
    if measured.dropped:
        return f"empty: no {noun} that tells what is asked, {when}; {plural(measured.dropped, noun)} that cannot say"
    return f"empty: no {noun} that counts, {when}"


def _outside(metric: Metric, value: Fraction) -> str | None:
    guard = metric.guard or Guard()
    for bound, side, broken in (
        (guard.at_least, "below", guard.at_least is not None and value < Fraction(str(guard.at_least))),
        (guard.at_most, "above", guard.at_most is not None and value > Fraction(str(guard.at_most))),
    ):
        if broken:
            shown = number(value, metric.unit, bound)
            return f"held: {shown} is {side} its guard of {number(bound, metric.unit)}; a person must release it"
    return None


def _reading(
    question: Question,
    provenance: Provenance,
    state: ReadingState,
    reason: str | None,
    measured: Measured,
    *,
    value: Fraction | None = None,
) -> Reading:
    return Reading(
        metric=question.metric,
        as_of=question.as_of,
        window=question.window,
        zone=question.zone,
        state=state,
        reason=reason,
        value=None if value is None else float(value),
        exact=None if value is None else str(value),
        numerator=None if measured.numerator is None else float(measured.numerator),
        denominator=None if measured.denominator is None else float(measured.denominator),
        n=measured.n,
        dropped=measured.dropped,
        pending=measured.pending,
        open=measured.open,
        oldest_open=measured.oldest_open,
        definition=provenance.definition,
        sources=provenance.sources,
        rows=provenance.rows,
        pages=provenance.pages,
        requests=provenance.requests,
        retries=provenance.retries,
        run_id=provenance.run_id,
        recorded_at=provenance.recorded_at,
        period=question.period,
    )
