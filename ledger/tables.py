"""The lasting tables. Alembic owns them: a change here goes with a new file in migrations/versions.

Instants are epoch milliseconds UTC. `document` is the value as JSON; the columns beside it are what queries ask for.
Long columns come last, since SQLite reads through them to get at those behind.
A row of readings, evaluations, baselines or closed_cycles is a belief: held from `believed_from` until `believed_to`
(null: still).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _id() -> Column[int]:
    # SQLite numbers rows by itself only in an INTEGER key; never reusing a number keeps "newest" true.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _instant(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _belief(name: str, *columns: Column[Any]) -> Table:
    # One belief held per identity: a partial unique index, which stands in the migrations alone, since to name it here
    # makes SQLAlchemy import both dialects, a sixth of the time of `okr status`.
    return Table(
        name,
        metadata,
        _id(),
        _text("identity"),
        *columns,
        _instant("believed_from"),
        Column("believed_to", BigInteger),
        _text("content"),
        _text("document"),
        sqlite_autoincrement=True,
    )


readings = _belief("readings", _text("metric"), Column("as_of", Date, nullable=False))
Index("readings_metric", readings.c.metric, readings.c.as_of)

evaluations = _belief("evaluations", _text("cycle"), Column("as_of", Date, nullable=False))
Index("evaluations_day", evaluations.c.as_of)

baselines = _belief("baselines")

closed_cycles = _belief("closed_cycles")

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    _instant("started_at"),
    Column("as_of", Date, nullable=False),
    _text("state"),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    _text("run_id"),
    _instant("at"),
    _text("what"),
    _text("name"),
    _text("state"),
    Column("reason", Text),
    sqlite_autoincrement=True,
)
Index("attempts_at", attempts.c.at)

source_outcomes = Table(
    "source_outcomes",
    metadata,
    _id(),
    _text("run_id"),
    _text("source"),
    _instant("at"),
    _text("state"),
    _text("document"),
    UniqueConstraint("run_id", "source", name="source_outcomes_run"),
    sqlite_autoincrement=True,
)
Index("source_outcomes_newest", source_outcomes.c.source, source_outcomes.c.at)

definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    _text("document"),
    _instant("first_used_at"),
)

check_ins = Table(
    "check_ins",
    metadata,
    _id(),
    _text("key_result"),
    Column("as_of", Date, nullable=False),
    _instant("recorded_at"),
    _text("document"),
    sqlite_autoincrement=True,
)
Index("check_ins_day", check_ins.c.key_result, check_ins.c.as_of)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text),
    Column("taken_at", BigInteger),
    Column("expires_at", BigInteger),
)

digests = Table(
    "digests",
    metadata,
    _id(),
    _text("digest"),
    _text("period"),
    _text("audience"),
    _instant("frozen_at"),
    Column("suppressed", Text),
    Column("document", LargeBinary),
    UniqueConstraint("digest", "period", "audience", name="digests_key"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("digest_id", BigInteger, ForeignKey("digests.id"), nullable=False),
    _text("channel"),
    _text("recipient"),
    _text("subject"),
    _text("state"),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text),
    Column("lease_until", BigInteger),
    Column("not_before", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("refused", Boolean),
    Column("told_epoch", BigInteger),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("digest_id", "channel", "recipient", name="outbox_key"),
    sqlite_autoincrement=True,
)
Index("outbox_state", outbox.c.state)

outbox_rulings = Table(
    "outbox_rulings",
    metadata,
    _id(),
    Column("delivery_id", BigInteger, ForeignKey("outbox.id"), nullable=False),
    _text("word"),
    _text("was"),
    _text("by"),
    _text("note"),
    _instant("at"),
    sqlite_autoincrement=True,
)
