"""Who is away, and who decides for them meanwhile."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.access.people_queries import who
from bot.access.story import Absence
from storage.tables import Delegation, Person

_AWAY, _DELEGATE = aliased(Person), aliased(Person)
_STANDING = (
    sa.select(Delegation, _AWAY, _DELEGATE)
    .join(_AWAY, _AWAY.id == Delegation.person_id)
    .join(_DELEGATE, _DELEGATE.id == Delegation.delegate_id)
    .where(Delegation.cancelled_at.is_(None))
    .order_by(Delegation.starts_at)
)
#: nobody stands in for more at a time than a Home tab has room for
_MOST = 5


async def load_absence(session: AsyncSession, person_id: str, *, now: datetime) -> Absence | None:
    """What somebody said about being away, while it lies ahead or holds."""
    found = await _absences(session, Delegation.person_id == person_id, now)
    return found[0] if found else None


async def load_standing_in(session: AsyncSession, person_id: str, *, now: datetime) -> list[Absence]:
    """For whom somebody decides, now or soon."""
    return await _absences(session, Delegation.delegate_id == person_id, now)


async def _absences(session: AsyncSession, whose: sa.ColumnElement[bool], now: datetime) -> list[Absence]:
    rows = await session.execute(_STANDING.where(whose, Delegation.ends_at > now).limit(_MOST))
    return [
        Absence(who=who(away), delegate=who(delegate), starts_at=one.starts_at, ends_at=one.ends_at)
        for one, away, delegate in rows
    ]
