"""Rows that say what was believed, and from when to when, so that a correction hides nothing.

At most one row of an identity is held at a time; `believed_to` closes it when another takes its place. A row whose
place is taken at the very instant it was believed from is kept, but no `known_at` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, bindparam, or_, select

from ledger.database import in_turn
from ledger.documents import content, dump
from okr_model.exchange import Value
from okr_model.facts import Instant

AT_ONCE = 1000
Found: TypeAlias = Row[Any]


class Belief(NamedTuple):
    """One value to hold from `since` on, in place of what its identity held before."""

    identity: str
    since: Instant
    value: Value
    columns: dict[str, object]


def hold(connection: Connection, table: Table, beliefs: Iterable[Belief]) -> int:
    """Hold each belief that says something else than what is held; how many those were. Of equals, the last counts."""
    in_turn(connection, table.name)
    wanted = {belief.identity: belief for belief in beliefs}
    before = _held_now(connection, table, list(wanted))
    rows = [row for belief in wanted.values() if (row := _changed(belief, before.get(belief.identity)))]
    closed = [
        {"closed": before[row["identity"]].id, "at": row["believed_from"]} for row in rows if row["identity"] in before
    ]
    if closed:
        _close(connection, table, closed)
    if rows:
        connection.execute(table.insert(), rows)
    return len(rows)


def visible(table: Table, known_at: Instant | None) -> ColumnElement[bool]:
    """Which rows were held at `known_at`; null: are held now."""
    if known_at is None:
        return table.c.believed_to.is_(None)
    later = or_(table.c.believed_to.is_(None), table.c.believed_to > known_at)
    return and_(table.c.believed_from <= known_at, later)


def _held_now(connection: Connection, table: Table, identities: Sequence[str]) -> dict[str, Found]:
    columns = select(table.c.id, table.c.identity, table.c.content, table.c.believed_from)
    held = columns.where(table.c.believed_to.is_(None))
    found = {}
    for part in _parts(identities):
        rows = connection.execute(held.where(table.c.identity.in_(part)))
        found.update({row.identity: row for row in rows})
    return found


def _changed(belief: Belief, before: Found | None) -> dict[str, Any] | None:
    says = content(belief.value)
    if before is not None and before.content == says:
        return None
    # Never before the row it replaces: what was believed then stays what was believed then.
    since = belief.since if before is None else max(belief.since, before.believed_from)
    row = {"identity": belief.identity, "believed_from": since, "content": says, "document": dump(belief.value)}
    return row | belief.columns


def _close(connection: Connection, table: Table, closed: list[dict[str, Any]]) -> None:
    statement = table.update().where(table.c.id == bindparam("closed"), table.c.believed_to.is_(None))
    connection.execute(statement.values(believed_to=bindparam("at")), closed)


def _parts(identities: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(identities), AT_ONCE):
        yield identities[start : start + AT_ONCE]
