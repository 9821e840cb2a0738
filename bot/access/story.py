"""What is told about requests, grants, incidents and steps: values read from storage in one go, for cards and shells.

Nothing here reads anything; `queries.py` and the rooms that it names fill these in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.access.conditions import Matched
from bot.access.desired import Entitlement, Terms
from bot.access.refusals import Refused
from bot.connectors.config import AnyConnector
from bot.connectors.contract import Condition
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
    why: str  # a kind of approver, or fallback, escalation, override
    for_whom: Who | None = None  # whom they stand in for as a delegate
    timezone: str = "UTC"  # IANA name
    asked_at: datetime
    unreachable: bool
    decision: Decision | None
    reason: str | None
    decided_at: datetime | None
    changes: Terms | None = None  # what they made of it
    counted_from: int | None = None  # the earlier stage at which they said yes, which counts here too


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a grant began to end, and how it was seen to be over, as the ledger has it."""

    since: datetime
    #: None for Usher itself, and for an admin at the shell
    by: Who | None
    #: what the last reading of members and invites found for this person; None until it is over
    seen: AccountStatus | None
    seen_at: datetime | None
    #: the app admin who took it away, where only a human can
    confirmed_by: Who | None


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
    remind_at: datetime | None  # when the person is reminded of the invite
    lapses_at: datetime | None  # when an invite that is not accepted is taken back
    active_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None  # None while it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The request before or after another one, where that is an extension or a change."""

    request_id: str
    state: RequestState
    entitlement: Entitlement
    grant_state: GrantState | None  # None where there is no grant yet
    ends_at: datetime | None  # of its grant; None where there is none yet, or no end
    permalinks: Mapping[str, str]  # of its status card, by reader


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsLeft:
    """Seats of one type, where the provider says how many are paid for."""

    paid: int
    used: int
    invited: int
    renews_on: date | None

    @property
    def free(self) -> int:
        return max(0, self.paid - self.used - self.invited)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentStory:
    """What somebody said about a request."""

    id: str
    author: Who
    text: str  # plain words, as written
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leeway:
    """What an approver may give of each: what stands, which comes first, or what stands there beside it."""

    roles: tuple[str, ...]
    seat_types: tuple[str, ...]
    durations: tuple[int | None, ...]

    @property
    def is_any(self) -> bool:
        """Is there anything to choose?"""
        return max(len(self.roles), len(self.seat_types), len(self.durations)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything about one access request."""

    id: str
    application: str
    application_name: str
    #: a person answers for what happens in this application, because its connector cannot
    by_hand: bool
    by_directory: bool = False  # a directory is written, and what the application makes of it cannot be seen
    requester: Who
    beneficiary: Who
    beneficiary_email: str
    manager_id: str | None  # of the beneficiary, as the directory has it now
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
    matched: Matched | None = None  # the rule of the policy that it fell under
    granted: Terms | None = None  # what an approver made of it; None: it is given as it was asked for
    leeway: Leeway | None = None  # what the next approver may make of it; None once it is decided
    batch_id: str | None = None  # the form that asked for several people at once
    starts_at: datetime | None = None  # None: as soon as it is approved
    emergency: bool = False  # given first, decided about afterwards
    unconfirmed: bool = False  # the beneficiary has to agree before anybody is asked
    nudged_at: datetime | None = None  # when the requester last asked the approvers to look
    remind_after: int = 86_400  # seconds that an approver has before they are reminded
    asked: tuple[Asked, ...]
    grant: GrantStory | None
    #: the access that this request asks to go on
    extends: Link | None
    #: the request for this access to go on: one that is pending, or was approved
    extension: Link | None
    #: the access whose place this request asks to take
    replaces: Link | None = None
    #: the request to take the place of this access: one that is pending, or was approved
    replacement: Link | None = None
    #: the application offers another role or seat type
    offers_others: bool = False
    #: what the beneficiary has in the application now, besides this request
    has_now: Entitlement | None
    has_status: AccountStatus | None
    #: seats of the type that is asked for, where the provider says how many there are
    seats: SeatsLeft | None
    #: why it does not go on, in words for the person who waits; None when it does
    problem: str | None
    #: they say that they cannot get in, which Usher cannot see: the admins have been told
    locked_out: bool = False
    #: nobody can be asked at this stage: the admins have been told
    nobody_to_ask: bool
    permalink: str | None  # of the status card of who reads it
    comments: tuple[CommentStory, ...] = ()  # oldest first

    @property
    def terms(self) -> Terms:
        """What is given, or would be."""
        return self.granted or Terms(entitlement=self.entitlement, duration_seconds=self.duration_seconds)

    @property
    def went_along(self) -> bool:
        """Was this an extension that ended before it began, together with what it was to extend?"""
        if self.extends is None or self.grant is None or self.grant.ending is None:
            return False
        ended_with_it = self.extends.grant_state in (GrantState.ENDING, GrantState.ENDED)
        return ended_with_it and self.grant.ending.since < self.grant.starts_at

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
class SeatStory:
    """Somebody who waits, or waited, for a free seat."""

    grant_id: str
    state: GrantState
    application_name: str
    beneficiary: Who
    entitlement: Entitlement
    duration_seconds: int | None
    reason: str
    left: SeatsLeft | None
    waiting_since: datetime
    #: how many wait longer
    before: int
    billed_by: Who | None
    end_reason: EndReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One application as the form offers it."""

    key: str
    name: str
    description: str
    roles: tuple[str, ...]
    seat_types: tuple[str, ...]
    durations: tuple[int | None, ...]
    #: the longest time, in seconds, for which it is given at once in an emergency; None: it never is
    emergency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStory:
    """One form that asked for several people at once, and what became of it."""

    id: str
    application_name: str
    requester: Who
    created_at: datetime
    requests: tuple[Story, ...]
    refused: tuple[tuple[Who, Refused], ...]  # for whom there is no request, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStory:
    """One application of the catalogue, as Usher's admins see it."""

    key: str
    name: str
    retired: bool
    connector: AnyConnector
    findings: tuple[Condition, ...]  # of the last check
    checked_at: datetime | None  # None: not checked yet
    outage: str | None  # what hits everybody there now, in words; None when nothing does


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Somebody is away, or will be, and somebody else decides for them."""

    who: Who
    delegate: Who
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStory:
    """What one person's Home tab shows: of each list its beginning, with one item more than it has room for."""

    who: Who
    access: tuple[Story, ...]  # living grants of this person, soonest end first
    requests: tuple[Story, ...]  # mine, newest first, without those in `access`
    to_decide: tuple[Story, ...]  # pending, waiting for this person
    manages: bool  # somebody reports to them
    team: tuple[Story, ...]  # what their reports have, soonest end first
    looks_after: bool  # they are an admin, of Usher or of an application, and may take back access there
    seats: tuple[SeatStory, ...]  # who waits for a seat in what they look after, longest first
    incidents: tuple[IncidentStory, ...]  # admins only
    applications: tuple[ApplicationStory, ...]  # admins only; what needs a hand first, then in the catalogue's order
    is_admin: bool
    absence: Absence | None = None  # what this person said about being away, while it counts
    stands_in_for: tuple[Absence, ...] = ()  # for whom this person decides, now or soon
    now: datetime  # when it was read; time left is counted from here
