"""The people whom a policy needs to know about, read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.policy import Colleague
from storage.tables import Person


async def load_people(
    session: AsyncSession, ids: Collection[str], names: Iterable[str] = (), *, managers_of: Collection[str] = ()
) -> dict[str, Person]:
    """People by Slack user id: those with these ids, those with these names (e-mail address or id), and managers."""
    listed = set(names)
    emails = [name for name in listed if "@" in name]
    wanted = {*ids, *(name for name in listed if "@" not in name)}
    manager = sa.func.coalesce(Person.manager_from_file, Person.manager_from_slack)
    managers = sa.select(manager).where(Person.id.in_(sorted(managers_of)))
    found = await session.scalars(
        sa.select(Person).where(
            sa.or_(Person.id.in_(sorted(wanted)), Person.email.in_(sorted(emails)), Person.id.in_(managers))
        )
    )
    return {person.id: person for person in found}


def colleague(person: Person) -> Colleague:
    """A person as a policy sees them."""
    return Colleague(
        id=person.id,
        email=person.email,
        manager_id=person.manager_id,
        can_decide=person.active and not person.is_bot,
    )


async def knows_anybody(session: AsyncSession) -> bool:
    """Has the directory ever been read?"""
    return await session.scalar(sa.select(Person.id).limit(1)) is not None
