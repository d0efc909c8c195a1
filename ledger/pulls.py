"""Pulled pages into the ledger: facts, signals, and how far each source has been read.

Whatever a page brings is written in one transaction together with the position after it, so that a pull killed
between any two pages goes on where it was, and one killed within a page has not begun it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    and_,
    bindparam,
    case,
    delete,
    or_,
    select,
    update,
)

from ledger.database import LedgerError, begin, read
from ledger.fact_tables import PULLS, SEEN, SIGNALS, SWEEPS, TABLES
from ledger.folding import fold_touched
from ledger.pages import Ready, ready
from ledger.people import PersonHasher
from ledger.upserts import Columns, count, listed, marked, upsert, upsert_counted
from okr_model.exchange import Coverage, Page, Slice, Stored
from okr_model.facts import Instant, time_fields

__all__ = ["PersonHasher", "coverages", "finish_slice", "open_slice", "running", "store_aside", "store_page"]


def open_slice(
    engine: Engine,
    source: str,
    fact: str,
    *,
    needed_from: Instant | None,
    now: Instant,
    supply_lookback: int,
    everything: bool,
) -> Slice:
    """The slice to read next, recorded as running: an unfinished one with its position, or a new one.

    `needed_from` null: from the first. A resumed slice ends where it ended when it was begun: once it is finished,
    open another for what came since (`end` is then `now`). `supply_lookback` is in milliseconds.
    """
    with begin(engine) as connection:
        state = _state(connection, source, fact)
        start = None if everything else _start(state, needed_from, now, supply_lookback)
        unfinished = _slice(state)
        if unfinished is not None and _goes_on(unfinished, start, everything):
            return unfinished
        part = Slice(start=start, end=now, everything=everything)
        if everything:  # what it comes by is noted anew; a sweep beside it has nothing left to find
            for table in (SEEN, SWEEPS):
                connection.execute(delete(table).where(mine(table, source, fact)))
        _begin_slice(connection, source, fact, part)
        return part


def running(engine: Engine, source: str, fact: str) -> Slice | None:
    """The slice that was begun and not finished, with the position it has come to."""
    with read(engine) as connection:
        return _slice(_state(connection, source, fact))


def coverages(engine: Engine) -> list[Coverage]:
    """What every source's facts are known to be complete for; a source that never finished a slice is not in it."""
    with read(engine) as connection:
        rows = connection.execute(
            select(PULLS).where(PULLS.c.complete_to.is_not(None)).order_by(PULLS.c.source, PULLS.c.fact)
        )
        return [
            Coverage(source=row.source, fact=row.fact, start=row.covered_from, complete_to=row.complete_to)
            for row in rows
        ]


def store_page(
    engine: Engine, source: str, fact: str, part: Slice, page: Page, hasher: PersonHasher, *, signals: bool
) -> Stored:
    """Store one page of a running slice and the position after it, all or nothing.

    `signals` as in `ready`. Raises LedgerError where the slice is no longer the running one.
    """
    prepared = ready(source, fact, page, hasher, signals=signals)
    with begin(engine) as connection:
        _save_position(connection, source, fact, part, page)
        return write(connection, source, fact, part, prepared, signals=signals)


def store_aside(
    engine: Engine, source: str, fact: str, part: Slice, page: Page, hasher: PersonHasher, *, signals: bool
) -> Stored:
    """Store one page of a slice that is read beside the running one: position and coverage stay where they are."""
    prepared = ready(source, fact, page, hasher, signals=signals)
    with begin(engine) as connection:
        return write(connection, source, fact, part, prepared, signals=signals)


