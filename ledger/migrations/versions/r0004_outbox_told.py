"""Which failures were refusals, and of which ones operators have been told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    """Both are unknown for what is there already: it pauses nobody, and is told once more."""
    op.add_column("outbox", sa.Column("refused", sa.Boolean))
    op.add_column("outbox", sa.Column("told_epoch", sa.BigInteger))
