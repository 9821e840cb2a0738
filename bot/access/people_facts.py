"""The people whom a policy needs to know about, read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.policy import Colleague
from storage.tables import Person

_LISTED = sa.or_(
    Person.id.in_(sa.bindparam("ids", expanding=True)), Person.email.in_(sa.bindparam("emails", expanding=True))
)
_MANAGERS = sa.select(sa.func.coalesce(Person.manager_from_file, Person.manager_from_slack)).where(
    Person.id.in_(sa.bindparam("managers_of", expanding=True))
)
_PEOPLE = sa.select(Person).where(_LISTED)
_PEOPLE_AND_MANAGERS = sa.select(Person).where(sa.or_(_LISTED, Person.id.in_(_MANAGERS)))


async def load_people(
    session: AsyncSession, ids: Collection[str], names: Iterable[str] = (), *, managers_of: Collection[str] = ()
) -> dict[str, Person]:
    """People by Slack user id: those with these ids, those with these names (e-mail address or id), and managers."""
    listed = set(names)
    wanted = {*ids, *(name for name in listed if "@" not in name)}
    emails = listed - wanted
    statement = _PEOPLE_AND_MANAGERS if managers_of else _PEOPLE
    bound = {"ids": sorted(wanted), "emails": sorted(emails), "managers_of": sorted(managers_of)}
    return {person.id: person for person in await session.scalars(statement, bound)}


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
