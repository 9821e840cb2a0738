"""Webhooks that follow the ledger, and the log of what was delivered to them.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")
big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", document, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seq", big, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("paused_until", moment, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_webhooks"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("seq", big, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column("give_up_at", moment, nullable=False),
        sa.Column("delivered_at", moment, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("tries", document, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("webhook", "seq", name="uq_webhook_deliveries_webhook_seq"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["webhook", "next_try_at", "seq"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"])
