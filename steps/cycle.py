"""A cycle's end and the next one's beginning."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.rollover import following, rolled_over
from ledger import closed_cycles, scorecards
from okr_model import words
from okr_model.closing import Waiting, close, close_provisionally, waiting
from okr_model.exchange import ClosedCycle
from okr_model.facts import Instant
from okr_model.history import Known
from okr_model.scorecard import Scorecard
from okr_model.windows import DAY, midnight
from steps.evaluate import evaluate, known_of
from steps.publish import publish_scorecard
from steps.sync import only_run
from steps.wiring import Workspace


class CannotClose(Exception):
    """The cycle cannot be closed now; the sentence says what is waited for."""


class CannotOpen(Exception):
    """The next cycle cannot be opened now; the sentence says why."""


@dataclass(frozen=True)
class Closing:
    """The cycle as it ended, and the scorecard that shows it."""

    closed: ClosedCycle
    scorecard: Scorecard


def close_cycle(workspace: Workspace, dropped: Collection[str] = ()) -> Closing:
    """Closes it for good. Raises CannotClose while final readings are waited for, and where it has not ended."""
    known = _ended(workspace, dropped)
    waits = _still_waiting(known, workspace.now, dropped)
    if waits:
        told = "; ".join(f"{each.key_result}: {each.missing}" for each in waits)
        until = words.instant(max(each.until for each in waits), known.zone)
        raise CannotClose(
            f"cycle {known.cycle.id} waits, at most until {until}, for its final readings: {told}. "
            "`okr cycle close --provisional` closes it by what is known"
        )
    return _keep(workspace, known, close(known, workspace.now, dropped))


def close_cycle_provisionally(workspace: Workspace, dropped: Collection[str] = ()) -> Closing:
    """Closes it by what is known so far; a later close makes it final. Raises CannotClose where it has not ended."""
    known = _ended(workspace, dropped)
    return _keep(workspace, known, close_provisionally(known, workspace.now, dropped))


def close_when_final(workspace: Workspace) -> Closing | str:
    """For a schedule: closes what can be closed, else says why there is nothing to do."""
    cycle = workspace.config.plan.cycle
    already = closed_cycles.closed_cycle(workspace.engine, cycle.id)
    if already is not None and not already.provisional:
        return f"cycle {cycle.id} is closed"
    try:
        return close_cycle(workspace)
    except CannotClose as why:
        return str(why)


def _ended(workspace: Workspace, dropped: Collection[str]) -> Known:
    """What is known as of the newest day that was judged. Raises CannotClose where the cycle has not ended."""
    cycle = workspace.config.plan.cycle
    there = [result.id for result in workspace.config.plan.key_results()]
    unknown = [name for name in dropped if name not in there]
    if unknown:
        raise CannotClose(f"no key result {', '.join(unknown)} to drop; there is: {', '.join(there)}")
    if workspace.now < midnight(cycle.end, cycle.timezone):
        raise CannotClose(f"cycle {cycle.id} has not ended; its last day is {cycle.end - DAY}")
    judged = scorecards.days(workspace.engine, cycle.id)
    if not judged or judged[-1] < cycle.end - DAY:
        raise CannotClose(f"the ledger holds nothing of {cycle.end - DAY} yet; run `okr sync` first")
    return known_of(workspace, judged[-1], workspace.now)


def _still_waiting(known: Known, now: Instant, dropped: Collection[str]) -> list[Waiting]:
    waits = waiting(known, dropped)
    return waits if any(now < each.until for each in waits) else []


def _keep(workspace: Workspace, known: Known, closed: ClosedCycle) -> Closing:
    run_id = uuid.uuid4().hex[:12]
    with only_run(workspace, run_id):
        closed_cycles.close(workspace.engine, closed)
        scorecard = evaluate(workspace, known.as_of, run_id, workspace.now)
    publish_scorecard(workspace, scorecard)
    return Closing(closed, scorecard)


def open_next(workspace: Workspace, name: str | None = None, end: date | None = None) -> tuple[Path, Path]:
    """Writes okrs.yaml for the next cycle, its targets left to say, and keeps the old file beside it.

    Returns the new file and the kept one. Raises CannotOpen while the cycle is not closed.
    """
    cycle, folder = workspace.config.plan.cycle, workspace.config_dir
    closed = closed_cycles.closed_cycle(workspace.engine, cycle.id)
    if closed is None:
        raise CannotOpen(f"cycle {cycle.id} is not closed yet; `okr cycle close` closes it")
    now, kept = folder / "okrs.yaml", folder / f"okrs-{cycle.id}.yaml"
    if kept.exists():
        raise CannotOpen(f"{kept} is there already, and nothing is overwritten; move it away")
    new = following(cycle, name, end)
    if isinstance(new, str):
        raise CannotOpen(new)
    text = now.read_text(encoding="utf-8")
    fresh = folder / ".okrs.yaml.new"
    fresh.write_text(rolled_over(text, new, _endings(closed)), encoding="utf-8")
    kept.write_text(text, encoding="utf-8")
    fresh.replace(now)
    return now, kept


def _endings(closed: ClosedCycle) -> dict[str, str]:
    return {outcome.key_result: f"{outcome.word}, {outcome.reason}" for outcome in closed.outcomes}
