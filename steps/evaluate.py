"""readings -> evaluate -> evaluations: one scorecard per day of the cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ledger import baselines, checkins, readings, runs, scorecards
from okr_model.baselines import to_pin
from okr_model.evaluate import evaluate as evaluate_day
from okr_model.exchange import CheckIn, PinnedBaseline, Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.scorecard import Scorecard
from okr_model.windows import end_of
from steps.read import sources_of
from steps.wiring import Workspace, supplied


@dataclass(frozen=True)
class Evidence:
    """What a day is judged on."""

    readings: list[Reading]
    check_ins: list[CheckIn]
    baselines: Mapping[str, PinnedBaseline]
    sources_of: Mapping[str, tuple[str, ...]]


def evaluate(workspace: Workspace, as_of: date, run_id: str, now: Instant) -> Scorecard:
    """Judges `as_of` by the rules' instant `now`, after whatever earlier days of the cycle were never judged."""
    plan = workspace.config.plan
    known = readings.readings(workspace.engine, metrics=None, first=plan.cycle.start, last=as_of)
    for pinned in to_pin(plan, known, baselines.baselines(workspace.engine), workspace.now):
        baselines.pin(workspace.engine, pinned)
    evidence = _evidence(workspace, known)
    judged = set(scorecards.days(workspace.engine, plan.cycle.id))
    day = plan.cycle.start
    while day < as_of:
        if day not in judged:
            _judge(workspace, day, run_id, end_of(day, plan.cycle.timezone), evidence, {})
        day += timedelta(days=1)
    outcomes = {name: outcome for name, (_, outcome) in runs.latest_outcomes(workspace.engine).items()}
    return _judge(workspace, as_of, run_id, now, evidence, outcomes)


def _evidence(workspace: Workspace, known: list[Reading]) -> Evidence:
    pairs = supplied(workspace)
    metrics = workspace.config.plan.metrics
    return Evidence(
        readings=known,
        check_ins=checkins.check_ins(workspace.engine),
        baselines=baselines.baselines(workspace.engine),
        sources_of={name: sources_of(metric, pairs) for name, metric in metrics.items()},
    )


def _judge(
    workspace: Workspace,
    day: date,
    run_id: str,
    now: Instant,
    evidence: Evidence,
    outcomes: Mapping[str, SourceOutcome],
) -> Scorecard:
    scorecard = evaluate_day(
        workspace.config.plan,
        as_of=day,
        now=now,
        run_id=run_id,
        readings=evidence.readings,
        check_ins=evidence.check_ins,
        baselines=evidence.baselines,
        outcomes=outcomes,
        sources_of=evidence.sources_of,
    )
    scorecards.save_scorecard(workspace.engine, scorecard, workspace.now)
    return scorecard
