"""Every table, and the enums whose values stand in their columns.

What may follow what is not decided here but in `bot/access/lifecycle.py`; what may exist twice is decided here, by
unique indexes, because only the database sees every process.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class RequestState(StrEnum):
    """Where an access request stands."""

    #: somebody has to decide
    PENDING = "pending"
    #: everybody who had to agree did; a grant follows from it
    APPROVED = "approved"
    #: an approver said no
    DENIED = "denied"
    #: the requester took it back
    CANCELLED = "cancelled"
    #: nobody decided in time
    EXPIRED = "expired"


class GrantState(StrEnum):
    """Where the right that an approved request gives stands."""

    #: starts later
    SCHEDULED = "scheduled"
    #: being given
    GRANTING = "granting"
    #: no seat is free
    WAITING = "waiting"
    #: the person must accept the invite
    INVITED = "invited"
    #: the connector has seen the account as it should be
    ACTIVE = "active"
    #: being taken back
    ENDING = "ending"
    #: taken back, and seen to be
    ENDED = "ended"
    #: a human is needed
    FAILED = "failed"


class EndReason(StrEnum):
    """Why a grant ended."""

    EXPIRED = "expired"
    RELEASED = "released"
    REVOKED = "revoked"
    LEFT = "left"
    REPLACED = "replaced"
    REMOVED_OUTSIDE = "removed_outside"
    GIVEN_UP = "given_up"
    #: the person did not accept the invite in time
    NOT_ACCEPTED = "not_accepted"
    #: no seat was free, and an admin would not have another one billed
    NO_SEAT = "no_seat"
    #: emergency access that nobody confirmed afterwards
    NOT_CONFIRMED = "not_confirmed"


class Decision(StrEnum):
    """One approver's word at one stage."""

    APPROVED = "approved"
    DENIED = "denied"


class AccountStatus(StrEnum):
    """What exists at the provider, as last observed."""

    ABSENT = "absent"
    INVITED = "invited"
    MEMBER = "member"


class TaskState(StrEnum):
    """Where a piece of durable work stands."""

    #: to be run at `run_at`; while it runs, `run_at` is the end of its lease
    OPEN = "open"
    #: waits on an incident
    PARKED = "parked"
    DONE = "done"


class IncidentState(StrEnum):
    """Whether a cause of failure still stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class StepState(StrEnum):
    """Where a change that a human makes by hand stands."""

    OPEN = "open"
    DONE = "done"
    #: the human could not do it, and said why
    REFUSED = "refused"
    #: no longer wanted
    OBSOLETE = "obsolete"


class DeliveryState(StrEnum):
    """Where the delivery of one event to one webhook stands."""

    #: not taken yet; the next try has its time
    WAITING = "waiting"
    #: the endpoint took it
    DELIVERED = "delivered"
    #: not tried again by itself
    FAILED = "failed"


class ConnectionEnd(StrEnum):
    """Why a connection from ChatGPT ended."""

    #: the client gave its token back (RFC 7009)
    REVOKED = "revoked"
    #: an admin ended it
    ENDED = "ended"
    #: a code or a refresh token came a second time, so somebody else may hold one
    REPLAYED = "replayed"


class TokenKind(StrEnum):
    """What a token of a connection is good for."""

    #: calls to the app
    ACCESS = "access"
    #: one exchange for a new pair
    REFRESH = "refresh"


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """timestamptz on PostgreSQL, fixed-width UTC text (which sorts) on SQLite; refuses naive values."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(sa.types.TypeDecorator[StrEnum]):
    """A StrEnum stored as its text, so that partial indexes and people can read it."""

    impl = sa.String(24)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.words(value)


# None is the database's NULL, not JSON's null, so that it can be asked for with IS NULL
Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigInteger = sa.BigInteger().with_variant(sa.Integer, "sqlite")


_WORDS: tuple[type[StrEnum], ...] = (
    RequestState, GrantState, EndReason, Decision, AccountStatus, TaskState, IncidentState, StepState, DeliveryState,
    ConnectionEnd, TokenKind,
)  # fmt: skip


