"""The first house: every table of Usher's first version.

Written out, with types of its own, because it must go on making what it makes today when `storage/tables.py` changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _column(kind: Any) -> Callable[..., sa.Column[Any]]:
    def column(name: str, *, nullable: bool = False) -> sa.Column[Any]:
        return sa.Column(name, kind, nullable=nullable)

    return column


text = _column(sa.Text())
word = _column(sa.String(24))
number = _column(sa.Integer())
flag = _column(sa.Boolean())
moment = _column(sa.DateTime(timezone=True))
document = _column(sa.JSON().with_variant(JSONB(), "postgresql"))


def only(predicate: str) -> dict[str, Any]:
    """A partial index, in both databases' spelling."""
    return {"sqlite_where": sa.text(predicate), "postgresql_where": sa.text(predicate)}


def upgrade() -> None:
    op.create_table(
        "cards",
        text("id"),
        text("subject"),
        text("slot"),
        text("recipient"),
        text("channel", nullable=True),
        text("ts", nullable=True),
        text("permalink", nullable=True),
        text("content_hash", nullable=True),
        moment("posting_since", nullable=True),
        text("undeliverable", nullable=True),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
        sa.UniqueConstraint("subject", "slot", name="uq_cards_subject_slot"),
    )
    op.create_table(
        "incidents",
        text("id"),
        text("scope"),
        text("application", nullable=True),
        text("person_id", nullable=True),
        text("cause"),
        text("explanation"),
        text("remedy"),
        word("state"),
        number("count"),
        moment("opened_at"),
        moment("seen_at"),
        text("note", nullable=True),
        moment("resolved_at", nullable=True),
        text("resolved_by", nullable=True),
        flag("looking"),
        sa.Column("trying_task", big, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_index("uq_incidents_open", "incidents", ["scope"], unique=True, **only("state = 'open'"))
    op.create_table(
        "ledger",
        sa.Column("seq", big, autoincrement=False, nullable=False),
        moment("at"),
        text("actor"),
        text("event"),
        text("subject"),
        text("data"),
        text("previous"),
        text("hash"),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger"),
    )
    op.create_index("ix_ledger_subject_seq", "ledger", ["subject", "seq"])
    op.create_table(
        "people",
        text("id"),
        text("email", nullable=True),
        text("name"),
        text("title"),
        text("timezone"),
        flag("is_bot"),
        flag("is_guest"),
        flag("active"),
        text("manager_from_slack", nullable=True),
        text("manager_from_file", nullable=True),
        text("dm_channel", nullable=True),
        moment("home_opened_at", nullable=True),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_index("ix_people_email", "people", ["email"])
    op.create_index("ix_people_manager_from_slack", "people", ["manager_from_slack"])
    op.create_table(
        "policies",
        text("key"),
        document("document"),
        sa.PrimaryKeyConstraint("key", name="pk_policies"),
    )
    op.create_table(
        "secrets",
        text("name"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        text("key_id"),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.create_table(
        "applications",
        text("key"),
        text("name"),
        text("policy_key"),
        document("document"),
        number("position"),
        moment("retired_at", nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_applications"),
        sa.ForeignKeyConstraint(["policy_key"], ["policies.key"], name="fk_applications_policy_key_policies"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", big, autoincrement=True, nullable=False),
        text("kind"),
        text("key"),
        text("lock_key", nullable=True),
        document("payload"),
        word("state"),
        moment("run_at"),
        moment("wish_at", nullable=True),
        number("attempt"),
        number("failures"),
        text("owner", nullable=True),
        text("incident_id", nullable=True),
        text("error", nullable=True),
        moment("created_at"),
        moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_tasks_incident_id_incidents"),
    )
    op.create_index("ix_tasks_due", "tasks", ["run_at", "id"], **only("state = 'open'"))
    op.create_index("ix_tasks_finished", "tasks", ["finished_at"], **only("state = 'done'"))
    op.create_index("ix_tasks_lane", "tasks", ["lock_key", "run_at", "id"], **only("state = 'open'"))
    op.create_index("ix_tasks_parked", "tasks", ["incident_id"], **only("state = 'parked'"))
    op.create_index("uq_tasks_open", "tasks", ["kind", "key"], unique=True, **only("state <> 'done'"))
    op.create_index("uq_tasks_running", "tasks", ["lock_key"], unique=True, **only("owner IS NOT NULL"))
    op.create_table(
        "access_requests",
        text("id"),
        text("requester_id"),
        text("beneficiary_id"),
        text("application"),
        text("role"),
        text("seat_type"),
        number("duration_seconds", nullable=True),
        text("reason"),
        text("channel"),
        text("origin", nullable=True),
        word("state"),
        number("stage"),
        document("rules"),
        moment("created_at"),
        moment("expires_at"),
        moment("decided_at", nullable=True),
        text("decided_by", nullable=True),
        text("decision_reason", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_requests"),
        sa.ForeignKeyConstraint(
            ["application"], ["applications.key"], name="fk_access_requests_application_applications"
        ),
        sa.ForeignKeyConstraint(["beneficiary_id"], ["people.id"], name="fk_access_requests_beneficiary_id_people"),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name="fk_access_requests_requester_id_people"),
        sa.UniqueConstraint("origin", name="uq_access_requests_origin"),
    )
    op.create_index("ix_access_requests_beneficiary_id_created_at", "access_requests", ["beneficiary_id", "created_at"])
    op.create_index("ix_access_requests_requester_id_created_at", "access_requests", ["requester_id", "created_at"])
    op.create_index(
        "uq_access_requests_open",
        "access_requests",
        ["beneficiary_id", "application", "role", "seat_type"],
        unique=True,
        **only("state = 'pending'"),
    )
    op.create_table(
        "accounts",
        text("application"),
        text("person_id"),
        text("email"),
        document("baseline", nullable=True),
        word("status"),
        text("role"),
        text("seat_type"),
        text("provider_id", nullable=True),
        moment("observed_at", nullable=True),
        moment("missing_since", nullable=True),
        text("last_change", nullable=True),
        moment("last_change_at", nullable=True),
        text("last_change_key", nullable=True),
        number("last_change_sent", nullable=True),
        sa.PrimaryKeyConstraint("application", "person_id", name="pk_accounts"),
        sa.ForeignKeyConstraint(["application"], ["applications.key"], name="fk_accounts_application_applications"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_accounts_person_id_people"),
    )
    op.create_table(
        "manual_steps",
        text("id"),
        text("application"),
        text("person_id"),
        document("change"),
        text("instructions"),
        word("state"),
        moment("created_at"),
        moment("answered_at", nullable=True),
        text("answered_by", nullable=True),
        text("reason", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_manual_steps"),
        sa.ForeignKeyConstraint(["application"], ["applications.key"], name="fk_manual_steps_application_applications"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_manual_steps_person_id_people"),
    )
    op.create_index(
        "uq_manual_steps_open", "manual_steps", ["application", "person_id"], unique=True, **only("state = 'open'")
    )
    op.create_table(
        "approvals",
        text("request_id"),
        number("stage"),
        text("approver_id"),
        text("why"),
        moment("asked_at"),
        moment("unreachable_at", nullable=True),
        word("decision", nullable=True),
        text("reason", nullable=True),
        moment("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("request_id", "stage", "approver_id", name="pk_approvals"),
        sa.ForeignKeyConstraint(["approver_id"], ["people.id"], name="fk_approvals_approver_id_people"),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"], name="fk_approvals_request_id_access_requests"),
    )
    op.create_index("ix_approvals_waiting", "approvals", ["approver_id"], **only("decision IS NULL"))
    op.create_table(
        "grants",
        text("id"),
        text("request_id"),
        text("beneficiary_id"),
        text("application"),
        text("role"),
        text("seat_type"),
        number("duration_seconds", nullable=True),
        word("state"),
        word("end_reason", nullable=True),
        text("end_note", nullable=True),
        moment("created_at"),
        moment("starts_at"),
        moment("ends_at", nullable=True),
        moment("invited_at", nullable=True),
        moment("active_at", nullable=True),
        moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.ForeignKeyConstraint(["application"], ["applications.key"], name="fk_grants_application_applications"),
        sa.ForeignKeyConstraint(["beneficiary_id"], ["people.id"], name="fk_grants_beneficiary_id_people"),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"], name="fk_grants_request_id_access_requests"),
        sa.UniqueConstraint("request_id", name="uq_grants_request_id"),
    )
    op.create_index("ix_grants_ends_at", "grants", ["ends_at"], **only("state <> 'ended'"))
    op.create_index("ix_grants_living", "grants", ["beneficiary_id", "application"], **only("state <> 'ended'"))
