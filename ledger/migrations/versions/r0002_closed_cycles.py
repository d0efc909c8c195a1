"""How cycles ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """A belief for each cycle: a provisional end is replaced by the final one, and both are kept."""
    op.create_table(
        "closed_cycles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("believed_from", sa.BigInteger, nullable=False),
        sa.Column("believed_to", sa.BigInteger),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    held = sa.text("believed_to IS NULL")
    op.create_index(
        "closed_cycles_held", "closed_cycles", ["identity"], unique=True, sqlite_where=held, postgresql_where=held
    )
