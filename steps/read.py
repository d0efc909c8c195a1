"""facts -> take_readings -> readings: every question of the day, and of earlier days of the cycle still unanswered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import cast

from connectors.api import DataError, PullError, Queryable, QueryResult, Usage
from ledger import definitions, measures, pulls, readings, runs
from ledger.database import read as reading_from
from okr_model.exchange import Attempt, Coverage, Measured, Question, Reading, SourceError, SourceOutcome
from okr_model.metrics import Metric
from okr_model.plan import Plan, part_metric
from okr_model.questions import facts_of, questions
from okr_model.readings import Provenance, code_of, covered, judge, not_covered, source_error
from okr_model.rulings import standing_rulings, with_rulings
from okr_model.targets import parts_of
from okr_model.windows import end_of
from steps.pull import describe
from steps.wiring import Workspace, supplied

FAILED = ("not_covered", "source_error", "schema_error")
"""Why there is no reading, where the numbers themselves have not spoken."""
Rulings = dict[tuple[object, ...], Reading]


@dataclass(frozen=True)
class Grounds:
    """What readings are taken from: who supplies what, how far it is complete, and how the pulls went."""

    supplied: Sequence[tuple[str, str]]  # (source, fact)
    coverages: Sequence[Coverage]
    outcomes: Mapping[str, SourceOutcome]


def take_readings(
    workspace: Workspace, as_of: date, run_id: str, outcomes: Mapping[str, SourceOutcome]
) -> list[Reading]:
    """Takes and stores what is asked for `as_of`, after whatever earlier days of the cycle lack. Returns the day's."""
    grounds = Grounds(supplied(workspace), pulls.coverages(workspace.engine), outcomes)
    _store_definitions(workspace)
    rulings = _catch_up(workspace, as_of, run_id, grounds)
    return take_day(workspace, as_of, run_id, grounds, rulings)


def rulings_of(workspace: Workspace, first: date, last: date) -> Rulings:
    """What people ruled on held readings of these days."""
    return standing_rulings(readings.readings(workspace.engine, first=first, last=last))


def take_day(workspace: Workspace, as_of: date, run_id: str, grounds: Grounds, rulings: Rulings) -> list[Reading]:
    """Takes and stores every reading of one day, answered before or not; what differs is a restatement."""
    units = _units(workspace)
    taken = _answers(workspace, questions(workspace.config.plan, as_of), run_id, grounds)
    taken = with_rulings(taken, rulings, units)
    believed = readings.readings(workspace.engine, first=as_of, last=as_of)
    kept = {(each.metric, each.period, each.window) for each in believed if each.state == "ok"}
    # A try that failed later takes nothing back; its attempt is kept all the same.
    told = [
        each for each in taken if code_of(each) not in FAILED or (each.metric, each.period, each.window) not in kept
    ]
    readings.add_readings(workspace.engine, told)
    runs.add_attempts(workspace.engine, [_attempt(workspace, each) for each in taken])
    return taken


def _asked(reading: Reading) -> tuple[object, ...]:
    return reading.metric, reading.period, reading.window


def _store_definitions(workspace: Workspace) -> None:
    found = {each.definition_hash: each.model_dump_json() for each in workspace.config.plan.metrics.values()}
    definitions.store_definitions(workspace.engine, found, workspace.now)


def _catch_up(workspace: Workspace, as_of: date, run_id: str, grounds: Grounds) -> Rulings:
    """Earlier days of the cycle, so that one run says what nightly runs would have said. Returns what people ruled."""
    plan = workspace.config.plan
    known = readings.readings(workspace.engine, first=plan.cycle.start, last=as_of)
    answered = _Answered(plan, known)
    missing = [
        question
        for day in _days(plan.cycle.start, as_of)
        for question in questions(plan, day)
        if not answered.settled(question) and _uncovered(workspace, question, grounds) is None
    ]
    rulings = standing_rulings(known)
    answers = with_rulings(_answers(workspace, missing, run_id, grounds), rulings, _units(workspace))
    # A source that fails while it is asked of earlier days is asked again by the next run.
    readings.add_readings(workspace.engine, [each for each in answers if code_of(each) not in FAILED])
    return rulings


def _units(workspace: Workspace) -> dict[str, str]:
    return {metric.id: metric.unit for metric in workspace.config.plan.metrics.values()}


def _days(first: date, end: date) -> Iterator[date]:
    day = first
    while day < end:
        yield day
        day += timedelta(days=1)


class _Answered:
    """Which questions of earlier days need not be asked again."""

    def __init__(self, plan: Plan, known: Iterable[Reading]) -> None:
        self._zone = plan.cycle.timezone
        self._cadences = {
            part_metric(result, part)
            for result in plan.key_results()
            for part in parts_of(result.target)
            if part.kind == "cadence"
        }
        hashes = {metric.id: metric.definition_hash for metric in plan.metrics.values()}
        self._known: dict[tuple[object, ...], Reading] = {}
        for reading in known:
            same_definition = reading.definition == hashes.get(reading.metric)
            if same_definition and (reading.state != "none" or code_of(reading) in ("empty", "too_few", "rejected")):
                self._known[reading.metric, reading.period, reading.window, reading.as_of] = reading
                if reading.period is not None and not reading.pending:
                    self._known.setdefault((reading.metric, reading.period, reading.window), reading)

    def settled(self, question: Question) -> bool:
        """Whether this very day is answered, or, for a period, an earlier day that knew all there was to know."""
        same = (question.metric, question.period, question.window)
        if (*same, question.as_of) in self._known:
            return True
        earlier = self._known.get(same)
        if earlier is None or question.metric not in self._cadences:
            return earlier is not None
        return end_of(earlier.as_of, self._zone) >= question.known_to


