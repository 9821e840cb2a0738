"""User groups, delegates, comments, several people at once, changed terms, escalation and emergency access.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    _user_groups()
    _delegations()
    _batches()
    _requests()
    _comments()
    op.add_column("approvals", sa.Column("for_id", sa.Text(), nullable=True))
    op.add_column("approvals", sa.Column("counted_from", sa.Integer(), nullable=True))
    op.add_column("approvals", sa.Column("changes", document, nullable=True))
    op.add_column("grants", sa.Column("replaces_id", sa.Text(), nullable=True))
    op.create_index("ix_people_manager_from_file", "people", ["manager_from_file"])
    op.create_index("ix_cards_channel_ts", "cards", ["channel", "ts"])
    not_accounts = sa.text("state = 'open' AND kind <> 'account'")
    op.create_index(
        "ix_tasks_due_besides_accounts",
        "tasks",
        ["run_at", "id"],
        sqlite_where=not_accounts,
        postgresql_where=not_accounts,
    )


def _user_groups() -> None:
    op.create_table(
        "user_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_groups"),
    )
    op.create_index("ix_user_groups_handle", "user_groups", ["handle"])
    op.create_table(
        "user_group_members",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["user_groups.id"], name="fk_user_group_members_group_id_user_groups"),
        sa.PrimaryKeyConstraint("group_id", "person_id", name="pk_user_group_members"),
    )
    op.create_index("ix_user_group_members_person_id", "user_group_members", ["person_id"])


def _delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("delegate_id", sa.Text(), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("cancelled_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_delegations_person_id_people"),
        sa.ForeignKeyConstraint(["delegate_id"], ["people.id"], name="fk_delegations_delegate_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
    )
    standing = sa.text("cancelled_at IS NULL")
    op.create_index(
        "uq_delegations_standing",
        "delegations",
        ["person_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("ix_delegations_delegate_id", "delegations", ["delegate_id"])


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("document", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name="fk_batches_requester_id_people"),
        sa.ForeignKeyConstraint(["application"], ["applications.key"], name="fk_batches_application_applications"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("origin", name="uq_batches_origin"),
    )


def _requests() -> None:
    table = "access_requests"
    for name, type_ in (
        ("replaces_id", sa.Text()),
        ("batch_id", sa.Text()),
        ("starts_at", moment),
        ("terms", document),
        ("nudged_at", moment),
    ):
        op.add_column(table, sa.Column(name, type_, nullable=True))
    # With defaults of the database's own, which the version before leaves to it.
    op.add_column(table, sa.Column("emergency", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(table, sa.Column("unconfirmed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(table, sa.Column("nudges", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_access_requests_state_created_at", table, ["state", "created_at"])
    in_batch = sa.text("batch_id IS NOT NULL")
    op.create_index("ix_access_requests_batch", table, ["batch_id"], sqlite_where=in_batch, postgresql_where=in_batch)


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"], name="fk_comments_request_id_access_requests"),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name="fk_comments_author_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.UniqueConstraint("origin", name="uq_comments_origin"),
    )
    op.create_index("ix_comments_request_id_created_at", "comments", ["request_id", "created_at"])
