"""Reads what a replay looks at: the requests that were recorded, a page at a time, and the directory of today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.paging import Order
from bot.access.policy import Colleague
from bot.access.replay import Asked, Recorded, Today
from bot.access.user_groups import members_of
from storage.tables import AccessRequest, Approval, Person

#: requests that are read and held at once
PAGE = 2000

_ORDER = Order(by=AccessRequest.created_at, id=AccessRequest.id)
_REQUESTS = sa.select(
    AccessRequest.id,
    AccessRequest.created_at,
    AccessRequest.requester_id,
    AccessRequest.beneficiary_id,
    AccessRequest.application,
    AccessRequest.role,
    AccessRequest.seat_type,
    AccessRequest.duration_seconds,
    AccessRequest.channel,
    AccessRequest.extends_id.is_not(None).label("extension"),
    AccessRequest.emergency,
    AccessRequest.state,
).order_by(*_ORDER.columns())
#: an earlier yes that counted once more was no question
_ASKED = (
    sa.select(Approval.request_id, Approval.stage, Approval.approver_id)
    .where(Approval.request_id.in_(sa.bindparam("ids", expanding=True)), Approval.counted_from.is_(None))
    .order_by(Approval.request_id, Approval.stage, Approval.asked_at, Approval.approver_id)
)


async def read_recorded(
    session: AsyncSession, *, since: datetime, application: str | None = None, page: int = PAGE
) -> AsyncIterator[list[Recorded]]:
    """The requests that were made since then, oldest first, in pages that are not empty."""
    wanted = _REQUESTS.where(AccessRequest.created_at >= since).limit(page)
    if application is not None:
        wanted = wanted.where(AccessRequest.application == application)
    behind: sa.ColumnElement[bool] = sa.true()
    while rows := (await session.execute(wanted.where(behind))).all():
        asked = await _read_asked(session, [row.id for row in rows])
        yield [Recorded(**row._mapping, asked=asked.get(row.id, ())) for row in rows]
        behind = _ORDER.behind((rows[-1].created_at, rows[-1].id))


async def _read_asked(session: AsyncSession, ids: Sequence[str]) -> dict[str, Asked]:
    """Who was asked about each of these requests, by stage."""
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for request_id, stage, approver_id in await session.execute(_ASKED, {"ids": ids}):
        found[request_id][stage].append(approver_id)
    return {id_: tuple(tuple(people) for people in stages.values()) for id_, stages in found.items()}


async def read_today(session: AsyncSession, groups: Collection[str]) -> Today:
    """Everybody in the directory, and the members of these user groups.

    That somebody is away now says nothing about the past, so nobody is.
    """
    manager = sa.func.coalesce(Person.manager_from_file, Person.manager_from_slack)
    rows = await session.execute(
        sa.select(Person.id, Person.email, manager, Person.active, Person.is_bot, Person.title, Person.is_guest)
    )
    people = {
        id_: Colleague(
            id=id_,
            email=email,
            manager_id=manager_id,
            can_decide=active and not is_bot,
            title=title,
            is_guest=is_guest,
        )
        for id_, email, manager_id, active, is_bot, title, is_guest in rows
    }
    return Today(people=people, members=await members_of(session, groups))
