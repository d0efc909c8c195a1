"""The first lasting tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Create them all."""
    _beliefs("readings", _text("metric"), _day())
    op.create_index("readings_metric", "readings", ["metric", "as_of"])
    _beliefs("evaluations", _text("cycle"), _day())
    op.create_index("evaluations_day", "evaluations", ["as_of"])
    _beliefs("baselines")
    _runs()
    _people_and_definitions()
    _outbox()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _day() -> sa.Column[Any]:
    return sa.Column("as_of", sa.Date, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _instant(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _beliefs(name: str, *columns: sa.Column[Any]) -> None:
    held = sa.text("believed_to IS NULL")
    op.create_table(
        name,
        _id(),
        _text("identity"),
        *columns,
        _instant("believed_from"),
        sa.Column("believed_to", sa.BigInteger),
        _text("content"),
        _text("document"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"{name}_held", name, ["identity"], unique=True, sqlite_where=held, postgresql_where=held)


def _runs() -> None:
    op.create_table(
        "runs", sa.Column("run_id", sa.Text, primary_key=True), _instant("started_at"), _day(), _text("state")
    )
    op.create_table(
        "attempts",
        _id(),
        _text("run_id"),
        _instant("at"),
        _text("what"),
        _text("name"),
        _text("state"),
        sa.Column("reason", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("attempts_at", "attempts", ["at"])
    op.create_table(
        "source_outcomes",
        _id(),
        _text("run_id"),
        _text("source"),
        _instant("at"),
        _text("state"),
        _text("document"),
        sa.UniqueConstraint("run_id", "source", name="source_outcomes_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("source_outcomes_newest", "source_outcomes", ["source", "at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        _instant("epoch"),
        sa.Column("holder", sa.Text),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
    )


def _people_and_definitions() -> None:
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text, primary_key=True),
        _text("document"),
        _instant("first_used_at"),
    )
    op.create_table(
        "check_ins",
        _id(),
        _text("key_result"),
        _day(),
        _instant("recorded_at"),
        _text("document"),
        sqlite_autoincrement=True,
    )
    op.create_index("check_ins_day", "check_ins", ["key_result", "as_of"])


def _outbox() -> None:
    op.create_table(
        "digests",
        _id(),
        _text("digest"),
        _text("period"),
        _text("audience"),
        _instant("frozen_at"),
        sa.Column("suppressed", sa.Text),
        sa.Column("document", sa.LargeBinary),
        sa.UniqueConstraint("digest", "period", "audience", name="digests_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        _id(),
        sa.Column("digest_id", sa.BigInteger, sa.ForeignKey("digests.id"), nullable=False),
        _text("channel"),
        _text("recipient"),
        _text("subject"),
        _text("state"),
        _instant("epoch"),
        sa.Column("holder", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("not_before", sa.BigInteger),
        _instant("changed_at"),
        sa.Column("reason", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("digest_id", "channel", "recipient", name="outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_state", "outbox", ["state"])
