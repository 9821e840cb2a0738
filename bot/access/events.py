"""What happens to requests and grants, as events for programs outside: each is one line of the ledger, and its facts.

Pure: `docs/webhooks.md` is the schema, and a test holds it to these values.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from storage import audit
from storage.tables import GrantState, RequestState

#: every line of the ledger about a request or a grant, and the state that it says its subject has from then on
EVENTS: Final[Mapping[str, RequestState | GrantState | None]] = {
    "request.submitted": RequestState.PENDING,
    "request.confirmed": None,
    "request.vote": None,
    "request.commented": None,
    "request.overridden": None,
    "request.nudged": None,
    "request.escalated": None,
    "request.given_first": None,
    "request.approver_skipped": None,
    "request.approved": RequestState.APPROVED,
    "request.denied": RequestState.DENIED,
    "request.cancelled": RequestState.CANCELLED,
    "request.expired": RequestState.EXPIRED,
    "grant.started": GrantState.GRANTING,
    "grant.granting": GrantState.GRANTING,
    "grant.waiting": GrantState.WAITING,
    "grant.billed": None,
    "grant.kept_waiting": None,
    "grant.invited": GrantState.INVITED,
    "grant.active": GrantState.ACTIVE,
    "grant.failed": GrantState.FAILED,
    "grant.ending": GrantState.ENDING,
    "grant.ended": GrantState.ENDED,
}
#: what a trial sends
PING: Final = "ping"

#: so that an event has the same id for every endpoint and every try, and no two ledgers have one in common
_IDS = uuid.UUID("6f1c3d0a-2b8e-5c47-9a55-1f0f9d1c7e21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person, by Slack user id. Who is none (`usher`, `shell:<user>`) has no address."""

    id: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What was asked for."""

    id: str
    application: str
    requester: Somebody
    beneficiary: Somebody
    role: str
    seat_type: str
    duration_seconds: int | None  # None: unlimited
    reason: str
    channel: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFacts:
    """What was given."""

    id: str
    role: str
    seat_type: str
    duration_seconds: int | None  # None: unlimited
    starts_at: datetime
    ends_at: datetime | None  # None: unlimited, or not counting yet
    end_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData:
    """Who did what to which request or grant.

    Attributes:
        actor: whoever decided or did it.
        state: what the event makes of the request or the grant that it is about; None where it changes no state.
        request: the request that it is about, or that its grant comes from.
        grant: the grant that it is about; None in an event of a request.
        details: what the ledger's line says beside that (docs/ledger.md).
    """

    actor: Somebody
    state: str | None
    request: RequestFacts
    grant: GrantFacts | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    Attributes:
        id: the same for every endpoint and every try.
        type: the ledger's word for it.
        at: when it happened.
        seq: the ledger's line: events stand in this order.
        data: about what, and by whom.
    """

    id: str
    type: str
    at: datetime
    seq: int
    data: EventData


def event_id(line: audit.Line) -> str:
    """The id of the event that a line of the ledger tells of."""
    return str(uuid.uuid5(_IDS, line.hash))


def event_of(line: audit.Line, *, actor: Somebody, request: RequestFacts, grant: GrantFacts | None) -> Event:
    """The event that a line about a request or a grant tells of.

    Args:
        line: its subject is the request, or the grant if there is one.
        actor: whom the line names.
        request: what was asked for.
        grant: what was given, in a line about a grant.
    """
    state = EVENTS.get(line.event)
    return Event(
        id=event_id(line),
        type=line.event,
        at=line.at,
        seq=line.seq,
        data=EventData(
            actor=actor,
            state=state.value if state is not None else None,
            request=request,
            grant=grant,
            details=json.loads(line.data),
        ),
    )


def body(event: Event) -> str:
    """The event as it is sent: JSON, times as ISO 8601 in UTC with Z."""
    return audit.canonical(asdict(event))


def ping(id_: str, at: datetime) -> str:
    """What a trial sends: an event that nothing happened in."""
    return audit.canonical({"id": id_, "type": PING, "at": at, "seq": None, "data": {}})
