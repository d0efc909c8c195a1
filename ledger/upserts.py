"""Rows by the thousand into a table, written only where something changed.

They come and go by columns, and the statements are text, made once per table and run with positional values: through
SQLAlchemy's expressions and dictionaries the same rows take three times as long, and a tuple for each row is one more
thing for the garbage collector to look at. On SQLite they are rows of VALUES, on PostgreSQL arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, CursorResult, Row, Table
from sqlalchemy.dialects import postgresql

Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""Rows by column: name -> one value for each row."""

CHUNK = 500  # rows of VALUES in one statement: SQLite takes 32,766 values at most
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


def upsert(connection: Connection, table: Table, columns: Columns, returning: str) -> list[Row[Any]]:
    """Insert or update rows; `returning` (columns) of those that were new or changed.

    No two rows may have the same primary key. A row that had been retracted counts as changed, and is there again.
    """
    return [row for done in _run(connection, table, columns, returning) for row in done]


def upsert_counted(connection: Connection, table: Table, columns: Columns) -> int:
    """Like `upsert`, with only the number of those that were new or changed: much less to hand over."""
    return sum(done.rowcount for done in _run(connection, table, columns, None))


def count(columns: Columns) -> int:
    """How many rows they hold."""
    return len(next(iter(columns.values())))


def _run(connection: Connection, table: Table, columns: Columns, returning: str | None) -> Iterator[CursorResult[Any]]:
    names, rows = tuple(columns), count(columns)
    if connection.dialect.name == "postgresql":
        if rows:
            arrays = tuple(map(list, columns.values()))
            yield connection.exec_driver_sql(_of_arrays(table, names, returning), arrays)
        return
    width = len(names)
    values: list[Any] = [None] * (rows * width)
    for place, column in enumerate(columns.values()):
        values[place::width] = column
    for start in range(0, rows, CHUNK):
        statement = _of_values(table, names, min(CHUNK, rows - start), returning)
        yield connection.exec_driver_sql(statement, tuple(values[start * width : (start + CHUNK) * width]))


def listed(connection: Connection, values: Iterable[str]) -> tuple[str, Any]:
    """SQL for "one of these texts", to follow a column, and the one value to bind for it."""
    if connection.dialect.name == "postgresql":
        return "= ANY(%s::text[])", list(values)
    return "IN (SELECT value FROM json_each(?))", msgspec.json.encode(list(values)).decode()


def marked(connection: Connection, statement: str) -> str:
    """A statement written with `?` in the way this database's driver binds values."""
    return statement.replace("?", "%s") if connection.dialect.name == "postgresql" else statement


@cache
def _of_values(table: Table, columns: tuple[str, ...], rows: int, returning: str | None) -> str:
    row = f"({', '.join('?' * len(columns))})"
    values = f"VALUES {', '.join([row] * rows)}"
    return f"{_into(table, columns)} {values} {_on_conflict(table, columns, 'IS NOT')}{_returning(returning)}"


@cache
def _of_arrays(table: Table, columns: tuple[str, ...], returning: str | None) -> str:
    arrays = ", ".join(f"%s::{table.c[name].type.compile(_POSTGRESQL)}[]" for name in columns)
    conflict = _on_conflict(table, columns, "IS DISTINCT FROM")
    rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 -- our own names
    return f"{_into(table, columns)} {rows} {conflict}{_returning(returning)}"


def _returning(columns: str | None) -> str:
    return "" if columns is None else f" RETURNING {columns}"


def _into(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)})"


def _on_conflict(table: Table, columns: tuple[str, ...], differs: str) -> str:
    key = tuple(column.name for column in table.primary_key)
    others = [name for name in columns if name not in key]
    changes = [f"{name} = excluded.{name}" for name in others]
    reasons = [f"{table.name}.{name} {differs} excluded.{name}" for name in others]
    if "retracted_at" in table.c:
        changes.append("retracted_at = NULL")
        reasons.append(f"{table.name}.retracted_at IS NOT NULL")
    if not changes:
        return f"ON CONFLICT ({', '.join(key)}) DO NOTHING"
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)} WHERE {' OR '.join(reasons)}"
