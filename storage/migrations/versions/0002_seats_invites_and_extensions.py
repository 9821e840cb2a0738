"""Seats are counted, invites are followed through, grants can be extended, and what a check found is kept.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("access_requests", sa.Column("extends_id", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("waiting_since", moment, nullable=True))
    op.add_column("grants", sa.Column("billed_by", sa.Text(), nullable=True))
    only_waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_grants_waiting",
        "grants",
        ["application", "waiting_since"],
        sqlite_where=only_waiting,
        postgresql_where=only_waiting,
    )
    op.add_column("accounts", sa.Column("invite_resent_at", moment, nullable=True))
    op.create_table(
        "seat_counts",
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("seat_type", sa.Text(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=True),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("paid", sa.Integer(), nullable=True),
        sa.Column("renews_on", sa.Date(), nullable=True),
        sa.Column("counted_at", moment, nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["application"], ["applications.key"], name="fk_seat_counts_application_applications"),
        sa.PrimaryKeyConstraint("application", "seat_type", name="pk_seat_counts"),
    )
    op.create_table(
        "health_reports",
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("checked_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["application"], ["applications.key"], name="fk_health_reports_application_applications"
        ),
        sa.PrimaryKeyConstraint("application", name="pk_health_reports"),
    )
