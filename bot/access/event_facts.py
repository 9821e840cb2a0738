"""Reads the facts that lines of the ledger are about, and makes events of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.events import Event, GrantFacts, RequestFacts, Somebody, event_of
from storage.audit import Line
from storage.tables import AccessRequest, Grant, LedgerLine, Person


def about_requests_and_grants() -> sa.ColumnElement[bool]:
    """Which lines of the ledger are events."""
    return sa.or_(LedgerLine.subject.startswith("request:"), LedgerLine.subject.startswith("grant:"))


async def events_of(session: AsyncSession, lines: Sequence[Line]) -> list[Event]:
    """The events that lines about requests and grants tell of, in their order."""
    grants = {
        grant.id: grant for grant in await session.scalars(sa.select(Grant).where(Grant.id.in_(_ids(lines, "grant:"))))
    }
    wanted = {*_ids(lines, "request:"), *(grant.request_id for grant in grants.values())}
    requests = {
        request.id: request
        for request in await session.scalars(sa.select(AccessRequest).where(AccessRequest.id.in_(wanted)))
    }
    people = await _people(session, lines, requests)
    found = []
    for line in lines:
        family, _, id_ = line.subject.partition(":")
        grant = grants.get(id_) if family == "grant" else None
        request = requests.get(grant.request_id if grant is not None else id_)
        if request is not None:
            found.append(
                event_of(
                    line,
                    actor=people.get(line.actor, Somebody(id=line.actor, email=None)),
                    request=_request(request, people),
                    grant=_grant(grant) if grant is not None else None,
                )
            )
    return found


def _ids(lines: Sequence[Line], prefix: str) -> set[str]:
    return {line.subject.removeprefix(prefix) for line in lines if line.subject.startswith(prefix)}


async def _people(
    session: AsyncSession, lines: Sequence[Line], requests: Mapping[str, AccessRequest]
) -> dict[str, Somebody]:
    ids = {line.actor for line in lines}
    ids |= {id_ for request in requests.values() for id_ in (request.requester_id, request.beneficiary_id)}
    rows = await session.execute(sa.select(Person.id, Person.email).where(Person.id.in_(ids)))
    return {id_: Somebody(id=id_, email=email) for id_, email in rows}


def _request(request: AccessRequest, people: Mapping[str, Somebody]) -> RequestFacts:
    return RequestFacts(
        id=request.id,
        application=request.application,
        requester=people[request.requester_id],
        beneficiary=people[request.beneficiary_id],
        role=request.role,
        seat_type=request.seat_type,
        duration_seconds=request.duration_seconds,
        reason=request.reason,
        channel=request.channel,
        created_at=request.created_at,
    )


def _grant(grant: Grant) -> GrantFacts:
    return GrantFacts(
        id=grant.id,
        role=grant.role,
        seat_type=grant.seat_type,
        duration_seconds=grant.duration_seconds,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        end_reason=grant.end_reason.value if grant.end_reason is not None else None,
    )
