"""Reads what is told about seats: how many are free, and who waits for one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.access.desired import Entitlement
from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.stories import seats_left
from bot.access.story import SeatStory
from storage.tables import AccessRequest, Application, Grant, SeatCount

_LONGER = aliased(Grant)
#: how many people wait longer for a seat of the same type
_BEFORE = (
    sa.select(sa.func.count(sa.distinct(_LONGER.beneficiary_id)))
    .where(
        _LONGER.application == Grant.application,
        _LONGER.seat_type == Grant.seat_type,
        _LONGER.state == sa.literal_column("'waiting'"),
        _LONGER.waiting_since < Grant.waiting_since,
        _LONGER.beneficiary_id != Grant.beneficiary_id,
    )
    .scalar_subquery()
)


async def load_seat_story(session: AsyncSession, grant_id: str) -> SeatStory | None:
    """Everything the admins' card says; None for a grant that never waited."""
    found = await load_seat_stories(session, [grant_id])
    return found[0] if found else None


async def load_seat_stories(session: AsyncSession, grant_ids: Sequence[str]) -> list[SeatStory]:
    """The same for several grants, in the order of their ids as given, without those that never waited."""
    statement = (
        sa.select(Grant, AccessRequest.reason, Application.name, SeatCount, _BEFORE)
        .join(AccessRequest, AccessRequest.id == Grant.request_id)
        .join(Application, Application.key == Grant.application)
        .outerjoin(
            SeatCount, sa.and_(SeatCount.application == Grant.application, SeatCount.seat_type == Grant.seat_type)
        )
        .where(Grant.id.in_(grant_ids), Grant.waiting_since.is_not(None))
    )
    rows = (await session.execute(statement)).all()
    people = await load_people(
        session, {id_ for row in rows for id_ in (row[0].beneficiary_id, row[0].billed_by) if id_}
    )
    stories = [
        SeatStory(
            grant_id=grant.id,
            state=grant.state,
            application_name=name,
            beneficiary=who(people[grant.beneficiary_id]),
            entitlement=Entitlement(role=grant.role, seat_type=grant.seat_type),
            duration_seconds=grant.duration_seconds,
            reason=reason,
            left=seats_left(count),
            waiting_since=grant.waiting_since,
            before=int(before),
            billed_by=who(people[grant.billed_by]) if grant.billed_by in people else None,
            end_reason=grant.end_reason,
        )
        for grant, reason, name, count, before in rows
    ]
    return sorted(stories, key=lambda story: grant_ids.index(story.grant_id))
