"""The whole job in one process: what nightly-sync does, free of any scheduler."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from ledger import leases, runs
from ledger.fact_tables import prepare_people
from ledger.holders import this_process
from okr_model.exchange import Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.scorecard import Scorecard
from okr_model.windows import end_of, last_ended_day
from steps.alerts import freeze_alert
from steps.evaluate import evaluate
from steps.freeze import freeze_due
from steps.publish import publish_scorecard
from steps.pull import Progress, pull_source, quiet
from steps.read import take_readings
from steps.wiring import Workspace

LEASE_MS = 6 * 3_600_000
SOURCES_AT_ONCE = 4
State = Literal["completed", "degraded", "failed"]


class NotYet(Exception):
    """A day was asked for that has not ended."""


@dataclass(frozen=True)
class SyncReport:
    """What one run did."""

    run_id: str
    as_of: date
    state: State
    outcomes: dict[str, SourceOutcome]
    readings: list[Reading]
    scorecard: Scorecard


@dataclass(frozen=True)
class Run:
    """One run: its id, the day it speaks for, and the instant that the status rules take as now."""

    id: str
    as_of: date
    rules_now: Instant


def new_run(workspace: Workspace, as_of: date | None) -> Run:
    """For `as_of`, or the day that ended last. Raises NotYet for a day that has not ended."""
    zone = workspace.config.plan.cycle.timezone
    ended = last_ended_day(workspace.now, zone)
    if as_of is None:
        return Run(uuid.uuid4().hex[:12], ended, workspace.now)
    if as_of > ended:
        raise NotYet(f"{as_of} has not ended in {zone.key}; the last day that has is {ended}")
    return Run(uuid.uuid4().hex[:12], as_of, end_of(as_of, zone))


@contextmanager
def only_run(workspace: Workspace, run_id: str) -> Iterator[Callable[[], None]]:
    """Holds the ledger's lease on syncing. Raises leases.LeaseTaken while another run is alive.

    Gives a function to be called before each stage: it renews the lease, or raises leases.LeaseLost.
    """
    holder = this_process(run_id)
    epoch = leases.take(workspace.engine, "sync", holder, wall_clock(), LEASE_MS)
    try:
        yield lambda: leases.renew(workspace.engine, "sync", epoch, wall_clock(), LEASE_MS)
    finally:
        leases.release(workspace.engine, "sync", epoch)


def sync(
    workspace: Workspace, *, as_of: date | None = None, only: Sequence[str] = (), progress: Progress = quiet
) -> SyncReport:
    """Pulls, reads, evaluates, publishes and freezes what is due. One failing source degrades its key results alone."""
    run = new_run(workspace, as_of)
    with only_run(workspace, run.id) as still_ours:
        start(workspace, run)
        outcomes = pull_all(workspace, run.id, only, progress)
        still_ours()
        taken = take_readings(workspace, run.as_of, run.id, outcomes)
        still_ours()
        scorecard = evaluate(workspace, run.as_of, run.id, run.rules_now)
        still_ours()
        publish_scorecard(workspace, scorecard)
        still_ours()
        freeze_due(workspace, scorecard)
        freeze_alert(workspace, run.id, scorecard, outcomes)
        state = settle(workspace, run, outcomes)
    return SyncReport(run.id, run.as_of, state, outcomes, taken, scorecard)


def start(workspace: Workspace, run: Run) -> None:
    """Notes that the run has begun, and forgets people that another key had hashed."""
    prepare_people(workspace.engine, workspace.hasher().version)
    runs.start_run(workspace.engine, run.id, workspace.now, run.as_of)


def settle(workspace: Workspace, run: Run, outcomes: Mapping[str, SourceOutcome]) -> State:
    """Notes how the run ended: completed, or degraded where a source failed."""
    state: State = "completed" if all(outcome.state == "ok" for outcome in outcomes.values()) else "degraded"
    runs.end_run(workspace.engine, run.id, state)
    return state


def pull_all(
    workspace: Workspace, run_id: str, only: Sequence[str] = (), progress: Progress = quiet
) -> dict[str, SourceOutcome]:
    """Every source (or those named in `only`), several at a time, in the order of sources.yaml."""
    names = [name for name in workspace.config.sources if not only or name in only]
    with ThreadPoolExecutor(max_workers=SOURCES_AT_ONCE, thread_name_prefix="pull") as pool:
        pulled = pool.map(lambda name: pull_source(workspace, name, run_id, progress), names)
        return {outcome.name: outcome for outcome in pulled}


def wall_clock() -> Instant:
    """The real time, for leases alone; what a number means depends on the run's instant only."""
    return int(datetime.now(UTC).timestamp() * 1000)
