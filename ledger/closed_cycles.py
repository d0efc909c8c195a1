"""How cycles ended, kept for good: a provisional end is replaced by the final one, and both can be looked up."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, select

from ledger.beliefs import Belief, hold, visible
from ledger.database import begin, read
from ledger.tables import closed_cycles as table
from okr_model.exchange import ClosedCycle
from okr_model.facts import Instant


def close(engine: Engine, closed: ClosedCycle) -> None:
    """Believe from now on that the cycle ended like this."""
    with begin(engine) as connection:
        hold(connection, table, [Belief(closed.cycle, closed.recorded_at, closed, {})])


def closed_cycle(engine: Engine, cycle: str, known_at: Instant | None = None) -> ClosedCycle | None:
    """How a cycle ended, as believed at `known_at` (null: now); null while it is not closed."""
    statement = select(table.c.document).where(table.c.identity == cycle, visible(table, known_at))
    with read(engine) as connection:
        document = connection.execute(statement).scalar()
    return None if document is None else msgspec.json.decode(document, type=ClosedCycle)