def finish_slice(engine: Engine, source: str, fact: str, part: Slice) -> int:
    """The slice was read to its end: move the coverage. Returns how many rows were retracted because they vanished.

    Raises LedgerError where the slice is no longer the running one.
    """
    with begin(engine) as connection:
        state = _state(connection, source, fact)
        vanished = retract_unseen(connection, source, fact, part) if part.everything else 0
        covered_from, complete_to = part.start, part.end
        if state is not None and state.complete_to is not None:
            covered_from = _earlier(state.covered_from, part.start)
            complete_to = max(state.complete_to, part.end)
        done = connection.execute(
            update(PULLS)
            .where(_RUNNING)
            .values(
                covered_from=covered_from, complete_to=complete_to, slice_start=None, slice_end=None, position=None
            ),
            _running(source, fact, part),
        )
        _must_be_running(done.rowcount, source, fact)
        return vanished


def write(connection: Connection, source: str, fact: str, part: Slice, page: Ready, *, signals: bool) -> Stored:
    """Write a page, and note what was seen where that matters: in a whole read, and beside an unfinished sweep."""
    if signals:
        stored, unchanged = _store_folded(connection, source, fact, page)
    else:
        stored = upsert_counted(connection, TABLES[fact], page.facts)
        unchanged = count(page.facts) - stored
        _store_signals(connection, page.signals)
    if part.everything or _sweeping(connection, source, fact):
        seen = {"source": page.facts["source"], "fact": [fact] * count(page.facts), "id": page.facts["id"]}
        upsert_counted(connection, SEEN, seen)
    retracted = _retract(connection, source, fact, page.gone, part.end)
    return Stored(stored=stored, unchanged=unchanged, retracted=retracted)


# --- slices ----------------------------------------------------------------------------------------------------------


def mine(table: Table, source: str, fact: str) -> ColumnElement[bool]:
    """The rows of one source's facts of one kind."""
    return and_(table.c.source == source, table.c.fact == fact)


_RUNNING = and_(
    PULLS.c.source == bindparam("of_source"),
    PULLS.c.fact == bindparam("of_fact"),
    PULLS.c.slice_end == bindparam("from_end"),
    PULLS.c.slice_start.is_not_distinct_from(bindparam("from_start", type_=BigInteger)),
    PULLS.c.everything == bindparam("from_everything"),
)
_TOLD = bindparam("told", type_=BigInteger)
_LATEST = case((or_(_TOLD.is_(None), PULLS.c.latest > _TOLD), PULLS.c.latest), else_=_TOLD)
# Made once: both are run with every page.
_POSITION = update(PULLS).where(_RUNNING).values(position=bindparam("after"), latest=_LATEST)
_SWEEPING = select(SWEEPS.c.sweep_end).where(
    SWEEPS.c.source == bindparam("source"), SWEEPS.c.fact == bindparam("fact"), SWEEPS.c.sweep_end.is_not(None)
)


def _running(source: str, fact: str, part: Slice) -> dict[str, Any]:
    """What `_RUNNING` binds for the slice."""
    return {
        "of_source": source,
        "of_fact": fact,
        "from_end": part.end,
        "from_start": part.start,
        "from_everything": part.everything,
    }


def _state(connection: Connection, source: str, fact: str) -> Row[Any] | None:
    return connection.execute(select(PULLS).where(mine(PULLS, source, fact))).one_or_none()


def _slice(state: Row[Any] | None) -> Slice | None:
    if state is None or state.slice_end is None:
        return None
    return Slice(
        start=state.slice_start, end=state.slice_end, position=state.position, everything=bool(state.everything)
    )


def _start(state: Row[Any] | None, needed_from: Instant | None, now: Instant, lookback: int) -> Instant | None:
    if state is None or state.complete_to is None or _before(needed_from, state.covered_from):
        return None if needed_from is None else min(needed_from, now)
    # Where the source's clock is behind ours, what comes next bears times from before `complete_to`.
    known: list[Instant] = [state.complete_to, now, *([] if state.latest is None else [state.latest])]
    return max(0, min(known) - lookback)