class Base(DeclarativeBase):
    """The one metadata, with a name for every constraint (Alembic needs them)."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        dict[str, Any]: Json,
        list[dict[str, Any]]: Json,
        str: sa.Text,
        **{words: Word(words) for words in _WORDS},
    }


def table_of(entity: type[Base]) -> sa.Table:
    """The table behind a class, for statements that need no ORM bookkeeping."""
    return cast("sa.Table", entity.__table__)


def _partial(predicate: str) -> dict[str, Any]:
    """Both databases' spelling of a partial index. A literal predicate: a bound one would not be matched."""
    return {"sqlite_where": sa.text(predicate), "postgresql_where": sa.text(predicate)}


LIVING = "state <> 'ended'"


class Person(Base):
    """Somebody in the directory, as Slack describes them. The id is the Slack user id."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str | None]  # lower case
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="UTC")
    is_bot: Mapped[bool] = mapped_column(default=False)
    is_guest: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    manager_from_slack: Mapped[str | None]
    manager_from_file: Mapped[str | None]  # `usher people import`; an admin's word goes before Slack's
    dm_channel: Mapped[str | None]
    home_opened_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        sa.Index(None, "email"),
        sa.Index(None, "manager_from_slack"),
        sa.Index(None, "manager_from_file"),
    )

    @property
    def manager_id(self) -> str | None:
        return self.manager_from_file or self.manager_from_slack


class UserGroup(Base):
    """A Slack user group, by its Slack id."""

    __tablename__ = "user_groups"

    id: Mapped[str] = mapped_column(primary_key=True)
    handle: Mapped[str]  # without the @
    name: Mapped[str]
    active: Mapped[bool]
    updated_at: Mapped[datetime]

    __table_args__ = (sa.Index(None, "handle"),)


class UserGroupMember(Base):
    """Somebody belongs to a Slack user group. Slack may name people who are not known yet: no foreign key to them."""

    __tablename__ = "user_group_members"

    group_id: Mapped[str] = mapped_column(sa.ForeignKey("user_groups.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (sa.Index(None, "person_id"),)


class Delegation(Base):
    """While somebody is away, another person decides for them. Counts for what is asked in that time."""

    __tablename__ = "delegations"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    delegate_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("uq_delegations_standing", "person_id", unique=True, **_partial("cancelled_at IS NULL")),
        sa.Index(None, "delegate_id"),
    )


class Policy(Base):
    """A policy of the catalogue, as it was written."""

    __tablename__ = "policies"

    key: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]


class Application(Base):
    """An application of the catalogue, as it was written. One that was taken out is retired, never deleted."""

    __tablename__ = "applications"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    policy_key: Mapped[str] = mapped_column(sa.ForeignKey("policies.key"))
    document: Mapped[dict[str, Any]]
    position: Mapped[int]
    retired_at: Mapped[datetime | None]


class AccessRequest(Base):
    """Somebody asks for an entitlement for a beneficiary, for a duration, with a reason."""

    __tablename__ = "access_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    requester_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    beneficiary_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"))
    role: Mapped[str]  # "" where the application has no roles
    seat_type: Mapped[str]  # "" where the application has no seat types
    duration_seconds: Mapped[int | None]  # None: unlimited
    reason: Mapped[str]
    channel: Mapped[str]  # the door: slack, chatgpt
    origin: Mapped[str | None]  # what was submitted (a Slack view), so that a redelivery is known as one
    extends_id: Mapped[str | None]  # the grant that it asks to go on; no foreign key, grants have one to this table
    replaces_id: Mapped[str | None]  # the grant whose place it asks to take, likewise
    batch_id: Mapped[str | None]  # the form that asked for several people at once
    starts_at: Mapped[datetime | None]  # None: as soon as it is approved
    emergency: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # given first, decided afterwards
    unconfirmed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # the beneficiary has to agree
    state: Mapped[RequestState]
    stage: Mapped[int] = mapped_column(default=0)  # index into the policy's stages in `rules`
    rules: Mapped[dict[str, Any]]  # the policy as it stood when the request was made
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]  # a person, or None when the policy or the clock decided
    decision_reason: Mapped[str | None]
    #: what an approver changed it to: {"role", "seat_type", "duration_seconds"}; None: it is given as it was asked for
    terms: Mapped[dict[str, Any] | None]
    nudged_at: Mapped[datetime | None]  # when the requester last asked the approvers to look
    nudges: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))

    __table_args__ = (
        sa.Index(
            "uq_access_requests_open", "beneficiary_id", "application", "role", "seat_type",
            unique=True, **_partial("state = 'pending'"),
        ),
        sa.UniqueConstraint("origin"),
        sa.Index(None, "requester_id", "created_at"),
        sa.Index(None, "beneficiary_id", "created_at"),
        sa.Index(None, "state", "created_at"),
        sa.Index("ix_access_requests_batch", "batch_id", **_partial("batch_id IS NOT NULL")),
    )  # fmt: skip


class Batch(Base):
    """One form that asked for several people: a request each, and those for whom none could be made."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(primary_key=True)
    requester_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"))
    origin: Mapped[str | None]  # as a request's
    document: Mapped[dict[str, Any]]  # {"refused": [{"person", "refusal", "detail"}]}
    created_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("origin"),)


