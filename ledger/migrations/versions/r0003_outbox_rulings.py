"""What people decided about deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    """One row for each decision; the delivery's own row keeps its newest state alone."""
    op.create_table(
        "outbox_rulings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("delivery_id", sa.BigInteger, sa.ForeignKey("outbox.id"), nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("was", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
