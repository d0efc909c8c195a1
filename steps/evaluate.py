"""readings -> evaluate -> evaluations: one scorecard per day of the cycle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec.structs import replace

from ledger import baselines, checkins, closed_cycles, readings, runs, scorecards
from okr_model.baselines import to_pin
from okr_model.closing import closed_scorecard
from okr_model.evaluate import judge_day
from okr_model.evidence import evidence
from okr_model.facts import Instant
from okr_model.history import Known, Record
from okr_model.hysteresis import Steady
from okr_model.scorecard import Scorecard
from okr_model.windows import DAY, end_of
from steps.read import sources_of
from steps.wiring import Workspace, supplied


def evaluate(workspace: Workspace, as_of: date, run_id: str, now: Instant) -> Scorecard:
    """Judges `as_of` by the rules' instant `now`, day by day from the cycle's start.

    Stored scorecards of earlier days are used as far as they stand on what is known today; the others are judged
    again as of the midnights that ended them. So dropping them all changes nothing.
    """
    record, hashes = _record(workspace, as_of)
    day, before = _resume(workspace, hashes, as_of)
    while day < as_of:
        known = record.at(day, end_of(day, workspace.config.plan.cycle.timezone), {})
        before = _judge(workspace, known, run_id, before, hashes).steady
        day += DAY
    outcomes = {name: outcome for name, (_, outcome) in runs.latest_outcomes(workspace.engine).items()}
    return _judge(workspace, record.at(as_of, now, outcomes), run_id, before, hashes)


def known_of(workspace: Workspace, as_of: date, now: Instant) -> Known:
    """What is known as of a day, for who judges it in another way than the rules of an open cycle."""
    record, _ = _record(workspace, as_of)
    return record.at(as_of, now, {})


def _record(workspace: Workspace, as_of: date) -> tuple[Record, dict[date, str]]:
    plan = workspace.config.plan
    known = readings.readings(workspace.engine, first=plan.cycle.start, last=as_of)
    for pinned in to_pin(plan, known, baselines.baselines(workspace.engine), workspace.now):
        baselines.pin(workspace.engine, pinned)
    # What was said of the cycle before belongs to it: a milestone of the same name is to be reached anew.
    notes = checkins.check_ins(workspace.engine, first=plan.cycle.start, known_at=workspace.now)
    fixed = baselines.baselines(workspace.engine)
    pairs = supplied(workspace)
    sources = {name: sources_of(metric, pairs) for name, metric in plan.metrics.items()}
    return Record(plan, known, notes, fixed, sources), evidence(plan, known, notes, fixed, as_of)


def _resume(workspace: Workspace, hashes: Mapping[date, str], as_of: date) -> tuple[date, Mapping[str, Steady]]:
    """The first day that must be judged again, and what held before it."""
    cycle = workspace.config.plan.cycle
    stored = set(scorecards.days(workspace.engine, cycle.id))
    day = cycle.start
    while day < as_of and day in stored:
        day += DAY
    while day > cycle.start:
        found = scorecards.carried(workspace.engine, cycle.id, day - DAY)
        if found is not None and found.evidence == hashes.get(day - DAY):
            return day, found.steady
        day -= DAY
    return day, {}


def _judge(
    workspace: Workspace, known: Known, run_id: str, before: Mapping[str, Steady], hashes: Mapping[date, str]
) -> Scorecard:
    scorecard = replace(judge_day(known, run_id, before), evidence=hashes.get(known.as_of, ""))
    closed = closed_cycles.closed_cycle(workspace.engine, known.cycle.id)
    if closed is not None and known.as_of >= closed.as_of:
        scorecard = closed_scorecard(scorecard, closed)
    scorecards.save_scorecard(workspace.engine, scorecard, workspace.now)
    return scorecard
