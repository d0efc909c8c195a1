"""What people added to key results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Engine, select

from ledger.database import begin, read
from ledger.documents import dump
from ledger.tables import check_ins as table
from okr_model.exchange import CheckIn
from okr_model.facts import Instant


def add_check_in(engine: Engine, check_in: CheckIn) -> None:
    """Keep one check-in. Nothing is ever replaced: a later one for the same day stands beside it."""
    row = {"key_result": check_in.key_result, "as_of": check_in.as_of, "recorded_at": check_in.recorded_at}
    with begin(engine) as connection:
        connection.execute(table.insert(), row | {"document": dump(check_in)})


def check_ins(
    engine: Engine,
    *,
    key_results: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    known_at: Instant | None = None,
) -> list[CheckIn]:
    """Check-ins for days from `first` to `last`, both inclusive, recorded by `known_at`; by day, then as recorded."""
    statement = select(table.c.document).order_by(table.c.as_of, table.c.recorded_at, table.c.id)
    if key_results is not None:
        statement = statement.where(table.c.key_result.in_(key_results))
    if first is not None:
        statement = statement.where(table.c.as_of >= first)
    if last is not None:
        statement = statement.where(table.c.as_of <= last)
    if known_at is not None:
        statement = statement.where(table.c.recorded_at <= known_at)
    with read(engine) as connection:
        return [msgspec.json.decode(document, type=CheckIn) for (document,) in connection.execute(statement)]