def _answers(workspace: Workspace, asked: Iterable[Question], run_id: str, grounds: Grounds) -> list[Reading]:
    answered: dict[Question, Reading] = {}
    asking = _Asking(workspace, grounds)
    to_measure: list[tuple[Metric, Question]] = []
    asked = list(asked)
    for question in asked:
        metric = workspace.config.plan.metrics[question.metric]
        provenance = _provenance(workspace, metric, run_id, grounds)
        if metric.fact is None:
            answered[question] = asking.reading(metric, question, provenance)
        elif (missing := _uncovered(workspace, question, grounds)) is not None:
            answered[question] = _without(question, sources_of(metric, grounds.supplied), missing, provenance, grounds)
        else:
            to_measure.append((metric, question))
    with reading_from(workspace.engine) as connection:
        measured = measures.measure(connection, to_measure)
    for (metric, question), found in zip(to_measure, measured, strict=True):
        answered[question] = judge(question, metric, found, _provenance(workspace, metric, run_id, grounds))
    return [answered[question] for question in asked]


def _uncovered(workspace: Workspace, question: Question, grounds: Grounds) -> str | None:
    metric = workspace.config.plan.metrics[question.metric]
    if metric.fact is None:
        return None
    return covered(question, metric, grounds.supplied, grounds.coverages)


def sources_of(metric: Metric, supplied: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The sources that a metric stands on. `supplied`: (source, fact)."""
    if metric.source is not None:
        return (metric.source,)
    facts = facts_of(metric)
    return tuple(dict.fromkeys(name for name, fact in supplied if fact in facts))


def _without(
    question: Question, names: Sequence[str], missing: str, provenance: Provenance, grounds: Grounds
) -> Reading:
    for name in names:
        outcome = grounds.outcomes.get(name)
        if outcome is not None and outcome.error is not None:
            return source_error(question, name, outcome.error, provenance)
    return not_covered(question, missing, provenance)


class _Asking:
    """Puts metrics' own queries to their sources, each opened once; one that is down is not asked for each anew.

    Nor is a query that is refused asked again for each of the cycle's days.
    """

    def __init__(self, workspace: Workspace, grounds: Grounds) -> None:
        self._workspace = workspace
        self._open: dict[str, Queryable] = {}
        self._down = {
            name: outcome.error
            for name, outcome in grounds.outcomes.items()
            if outcome.error is not None and not outcome.facts
        }
        self._refused: dict[str, SourceError] = {}

    def reading(self, metric: Metric, question: Question, provenance: Provenance) -> Reading:
        name, query = metric.source, metric.query
        assert name is not None  # a metric has a fact, or a source and a query
        assert query is not None
        try:
            known = self._down.get(name) or self._refused.get(metric.id)
            if known is None:
                answer = self._source(name).read(query, question.window)
                _enough_said(metric, answer)
                return judge(question, metric, from_query(metric, answer), provenance)
            error = known
        except PullError as problem:
            error = describe(name, problem)
            if error.kind == "transient":
                self._down[name] = error
            elif error.kind == "config":
                self._refused[metric.id] = error
        return source_error(question, name, error, provenance)

    def _source(self, name: str) -> Queryable:
        if name not in self._open:
            self._open[name] = cast("Queryable", self._workspace.open_source(name, Usage()))
        return self._open[name]


def _enough_said(metric: Metric, answer: QueryResult) -> None:
    """Raises DataError where it cannot be known whether a value stands on `min_n` rows."""
    if metric.min_n and answer.n is None and answer.denominator is None:
        raise DataError(f"the query returns no n, and {metric.id} asks for at least {metric.min_n:,} rows")


def _provenance(workspace: Workspace, metric: Metric, run_id: str, grounds: Grounds) -> Provenance:
    names = sources_of(metric, grounds.supplied)
    found = [grounds.outcomes[name] for name in names if name in grounds.outcomes]
    return Provenance(
        run_id=run_id,
        recorded_at=workspace.now,
        sources=tuple(f"{name} ({workspace.connector_of(name)})" for name in names),
        definition=metric.definition_hash,
        rows=sum(stored.stored + stored.unchanged for each in found for stored in each.facts.values()),
        pages=sum(each.pages for each in found),
        requests=sum(each.requests for each in found),
        retries=sum(each.retries for each in found),
    )


def _attempt(workspace: Workspace, reading: Reading) -> Attempt:
    return Attempt(
        run_id=reading.run_id,
        at=workspace.now,
        what="reading",
        name=reading.metric,
        state=reading.state,
        reason=reading.reason,
    )


def from_query(metric: Metric, answer: QueryResult) -> Measured:
    """What a query at the source said, as exact as it said it. A denominator of 0 is no value."""
    if answer.numerator is None or answer.denominator is None:
        value = None if answer.value is None else Fraction(str(answer.value))
        return Measured(value=value, n=answer.n or 0)
    over, under = Fraction(str(answer.numerator)), Fraction(str(answer.denominator))
    scale = 100 if metric.unit == "percent" else 1
    return Measured(
        value=scale * over / under if under else None,
        numerator=over,
        denominator=under,
        n=int(under) if answer.n is None else answer.n,
    )
