"""Which access follows which: extensions and what they extend, changes and what they take the place of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.request_rules import terms_of
from bot.access.story import Link
from storage.tables import AccessRequest, Card, Grant, GrantState, RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What is linked with several requests."""

    before: dict[str, Link]  # what is extended or replaced, by the id of its grant
    extensions: dict[str, Link]  # by the id of the extended grant
    replacements: dict[str, Link]  # by the id of the replaced grant


async def load_links(session: AsyncSession, requests: Iterable[AccessRequest], grants: Collection[Grant]) -> Links:
    """Reads what requests extend or replace, and what extends or replaces their grants."""
    before_ids = {id_ for request in requests for id_ in (request.extends_id, request.replaces_id) if id_ is not None}
    before = await _before(session, before_ids) if before_ids else []
    after = await _after(session, grants) if grants else []
    permalinks = await _permalinks(session, [request.id for request, _ in (*before, *after)])
    standing = [(request, _link(request, grant, permalinks)) for request, grant in after if _stands(request, grant)]
    return Links(
        before={grant.id: _link(request, grant, permalinks) for request, grant in before},
        # the newest comes last and counts: one that was denied leaves room for another
        extensions={request.extends_id: link for request, link in standing if request.extends_id is not None},
        replacements={request.replaces_id: link for request, link in standing if request.replaces_id is not None},
    )


def _stands(request: AccessRequest, grant: Grant | None) -> bool:
    """Is it asked for, or did the access go on in it? What was denied or given back before its time changes nothing."""
    if grant is None:
        return request.state is RequestState.PENDING
    return grant.state not in (GrantState.ENDING, GrantState.ENDED) or grant.active_at is not None


async def _before(session: AsyncSession, grant_ids: Collection[str]) -> list[tuple[AccessRequest, Grant]]:
    statement = sa.select(AccessRequest, Grant).join(Grant, Grant.request_id == AccessRequest.id)
    return [(request, grant) for request, grant in await session.execute(statement.where(Grant.id.in_(grant_ids)))]


async def _after(session: AsyncSession, grants: Collection[Grant]) -> list[tuple[AccessRequest, Grant | None]]:
    ids = [grant.id for grant in grants]
    statement = (
        sa.select(AccessRequest, Grant)
        .outerjoin(Grant, Grant.request_id == AccessRequest.id)
        .where(
            sa.or_(AccessRequest.extends_id.in_(ids), AccessRequest.replaces_id.in_(ids)),
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
        entitlement=terms_of(request).entitlement,
        grant_state=grant.state if grant is not None else None,
        ends_at=grant.ends_at if grant is not None else None,
        permalinks=permalinks.get(subjects.request(request.id), {}),
    )
