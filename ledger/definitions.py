"""The definitions that readings were measured with, by their hash."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, select

from ledger.database import begin, in_turn, read
from ledger.tables import definitions as table
from okr_model.facts import Instant


def store_definitions(engine: Engine, definitions: Mapping[str, str], at: Instant) -> None:
    """Keep each definition (hash -> JSON text) that is not kept yet."""
    with begin(engine) as connection:
        in_turn(connection, table.name)
        kept = set(connection.execute(select(table.c.hash).where(table.c.hash.in_(list(definitions)))).scalars())
        new = [
            {"hash": key, "document": document, "first_used_at": at}
            for key, document in definitions.items()
            if key not in kept
        ]
        if new:
            connection.execute(table.insert(), new)


def definition(engine: Engine, hash: str) -> str | None:  # noqa: A002 -- the word it has everywhere
    """The JSON text of one definition; null where it was never used."""
    with read(engine) as connection:
        return connection.execute(select(table.c.document).where(table.c.hash == hash)).scalar()
