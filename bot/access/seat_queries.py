"""Reads what is told about seats: how many are free, and who waits for one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.desired import Entitlement
from bot.access.people_facts import load_people
from bot.access.queries import seats_left, who
from bot.access.story import SeatStory
from storage.tables import AccessRequest, Application, Grant, SeatCount


async def load_seat_story(session: AsyncSession, grant_id: str) -> SeatStory | None:
    """Everything the admins' card says; None for a grant that never waited."""
    grant = await session.get(Grant, grant_id)
    if grant is None or grant.waiting_since is None:
        return None
    people = await load_people(session, {grant.beneficiary_id, *([grant.billed_by] if grant.billed_by else [])})
    application = await session.get_one(Application, grant.application)
    request = await session.get_one(AccessRequest, grant.request_id)
    before = sa.select(sa.func.count(sa.distinct(Grant.beneficiary_id))).where(
        Grant.application == grant.application,
        Grant.seat_type == grant.seat_type,
        Grant.state == sa.literal_column("'waiting'"),
        Grant.waiting_since < grant.waiting_since,
        Grant.beneficiary_id != grant.beneficiary_id,
    )
    return SeatStory(
        grant_id=grant.id,
        state=grant.state,
        application_name=application.name,
        beneficiary=who(people[grant.beneficiary_id]),
        entitlement=Entitlement(role=grant.role, seat_type=grant.seat_type),
        duration_seconds=grant.duration_seconds,
        reason=request.reason,
        left=seats_left(await session.get(SeatCount, (grant.application, grant.seat_type))),
        waiting_since=grant.waiting_since,
        before=int(await session.scalar(before) or 0),
        billed_by=who(people[grant.billed_by]) if grant.billed_by in people else None,
        end_reason=grant.end_reason,
    )