def _goes_on(unfinished: Slice, start: Instant | None, everything: bool) -> bool:  # noqa: FBT001 -- as in Slice
    """Whether an unfinished slice still does: not where more is needed, nor where a whole read never got to a page."""
    if unfinished.everything != everything or (everything and unfinished.position is None):
        return False
    return not _before(start, unfinished.start)


def _before(one: Instant | None, other: Instant | None) -> bool:
    """Whether a start reaches further back than another; null is the first of all."""
    return other is not None and (one is None or one < other)


def _earlier(one: Instant | None, other: Instant | None) -> Instant | None:
    return None if one is None or other is None else min(one, other)


def _begin_slice(connection: Connection, source: str, fact: str, part: Slice) -> None:
    values = {"slice_start": part.start, "slice_end": part.end, "position": None, "everything": part.everything}
    known = connection.execute(update(PULLS).where(mine(PULLS, source, fact)).values(**values))
    if not known.rowcount:
        connection.execute(PULLS.insert().values(source=source, fact=fact, **values))


def _sweeping(connection: Connection, source: str, fact: str) -> bool:
    return connection.execute(_SWEEPING, {"source": source, "fact": fact}).first() is not None


def _save_position(connection: Connection, source: str, fact: str, part: Slice, page: Page) -> None:
    told = {"after": page.position, "told": page.latest}
    saved = connection.execute(_POSITION, {**_running(source, fact, part), **told})
    _must_be_running(saved.rowcount, source, fact)


def _must_be_running(rows: int, source: str, fact: str) -> None:
    if rows != 1:
        raise LedgerError(
            f"the pull of {fact} from {source} is no longer the running one: another run has overtaken it; let that end"
        )


# --- rows ------------------------------------------------------------------------------------------------------------


def _store_folded(connection: Connection, source: str, fact: str, page: Ready) -> tuple[int, int]:
    """How many facts were changed by rows and signals, and how many of the rows were not."""
    changed = {row.id for row in upsert(connection, TABLES[fact], page.facts, "id")}
    refs = _store_signals(connection, page.signals)
    changed |= fold_touched(connection, source, fact, changed, refs)
    return len(changed), sum(id_ not in changed for id_ in page.facts["id"])


def _store_signals(connection: Connection, signals: Columns) -> dict[str, set[str]]:
    """Kind -> what the signals that were new or changed refer to."""
    refs: defaultdict[str, set[str]] = defaultdict(set)
    for row in upsert(connection, SIGNALS, signals, "kind, ref"):
        refs[row.kind].add(row.ref)
    return refs


def _retract(connection: Connection, source: str, fact: str, ids: set[str], at: Instant) -> int:
    if not ids:
        return 0
    one_of, values = listed(connection, ids)
    statement = (
        f"UPDATE {TABLES[fact].name} SET retracted_at = ? WHERE source = ? AND retracted_at IS NULL AND id {one_of}"  # noqa: S608 -- our own names
    )
    return connection.exec_driver_sql(marked(connection, statement), (at, source, values)).rowcount


def retract_unseen(connection: Connection, source: str, fact: str, part: Slice) -> int:
    """Retract what a whole read did not come by, and forget what it did; returns how many were retracted."""
    gone = connection.execute(update(TABLES[fact]).where(unseen(source, fact, part)).values(retracted_at=part.end))
    connection.execute(delete(SEEN).where(mine(SEEN, source, fact)))
    return gone.rowcount


def unseen(source: str, fact: str, part: Slice) -> ColumnElement[bool]:
    """The rows that a whole read must have come by and did not.

    Where it began at an instant, a row from before may have changed last before it too: nothing is known of that.
    """
    table = TABLES[fact]
    seen = select(SEEN.c.id).where(mine(SEEN, source, fact), SEEN.c.id == table.c.id)
    missing = and_(table.c.source == source, table.c.retracted_at.is_(None), ~seen.exists())
    return missing if part.start is None else and_(missing, table.c[time_fields(fact)[0]] >= part.start)
