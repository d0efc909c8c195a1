"""scorecard -> page, and the courses that pages and digests draw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from digests.page import write_site
from ledger import pulls, readings, runs, scorecards
from okr_model import courses
from okr_model.digest import Spark
from okr_model.exchange import Reading
from okr_model.rollup import rejudge
from okr_model.scorecard import Scorecard
from steps.status import NothingStored
from steps.wiring import Workspace


def latest_scorecard(workspace: Workspace) -> Scorecard:
    """The newest stored one, with what has not been renewed in time by now as Stale. Raises NothingStored."""
    found = scorecards.scorecard(workspace.engine)
    if found is None:
        raise NothingStored("no scorecard in the ledger yet; run `okr sync` first")
    return rejudge(found, workspace.now)


def publish_scorecard(workspace: Workspace, scorecard: Scorecard) -> Path:
    """Writes the page and those of its key results, replacing the old ones in one step. Returns the overview's path."""
    by_metric = readings_by_metric(workspace, scorecard)
    known = {card.id: [each for name in card.metrics for each in by_metric.get(name, ())] for card in scorecard.cards()}
    return write_site(
        scorecard,
        Path(workspace.settings.output_dir).resolve() / "scorecard",
        histories=charts(workspace, scorecard, by_metric, scorecard.cycle.start),
        readings=known,
        outcomes=[outcome for _, outcome in runs.latest_outcomes(workspace.engine).values()],
        coverages=pulls.coverages(workspace.engine),
    )


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
    plan = workspace.config.plan
    found = {}
    for card in scorecard.cards():
        shown = courses.charted(card)
        if shown.reading is not None:
            known = by_metric.get(shown.reading.metric, ())
            planned = courses.planned_values(plan, shown)
            found[card.id] = courses.course(shown, known, first, scorecard.as_of, planned)
    return found
