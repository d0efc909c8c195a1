"""Baselines that were measured once and pinned, so that nobody's target moves later."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, select

from ledger.beliefs import Belief, hold, visible
from ledger.database import begin, read
from ledger.tables import baselines as table
from okr_model.exchange import PinnedBaseline


def pin(engine: Engine, baseline: PinnedBaseline) -> None:
    """Pin the baseline of its key result, in place of an earlier one, which is kept."""
    with begin(engine) as connection:
        hold(connection, table, [Belief(baseline.key_result, baseline.recorded_at, baseline, {})])


def baselines(engine: Engine) -> dict[str, PinnedBaseline]:
    """The pinned baseline of each key result that has one."""
    statement = select(table.c.identity, table.c.document).where(visible(table, None))
    with read(engine) as connection:
        found = connection.execute(statement).all()
    return {key_result: msgspec.json.decode(document, type=PinnedBaseline) for key_result, document in found}
