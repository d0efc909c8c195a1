"""Once a week, sources that tell of no deletions are read whole, and what is no longer there is retracted.

A sweep stands beside the live pull: it has a position of its own, goes on after a kill, and never moves the coverage.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, exists, select, update

from ledger.database import LedgerError, begin
from ledger.fact_tables import PULLS, SEEN, SWEEPS
from ledger.pages import ready
from ledger.people import PersonHasher
from ledger.pulls import mine, retract_unseen, unseen, write
from okr_model.exchange import Page, Slice, Stored
from okr_model.facts import Instant

__all__ = ["EVERY", "finish_reading", "open_sweep", "store_swept"]

EVERY = 7 * 86_400_000 - 3_600_000  # a week, less what the nights' runs may differ by


def open_sweep(engine: Engine, source: str, fact: str, now: Instant) -> Slice | None:
    """What to read for the sweep that is under way, or that is due; None where there is none.

    It reaches over what is covered. A source that never finished a slice has nothing to sweep, and its first slice,
    which read everything, counts as its first sweep.
    """
    with begin(engine) as connection:
        covered = connection.execute(select(PULLS).where(mine(PULLS, source, fact))).one_or_none()
        if covered is None or covered.complete_to is None:
            return None
        state = _state(connection, source, fact)
        if state is None:
            connection.execute(SWEEPS.insert().values(source=source, fact=fact, swept_at=covered.complete_to))
            return None
        if state.sweep_end is None and now - state.swept_at < EVERY:
            return None
        if state.sweep_end is None:
            _begin(connection, source, fact, covered.covered_from, now)
        return _slice(_state(connection, source, fact))


def store_swept(
    engine: Engine, source: str, fact: str, part: Slice, page: Page, hasher: PersonHasher, *, signals: bool
) -> Stored:
    """Store one page of a sweep and the position after it, all or nothing. Raises LedgerError where it is over."""
    prepared = ready(source, fact, page, hasher, signals=signals)
    with begin(engine) as connection:
        _change(connection, source, fact, part, position=page.position)
        return write(connection, source, fact, part, prepared, signals=signals)


def finish_reading(engine: Engine, source: str, fact: str, part: Slice) -> int:
    """The list was read to its end. Returns how many rows were retracted because they vanished.

    Rows can slip out of numbered pages while others vanish. So where some were missed the list is read once more (the
    sweep then is still under way), and what neither reading came by is gone.
    """
    with begin(engine) as connection:
        state = _state(connection, source, fact)
        missed = state is not None and not state.missed and _missing(connection, source, fact, part)
        if missed:
            _change(connection, source, fact, part, position=None, missed=True)
            return 0
        _change(connection, source, fact, part, swept_at=part.end, sweep_end=None, position=None, missed=False)
        return retract_unseen(connection, source, fact, part)


def _state(connection: Connection, source: str, fact: str) -> Row[Any] | None:
    return connection.execute(select(SWEEPS).where(mine(SWEEPS, source, fact))).one_or_none()


def _slice(state: Row[Any] | None) -> Slice | None:
    if state is None:
        return None
    return Slice(start=state.sweep_start, end=state.sweep_end, position=state.position, everything=True)


def _begin(connection: Connection, source: str, fact: str, start: Instant | None, now: Instant) -> None:
    connection.execute(delete(SEEN).where(mine(SEEN, source, fact)))
    values = {"sweep_start": start, "sweep_end": now, "position": None, "missed": False}
    connection.execute(update(SWEEPS).where(mine(SWEEPS, source, fact)).values(**values))


def _missing(connection: Connection, source: str, fact: str, part: Slice) -> bool:
    return bool(connection.execute(select(exists().where(unseen(source, fact, part)))).scalar())


def _change(connection: Connection, source: str, fact: str, part: Slice, **values: Any) -> None:
    running = update(SWEEPS).where(mine(SWEEPS, source, fact), SWEEPS.c.sweep_end == part.end)
    if connection.execute(running.values(**values)).rowcount != 1:
        raise LedgerError(f"the sweep of {fact} from {source} is no longer the running one: let the other run end")
