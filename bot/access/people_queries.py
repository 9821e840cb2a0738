"""People as others see them, and who of them are Usher's admins."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.story import Who
from storage.tables import Person


def who(person: Person) -> Who:
    """A person as others see them."""
    return Who(id=person.id, name=person.name, active=person.active)


async def admin_ids(session: AsyncSession, admins: Collection[str]) -> set[str]:
    """Slack user ids of Usher's admins, who are named by Slack user id or e-mail address."""
    emails = [name.lower() for name in admins if "@" in name]
    found = await session.scalars(
        sa.select(Person.id).where(sa.or_(Person.id.in_(list(admins)), Person.email.in_(emails)), Person.active)
    )
    return set(found)
