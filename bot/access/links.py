"""Which access goes on in which: extensions, and what they extend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.story import Link
from storage.tables import AccessRequest, Card, Grant, GrantState, RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What is linked with several requests."""

    extended: dict[str, Link]  # by the id of the extended grant
    extensions: dict[str, Link]  # by the id of the extended grant, too


async def load_links(session: AsyncSession, requests: Iterable[AccessRequest], grants: Collection[Grant]) -> Links:
    """Reads what requests extend, and what extends their grants."""
    extended_ids = {request.extends_id for request in requests if request.extends_id is not None}
    extended = await _extended(session, extended_ids) if extended_ids else []
    extensions = await _extensions(session, grants) if grants else []
    permalinks = await _permalinks(session, [request.id for request, _ in (*extended, *extensions)])
    return Links(
        extended={grant.id: _link(request, grant, permalinks) for request, grant in extended},
        # the newest comes last and counts: one that was denied leaves room for another
        extensions={
            request.extends_id: _link(request, grant, permalinks)
            for request, grant in extensions
            if request.extends_id is not None and _stands(request, grant)
        },
    )


def _stands(request: AccessRequest, grant: Grant | None) -> bool:
    """Is it asked for, or did the access go on in it? What was denied or given back before its time changes nothing."""
    if grant is None:
        return request.state is RequestState.PENDING
    return grant.state not in (GrantState.ENDING, GrantState.ENDED) or grant.active_at is not None


async def _extended(session: AsyncSession, grant_ids: Collection[str]) -> list[tuple[AccessRequest, Grant]]:
    statement = sa.select(AccessRequest, Grant).join(Grant, Grant.request_id == AccessRequest.id)
    return [(request, grant) for request, grant in await session.execute(statement.where(Grant.id.in_(grant_ids)))]


async def _extensions(session: AsyncSession, grants: Collection[Grant]) -> list[tuple[AccessRequest, Grant | None]]:
    statement = (
        sa.select(AccessRequest, Grant)
        .outerjoin(Grant, Grant.request_id == AccessRequest.id)
        .where(
            AccessRequest.extends_id.in_([grant.id for grant in grants]),
            # who it is for is what the index knows
            AccessRequest.beneficiary_id.in_({grant.beneficiary_id for grant in grants}),
        )
        .order_by(AccessRequest.created_at, AccessRequest.id)
    )
    return [(request, grant) for request, grant in await session.execute(statement)]


async def _permalinks(session: AsyncSession, request_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """By subject and reader."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    if request_ids:
        cards = sa.select(Card).where(
            Card.subject.in_([subjects.request(id_) for id_ in request_ids]),
            Card.slot.startswith(subjects.status_slot("")),
        )
        for card in await session.scalars(cards):
            if card.permalink is not None:
                found[card.subject][card.recipient] = card.permalink
    return found


def _link(request: AccessRequest, grant: Grant | None, permalinks: dict[str, dict[str, str]]) -> Link:
    return Link(
        request_id=request.id,
        state=request.state,
        grant_state=grant.state if grant is not None else None,
        ends_at=grant.ends_at if grant is not None else None,
        permalinks=permalinks.get(subjects.request(request.id), {}),
    )
