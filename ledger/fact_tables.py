"""Tables made from the Structs of okr_model.facts: a cache of what the sources hold, dropped and pulled again at will.

Each fact's table bears a stamp of its shape. Where the Struct has changed since, the table, its signals and its pull
state are made anew; migrations know nothing of these tables.
"""

from __future__ import annotations

import hashlib
from types import NoneType
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    Index,
    MetaData,
    Table,
    Text,
    delete,
    inspect,
    select,
)
from sqlalchemy.types import TypeEngine

from ledger.database import begin, in_turn, read
from okr_model.facts import FACTS, FOLDS, PERSON_FIELDS, fact_fields, time_fields

METADATA = MetaData()

SHAPES = Table(
    "fact_shapes",
    METADATA,
    Column("fact", Text, primary_key=True),
    Column("shape", Text, nullable=False),
)

SIGNALS = Table(
    "signals",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("fact", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", Text),
    Index("signals_ref", "source", "fact", "kind", "ref", "at"),
)

PULLS = Table(
    "pulls",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("fact", Text, primary_key=True),
    Column("covered_from", BigInteger),  # null, once complete_to is set: all time
    Column("complete_to", BigInteger),  # null: no slice has been read to its end yet
    Column("slice_start", BigInteger),  # null while slice_end is set: from the first
    Column("slice_end", BigInteger),  # null: no slice is running
    Column("position", Text),
    Column("everything", Boolean, nullable=False, default=False),
    Column("latest", BigInteger),  # the newest change that pages told of, by the source's own clock
)

SWEEPS = Table(
    "sweeps",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("fact", Text, primary_key=True),
    Column("swept_at", BigInteger, nullable=False),  # when the last one that came to its end was begun
    Column("sweep_start", BigInteger),  # null while sweep_end is set: from the first
    Column("sweep_end", BigInteger),  # null: none is running
    Column("position", Text),
    Column("missed", Boolean, nullable=False, default=False),  # read once, and rows were missing: this is the second
)

SEEN = Table(
    "pull_seen",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("fact", Text, primary_key=True),
    Column("id", Text, primary_key=True),
)

# These stand among the facts in SHAPES.
_STATE = "how far each was read"
_PEOPLE = "the key of people"
_MORE_INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "review": (("decided_at",), ("source", "subject")),
    "training": (("member", "course"),),
}


def _column_type(hint: object) -> type[TypeEngine[Any]]:
    text = str(hint)
    for name, column in (("int", BigInteger), ("bool", Boolean), ("float", Double)):
        if name in text:
            return column
    return Text


def _table(fact: str) -> Table:
    columns = [
        Column(name, _column_type(hint), nullable=NoneType in get_args(hint), primary_key=name == "id")
        for name, hint in fact_fields(fact).items()
    ]
    indexes = [(time_fields(fact)[0],), *_MORE_INDEXES.get(fact, ())]
    return Table(
        f"fact_{fact}",  # `transaction` alone is a word of SQL
        METADATA,
        Column("source", Text, primary_key=True),
        *columns,
        Column("retracted_at", BigInteger),
        *(Index("_".join(("fact", fact, *names)), *names) for names in indexes),
    )


TABLES: dict[str, Table] = {fact: _table(fact) for fact in FACTS}
"""Fact -> its table: source, the Struct's fields in their order (`id` first), retracted_at."""


_PULL_STATE = (SIGNALS, PULLS, SEEN, SWEEPS)


def prepare(engine: Engine) -> None:
    """Make what is missing, and make anew what another shape of the facts left behind. Cheap when all is well."""
    shapes = {fact: _shape(fact) for fact in TABLES} | {_STATE: _state_shape()}
    with read(engine) as connection:
        if inspect(connection).has_table(SHAPES.name) and shapes.items() <= _stamps(connection).items():
            return
    with begin(engine) as connection:
        in_turn(connection, "facts")
        METADATA.create_all(connection, tables=[SHAPES])
        stamps = _stamps(connection)
        if stamps.get(_STATE) != shapes[_STATE]:
            _make_state_anew(connection, shapes[_STATE])
        for fact in TABLES:
            if stamps.get(fact) != shapes[fact]:
                _make_anew(connection, fact, shapes[fact])


def prepare_people(engine: Engine, version: str) -> None:
    """Make the facts that hold people anew where another key hashed them: under two keys each would count twice."""
    with read(engine) as connection:
        if _stamps(connection).get(_PEOPLE) == version:
            return
    shapes = {fact: _shape(fact) for fact in PERSON_FIELDS}
    with begin(engine) as connection:
        in_turn(connection, "facts")
        for fact, shape in shapes.items():
            _make_anew(connection, fact, shape)
        connection.execute(delete(SHAPES).where(SHAPES.c.fact == _PEOPLE))
        connection.execute(SHAPES.insert().values(fact=_PEOPLE, shape=version))


def _stamps(connection: Connection) -> dict[str, str]:
    return {row.fact: row.shape for row in connection.execute(select(SHAPES))}


def _make_state_anew(connection: Connection, shape: str) -> None:
    METADATA.drop_all(connection, tables=_PULL_STATE)
    METADATA.create_all(connection, tables=_PULL_STATE)
    connection.execute(delete(SHAPES).where(SHAPES.c.fact == _STATE))
    connection.execute(SHAPES.insert().values(fact=_STATE, shape=shape))


def _make_anew(connection: Connection, fact: str, shape: str) -> None:
    TABLES[fact].drop(connection, checkfirst=True)
    for table in (*_PULL_STATE, SHAPES):
        connection.execute(delete(table).where(table.c.fact == fact))
    TABLES[fact].create(connection)
    connection.execute(SHAPES.insert().values(fact=fact, shape=shape))


def _shape(fact: str) -> str:
    """Of the columns, the indexes and the folds that fill them."""
    return _digest(_described(TABLES[fact]), FOLDS.get(fact))


def _state_shape() -> str:
    return _digest(*map(_described, _PULL_STATE))


def _described(table: Table) -> tuple[list[str], list[str]]:
    columns = [f"{column.name} {column.type!r} {column.nullable}" for column in table.columns]
    indexes = sorted(f"{index.name} {[column.name for column in index.columns]}" for index in table.indexes)
    return columns, indexes


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
