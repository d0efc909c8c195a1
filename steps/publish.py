"""scorecard -> page, and the courses that pages and digests draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path

from digests.page import write_site
from ledger import baselines, checkins, pulls, readings, runs, scorecards
from okr_model import courses
from okr_model.beliefs import Belief, with_ends
from okr_model.check_ins_due import due_sentence
from okr_model.digest import Spark
from okr_model.exchange import Reading
from okr_model.history import by_key_result, said_values
from okr_model.rollup import rejudge
from okr_model.scorecard import ObjectiveVerdicts, Scorecard, VerdictCard, Verdicts
from okr_model.site import Site, SourceHealth, Told, key_result_pages, retargeted, source_health, turns
from steps.status import NothingStored
from steps.wiring import Workspace


def latest_scorecard(workspace: Workspace) -> Scorecard:
    """The newest stored one, with what has not been renewed in time by now as Stale. Raises NothingStored."""
    found = scorecards.scorecard(workspace.engine)
    if found is None:
        raise NothingStored("no scorecard in the ledger yet; run `okr sync` first")
    return rejudge(found, workspace.now)


def publish_scorecard(workspace: Workspace, scorecard: Scorecard) -> Path:
    """Writes the overview and all pages, replacing the old ones in one step. Returns the overview's path."""
    return write_site(site(workspace, scorecard), Path(workspace.settings.output_dir).resolve() / "scorecard")


def site(workspace: Workspace, scorecard: Scorecard) -> Site:
    """Everything that the pages show, from the ledger."""
    engine, plan, cycle = workspace.engine, workspace.config.plan, scorecard.cycle
    check_ins = checkins.check_ins(engine, first=cycle.start)
    told = Told(
        beliefs=_beliefs_by_metric(workspace, scorecard),
        check_ins=check_ins,
        turns=turns(chain(scorecards.verdicts(engine, cycle.id, scorecard.as_of), [_verdicts(scorecard)])),
        baselines=baselines.baselines(engine),
        retargeted=retargeted(scorecards.told(engine, cycle.id)),
    )
    return Site(
        scorecard=scorecard,
        pages=key_result_pages(scorecard, plan, told),
        sources=_sources(workspace, scorecard),
        due=due_sentence(scorecard, check_ins, plan.cycle.check_in_every),
    )


def _beliefs_by_metric(workspace: Workspace, scorecard: Scorecard) -> dict[str, Sequence[Belief]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings.history(workspace.engine, first=scorecard.cycle.start, last=scorecard.as_of):
        found.setdefault(reading.metric, []).append(reading)
    return {metric: with_ends(taken) for metric, taken in found.items()}


def _verdicts(scorecard: Scorecard) -> Verdicts:
    return Verdicts(
        as_of=scorecard.as_of,
        objectives=tuple(
            ObjectiveVerdicts(tuple(VerdictCard(card.id, card.status, card.reason) for card in objective.key_results))
            for objective in scorecard.objectives
        ),
    )


def _sources(workspace: Workspace, scorecard: Scorecard) -> tuple[SourceHealth, ...]:
    """Those of sources.yaml, in its order."""
    latest, ok = runs.latest_outcomes(workspace.engine), runs.last_ok(workspace.engine)
    covered = pulls.coverages(workspace.engine)
    names = workspace.config.sources
    return tuple(source_health(name, latest.get(name), ok.get(name), covered, scorecard) for name in names)


def readings_by_metric(workspace: Workspace, scorecard: Scorecard) -> dict[str, list[Reading]]:
    """Metric -> its readings of the cycle up to the scorecard's day."""
    found: dict[str, list[Reading]] = {}
    for reading in readings.readings(workspace.engine, first=scorecard.cycle.start, last=scorecard.as_of):
        found.setdefault(reading.metric, []).append(reading)
    return found


def charts(
    workspace: Workspace, scorecard: Scorecard, by_metric: Mapping[str, list[Reading]], first: date
) -> dict[str, Spark]:
    """Key result -> its course from `first` to the scorecard's day, with the pace line beside it."""
    plan, found = workspace.config.plan, {}
    plans = courses.Plans(plan)
    said = by_key_result(checkins.check_ins(workspace.engine, first=first, last=scorecard.as_of))
    for card in scorecard.cards():
        shown = courses.charted(card)
        if shown.reading is not None:
            known = by_metric.get(shown.reading.metric, ())
            if not card.metrics:
                known = said_values(said.get(card.id, ()), plan.cycle.timezone)
            found[card.id] = courses.course(shown, known, first, scorecard.as_of, plans.of(shown))
    return found
