"""Reads the changes that app admins make by hand."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.desired import Entitlement
from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.story import StepStory
from storage.tables import AccessRequest, Application, Grant, ManualStep


async def load_step(session: AsyncSession, step_id: str) -> StepStory | None:
    """A change by hand, with the wish that it serves."""
    step = await session.get(ManualStep, step_id)
    if step is None:
        return None
    people = await load_people(session, {step.person_id, *([step.answered_by] if step.answered_by else [])})
    application = await session.get_one(Application, step.application)
    latest = (
        await session.execute(
            sa.select(Grant.ends_at, AccessRequest.reason)
            .join(AccessRequest, AccessRequest.id == Grant.request_id)
            .where(Grant.application == step.application, Grant.beneficiary_id == step.person_id)
            .order_by(Grant.created_at.desc())
            .limit(1)
        )
    ).one_or_none()
    wanted = step.change.get("wanted")
    beneficiary = people[step.person_id]
    return StepStory(
        id=step.id,
        state=step.state,
        application_name=application.name,
        beneficiary=who(beneficiary),
        beneficiary_email=beneficiary.email or "",
        wanted=Entitlement(**wanted) if wanted is not None else None,
        until=latest[0] if latest else None,
        request_reason=latest[1] if latest else "",
        instructions=step.instructions,
        created_at=step.created_at,
        answered_at=step.answered_at,
        answered_by=who(people[step.answered_by]) if step.answered_by in people else None,
        reason=step.reason,
    )