class Comment(Base):
    """What somebody said about a request, in the thread of a card or in a form."""

    __tablename__ = "comments"

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"))
    author_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    text: Mapped[str]
    created_at: Mapped[datetime]
    origin: Mapped[str]  # the Slack message or view, so that a redelivery is known as one

    __table_args__ = (sa.UniqueConstraint("origin"), sa.Index(None, "request_id", "created_at"))


class Approval(Base):
    """One person who was asked at one stage of a request, and what they said."""

    __tablename__ = "approvals"

    request_id: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"), primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True)
    approver_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    why: Mapped[str]  # why this person: a kind of approver, or fallback, escalation, override
    for_id: Mapped[str | None]  # whom they stand in for as a delegate
    asked_at: Mapped[datetime]
    unreachable_at: Mapped[datetime | None]  # Slack could not deliver the card to them, or they left
    decision: Mapped[Decision | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    counted_from: Mapped[int | None]  # the earlier stage at which they said yes, which counts here too
    changes: Mapped[dict[str, Any] | None]  # what they changed, as in `AccessRequest.terms`

    __table_args__ = (sa.Index("ix_approvals_waiting", "approver_id", **_partial("decision IS NULL")),)


class Grant(Base):
    """The right that an approved request gives, from `starts_at` to `ends_at`."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"))
    replaces_id: Mapped[str | None]  # the grant that ends as soon as this one is active
    beneficiary_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"))
    role: Mapped[str]
    seat_type: Mapped[str]
    duration_seconds: Mapped[int | None]
    state: Mapped[GrantState]
    end_reason: Mapped[EndReason | None]
    end_note: Mapped[str | None]  # what a human said about the end
    created_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # None: unlimited, or not counting yet because the person has not joined
    invited_at: Mapped[datetime | None]
    active_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]  # in line for a free seat
    billed_by: Mapped[str | None]  # the admin who said that a seat may be added to the bill

    __table_args__ = (
        sa.UniqueConstraint("request_id"),
        sa.Index("ix_grants_living", "beneficiary_id", "application", **_partial(LIVING)),
        sa.Index("ix_grants_ends_at", "ends_at", **_partial(LIVING)),
        sa.Index("ix_grants_waiting", "application", "waiting_since", **_partial("state = 'waiting'")),
    )


class Account(Base):
    """What a person has in an application: before Usher (the baseline), and as last observed."""

    __tablename__ = "accounts"

    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    email: Mapped[str]
    baseline: Mapped[dict[str, Any] | None]  # {"role", "seat_type"}, {} for none, NULL when not known yet
    status: Mapped[AccountStatus]
    role: Mapped[str] = mapped_column(default="")
    seat_type: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str | None]
    observed_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]  # first observation without an account that should be there
    last_change: Mapped[str | None]  # the change that was last sent, written down before it was sent
    last_change_at: Mapped[datetime | None]
    last_change_key: Mapped[str | None]  # its idempotency key: the same until its outcome is known
    last_change_sent: Mapped[int | None]  # how often it was sent without having been seen
    invite_resent_at: Mapped[datetime | None]  # not to be sent again: it was, or who cannot get in waits for an admin


class SeatCount(Base):
    """Seats of one type in an application, as last counted. NULL where the provider does not say."""

    __tablename__ = "seat_counts"

    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"), primary_key=True)
    seat_type: Mapped[str] = mapped_column(primary_key=True)
    used: Mapped[int | None]
    invited: Mapped[int | None]
    paid: Mapped[int | None]
    renews_on: Mapped[date | None]
    counted_at: Mapped[datetime]
    came: Mapped[int] = mapped_column(default=0)  # people who were seen to come to such a seat since then


class HealthReport(Base):
    """What an application's connector found when it was last checked."""

    __tablename__ = "health_reports"

    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"), primary_key=True)
    document: Mapped[dict[str, Any]]  # {"conditions": [{"name", "ok", "detail", "remedy"}]}
    checked_at: Mapped[datetime]


class ManualStep(Base):
    """A change that an app admin makes by hand, and answers with Done or Could not."""

    __tablename__ = "manual_steps"

    id: Mapped[str] = mapped_column(primary_key=True)
    application: Mapped[str] = mapped_column(sa.ForeignKey("applications.key"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    change: Mapped[dict[str, Any]]  # {"wanted": {"role", "seat_type"} or None}
    instructions: Mapped[str]
    state: Mapped[StepState]
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    reason: Mapped[str | None]

    __table_args__ = (
        sa.Index("uq_manual_steps_open", "application", "person_id", unique=True, **_partial("state = 'open'")),
    )


class Incident(Base):
    """One cause of failure, with all that is stuck on it."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]  # an application's key, "<application>:<person>", "request:<id>" or "slack:<what>"
    application: Mapped[str | None]
    person_id: Mapped[str | None]
    cause: Mapped[str]  # the connector error's name, or another of the closed set in bot/engine/incidents.py
    explanation: Mapped[str]  # what happened, in words for an admin
    remedy: Mapped[str]  # what a human can do
    state: Mapped[IncidentState]
    count: Mapped[int] = mapped_column(default=1)  # how often it was met
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # when it was last met
    note: Mapped[str | None]  # what came of the last button that was pressed
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]  # a person, or None when it went away by itself
    #: an admin says that it was done by hand: what waits may look, but not write
    looking: Mapped[bool] = mapped_column(default=False)
    #: the one task that may try while the others wait
    trying_task: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        sa.Index("uq_incidents_open", "scope", unique=True, **_partial("state = 'open'")),
        sa.Index(None, "opened_at"),
    )


#: by which due tasks are taken: the earliest first
TURN = "coalesce(due_by, run_at)"


class Task(Base):
    """Durable work. `attempt` is the fencing token: every later write by a worker must match it."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    kind: Mapped[str]
    key: Mapped[str]  # what it is about; one open task per (kind, key)
    lock_key: Mapped[str | None]  # tasks with the same lock never run at once
    payload: Mapped[dict[str, Any]]
    state: Mapped[TaskState]
    run_at: Mapped[datetime]
    due_by: Mapped[datetime | None]  # when it goes before all that is due later; until then, others may go before it
    wish_at: Mapped[datetime | None]  # asked for again while it ran
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # in a row; sets the back-off
    owner: Mapped[str | None]
    incident_id: Mapped[str | None] = mapped_column(sa.ForeignKey("incidents.id"))
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    trace: Mapped[str | None]  # what asked for it last: see `storage.traces`

    __table_args__ = (
        sa.Index("uq_tasks_open", "kind", "key", unique=True, **_partial("state <> 'done'")),
        sa.Index("uq_tasks_running", "lock_key", unique=True, **_partial("owner IS NOT NULL")),
        sa.Index("ix_tasks_due", "run_at", "id", **_partial("state = 'open'")),
        # a thousand accounts that wait for their turn are in nobody's way
        sa.Index("ix_tasks_due_besides_accounts", "run_at", "id", **_partial("state = 'open' AND kind <> 'account'")),
        sa.Index("ix_tasks_turn", sa.text(TURN), "id", **_partial("state = 'open'")),
        sa.Index(
            "ix_tasks_turn_besides_accounts", sa.text(TURN), "id", **_partial("state = 'open' AND kind <> 'account'")
        ),
        sa.Index("ix_tasks_lane", "lock_key", "run_at", "id", **_partial("state = 'open'")),
        sa.Index("ix_tasks_parked", "incident_id", **_partial("state = 'parked'")),
        sa.Index("ix_tasks_finished", "finished_at", **_partial("state = 'done'")),
    )


class Card(Base):
    """A Slack message that follows a state: where it was posted and what it showed last."""

    __tablename__ = "cards"

    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]  # "request:<id>", "incident:<id>", "step:<id>"
    slot: Mapped[str]  # which of its messages: "status:<person>", "approval:<person>", "told:<event>:<person>"
    recipient: Mapped[str]  # a Slack user id or channel id
    channel: Mapped[str | None]
    ts: Mapped[str | None]
    permalink: Mapped[str | None]
    content_hash: Mapped[str | None]
    posting_since: Mapped[datetime | None]  # set before posting: if it is still set, the outcome is unknown
    undeliverable: Mapped[str | None]  # Slack's error code that will not go away by itself
    updated_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("subject", "slot"), sa.Index(None, "channel", "ts"))


class LedgerLine(Base):
    """One line of the append-only, hash-chained audit log."""

    __tablename__ = "ledger"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # a Slack user id, "usher", or "shell:<user>"
    event: Mapped[str]
    subject: Mapped[str]  # "request:<id>", "grant:<id>", ...
    data: Mapped[str]  # canonical JSON, as it was hashed
    previous: Mapped[str]
    hash: Mapped[str]
    salt: Mapped[str | None]  # of its values' digests; None once one was erased, and where it was hashed as a whole
    seals: Mapped[str | None]  # JSON: the salts of the values that are left, and the digests of those erased

    __table_args__ = (sa.Index(None, "subject", "seq"),)


class Webhook(Base):
    """An endpoint of the catalogue that listens to what happens to requests and grants: it follows the ledger."""

    __tablename__ = "webhooks"

    key: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    position: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)  # the ledger's line up to which its events were gathered
    failures: Mapped[int] = mapped_column(default=0)  # calls in a row that came to nothing; sets the back-off
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]  # it seems to be down: no call before


