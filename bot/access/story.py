"""What is told about requests, grants, incidents and steps: values read from storage in one go, for cards and shells.

Nothing here reads anything; `queries.py` fills these in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.access.desired import Entitlement
from storage.tables import AccountStatus, Decision, EndReason, GrantState, IncidentState, RequestState, StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person as others see them."""

    id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One approver at one stage."""

    who: Who
    stage: int
    why: str  # manager, app_admins, owner, users, fallback
    asked_at: datetime
    unreachable: bool
    decision: Decision | None
    reason: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantStory:
    """What became of an approval."""

    id: str
    state: GrantState
    end_reason: EndReason | None
    end_note: str | None
    starts_at: datetime
    ends_at: datetime | None
    invited_at: datetime | None
    active_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything about one access request."""

    id: str
    application: str
    application_name: str
    #: a person answers for what happens in this application, because its connector cannot
    by_hand: bool
    requester: Who
    beneficiary: Who
    beneficiary_email: str
    entitlement: Entitlement
    duration_seconds: int | None
    reason: str
    state: RequestState
    stage: int
    stages: int
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: Who | None
    decision_reason: str | None
    auto_approved: str | None  # the policy's justification, where nobody was asked
    asked: tuple[Asked, ...]
    grant: GrantStory | None
    #: what the beneficiary has in the application now, besides this request
    has_now: Entitlement | None
    has_status: AccountStatus | None
    #: why it does not go on, in words for the person who waits; None when it does
    problem: str | None
    #: nobody can be asked at this stage: the admins have been told
    nobody_to_ask: bool
    permalink: str | None  # of the status card of who reads it

    @property
    def for_somebody_else(self) -> bool:
        return self.requester.id != self.beneficiary.id


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStory:
    """One cause of failure, and who is stuck on it."""

    id: str
    state: IncidentState
    cause: str
    application_name: str | None
    explanation: str
    remedy: str
    count: int
    opened_at: datetime
    seen_at: datetime
    note: str | None
    resolved_at: datetime | None
    resolved_by: Who | None
    waiting: tuple[Who, ...]  # the first few
    waiting_total: int
    #: only access that is being given can be given up; a removal never is
    can_give_up: bool
    can_do_by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStory:
    """A change that an app admin makes by hand."""

    id: str
    state: StepState
    application_name: str
    beneficiary: Who
    beneficiary_email: str
    wanted: Entitlement | None  # None: take the access away
    until: datetime | None
    request_reason: str
    instructions: str
    created_at: datetime
    answered_at: datetime | None
    answered_by: Who | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One application as the form offers it."""

    key: str
    name: str
    description: str
    roles: tuple[str, ...]
    seat_types: tuple[str, ...]
    durations: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStory:
    """What one person's Home tab shows."""

    who: Who
    access: tuple[Story, ...]  # living grants of this person, soonest end first
    requests: tuple[Story, ...]  # mine, newest first, without those in `access`
    to_decide: tuple[Story, ...]  # pending, waiting for this person
    incidents: tuple[IncidentStory, ...]  # admins only
    is_admin: bool
    now: datetime  # when it was read; time left is counted from here
