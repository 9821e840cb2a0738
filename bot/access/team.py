"""A manager's team: the people who report to them now, as the directory knows it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import Person


def reports_of(manager_id: str) -> sa.Select[str]:
    """The ids of those who report to somebody. An admin's word goes before Slack's, as in `Person.manager_id`."""
    from_slack = sa.and_(Person.manager_from_file.is_(None), Person.manager_from_slack == manager_id)
    return sa.select(Person.id).where(
        sa.or_(Person.manager_from_file == manager_id, from_slack), Person.id != manager_id
    )


async def has_reports(session: AsyncSession, person_id: str) -> bool:
    """Does anybody report to this person?"""
    return await session.scalar(reports_of(person_id).limit(1)) is not None


async def manages(session: AsyncSession, manager_id: str, person_id: str) -> bool:
    """Is somebody, who is still here, the manager of another person?"""
    manager = await session.get(Person, manager_id)
    if manager is None or not manager.active:
        return False
    return await session.scalar(reports_of(manager_id).where(Person.id == person_id)) is not None
