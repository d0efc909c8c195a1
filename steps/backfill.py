"""Past days once more: their facts read again, their readings restated where those changed, their words after them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from connectors.api import Page, Supply, Usage
from ledger import pulls, readings, scorecards
from okr_model.exchange import Coverage, Slice, SourceOutcome, Stored
from okr_model.facts import Instant
from okr_model.questions import facts_of, needed_from, questions
from okr_model.scorecard import Scorecard
from okr_model.windows import DAY, end_of, last_ended_day
from steps.evaluate import evaluate
from steps.pull import describe
from steps.read import Grounds, rulings_of, take_day
from steps.sync import NotYet, Run, only_run, settle, start
from steps.wiring import Workspace, supplied


@dataclass(frozen=True)
class Backfilled:
    """What one backfill did. `restated`: readings that say something else than what was believed before."""

    run_id: str
    state: str
    days: int
    restated: int
    outcomes: dict[str, SourceOutcome]
    scorecard: Scorecard | None


def backfill(workspace: Workspace, first: date, last: date) -> Backfilled:
    """Reads, measures and judges every day from `first` to `last`, both included. Live coverage stays where it is.

    A source that fails leaves its facts as they are; the days are measured from those. Days after `last` are judged
    again as far as they stand on what was restated. Raises NotYet for days that have not ended or are out of order.
    """
    _possible(workspace, first, last)
    run = Run(uuid.uuid4().hex[:12], last, end_of(last, workspace.config.plan.cycle.timezone))
    with only_run(workspace, run.id):
        start(workspace, run)
        outcomes, coverages = _pull_aside(workspace, first)
        grounds = Grounds(supplied(workspace), coverages, outcomes)
        restated = _take(workspace, first, last, run.id, grounds)
        scorecard = _judge(workspace, first, last, run.id)
        state = settle(workspace, run, outcomes)
    return Backfilled(run.id, state, (last - first).days + 1, restated, outcomes, scorecard)


def _possible(workspace: Workspace, first: date, last: date) -> None:
    zone = workspace.config.plan.cycle.timezone
    ended = last_ended_day(workspace.now, zone)
    if last > ended:
        raise NotYet(f"{last} has not ended in {zone.key}; the last day that has is {ended}")
    if first > last:
        raise NotYet(f"{first} comes after {last}; give the earlier day first")


def _pull_aside(workspace: Workspace, first: date) -> tuple[dict[str, SourceOutcome], list[Coverage]]:
    """Everything that the days from `first` on need; beside the stored coverages, what was read for this run alone."""
    coverages = {(each.source, each.fact): each for each in pulls.coverages(workspace.engine)}
    outcomes = {}
    for name in workspace.config.sources:
        usage, stored, error = Usage(), dict[str, Stored](), None
        try:
            source = workspace.open_source(name, usage)
            for fact, supply in source.supplies.items():
                part = Slice(start=_from(workspace, fact, first), end=workspace.now, everything=supply.everything)
                pages = source.pull(fact, part)
                stored[fact] = _store(workspace, name, fact, supply, part, pages)
                coverages[name, fact] = _wider(coverages.get((name, fact)), name, fact, part)
        except Exception as problem:
            error = describe(name, problem)
        outcomes[name] = SourceOutcome(
            name=name,
            state="ok" if error is None else "failed",
            connector=workspace.connector_of(name),
            error=error,
            facts=stored,
            requests=usage.requests,
            pages=usage.pages,
            retries=usage.retries,
        )
    return outcomes, list(coverages.values())


def _store(workspace: Workspace, name: str, fact: str, supply: Supply, part: Slice, pages: Iterable[Page]) -> Stored:
    beside, hasher, total = replace(part, everything=False), workspace.hasher(), Stored()
    for page in pages:
        total += pulls.store_aside(workspace.engine, name, fact, beside, page, hasher, signals=supply.signals)
    return total


def _from(workspace: Workspace, fact: str, first: date) -> Instant | None:
    """The earliest instant that the plan, or a window of the first day, needs the fact from."""
    plan = workspace.config.plan
    starts = [needed_from(plan, fact)]
    starts += [each.window.start for each in questions(plan, first) if fact in facts_of(plan.metrics[each.metric])]
    known = [start for start in starts if start is not None]
    return min(known) if len(known) == len(starts) else None


def _wider(held: Coverage | None, name: str, fact: str, part: Slice) -> Coverage:
    read = Coverage(source=name, fact=fact, start=part.start, complete_to=part.end)
    if held is None or read.start is None or (held.start is not None and read.start <= held.start):
        return read
    return replace(read, start=held.start) if held.complete_to >= read.start else read


def _take(workspace: Workspace, first: date, last: date, run_id: str, grounds: Grounds) -> int:
    before, rulings = _believed(workspace, first, last), rulings_of(workspace, first, last)
    day = first
    while day <= last:
        take_day(workspace, day, run_id, grounds, rulings)
        day += DAY
    after = _believed(workspace, first, last)
    return sum(before[asked] != after.get(asked) for asked in before)


def _believed(workspace: Workspace, first: date, last: date) -> dict[object, object]:
    found = readings.readings(workspace.engine, first=first, last=last)
    return {(each.metric, each.period, each.window, each.as_of): (each.state, each.exact, each.n) for each in found}


def _judge(workspace: Workspace, first: date, last: date, run_id: str) -> Scorecard | None:
    """As of the newest day that was ever judged, or `last`: the days before are judged again where they must be.

    Days before the cycle stand alone, each judged as of its own midnight.
    """
    cycle, found = workspace.config.plan.cycle, None
    day = first
    while day <= min(last, cycle.start - DAY):
        found = evaluate(workspace, day, run_id, end_of(day, cycle.timezone))
        day += DAY
    newest = scorecards.scorecard(workspace.engine)
    if newest is not None and newest.cycle.id == cycle.id and newest.as_of >= max(last, cycle.start):
        return evaluate(workspace, newest.as_of, run_id, newest.evaluated_at)
    return evaluate(workspace, last, run_id, end_of(last, cycle.timezone)) if last >= cycle.start else found