class WebhookDelivery(Base):
    """One event on its way to one webhook. No foreign key: the log outlives a webhook that is taken out."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    webhook: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)  # the ledger's line that it tells of
    event_id: Mapped[str]  # the same for every webhook and every try
    type: Mapped[str]
    body: Mapped[str]  # as it is signed
    state: Mapped[DeliveryState]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None]  # what came of the last try
    tries: Mapped[list[dict[str, Any]]]  # [{"at", "status", "error", "seconds"}]

    __table_args__ = (
        sa.UniqueConstraint("webhook", "seq"),
        sa.Index("ix_webhook_deliveries_due", "webhook", "next_try_at", "seq", **_partial("state = 'waiting'")),
        sa.Index(None, "created_at"),
    )


class SignIn(Base):
    """Somebody on the way from ChatGPT's Connect button through consent and Slack to an authorization code."""

    __tablename__ = "chatgpt_sign_ins"

    id: Mapped[str] = mapped_column(primary_key=True)  # the hash of the ticket that travels through the browser
    client_id: Mapped[str]
    client_name: Mapped[str]
    redirect_uri: Mapped[str]
    redirect_uri_explicit: Mapped[bool]  # the client named it, so it has to name it again with the code
    state: Mapped[str | None]  # the client's own; goes back to it as it came
    code_challenge: Mapped[str]
    resource: Mapped[str]
    browser: Mapped[str | None]  # the hash of the cookie of the browser that was shown the consent page
    nonce: Mapped[str | None]  # the hash of what Slack has to say again; set by the consent
    person_id: Mapped[str | None]  # who signed in
    code: Mapped[str | None] = mapped_column(unique=True)  # the hash of the authorization code
    connection_id: Mapped[str | None]  # what the code was exchanged for
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of the ticket, and then of the code

    __table_args__ = (sa.Index(None, "expires_at"),)


class Connection(Base):
    """A person's connection from ChatGPT (or another client): what a consent gave, until it ends."""

    __tablename__ = "chatgpt_connections"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    client_id: Mapped[str]
    client_name: Mapped[str]
    resource: Mapped[str]  # the address that its tokens are good for (RFC 8707)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]  # when its tokens were last renewed; within an hour of its last use
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[ConnectionEnd | None]

    __table_args__ = (sa.Index(None, "person_id"),)


class ConnectionToken(Base):
    """A token of a connection, by its hash. A refresh token that was used stays until it expires, to be known again."""

    __tablename__ = "chatgpt_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[str]
    kind: Mapped[TokenKind]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (sa.Index(None, "connection_id"), sa.Index(None, "expires_at"))


class Secret(Base):
    """A connector's credential, sealed for exactly this row."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    key_id: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
