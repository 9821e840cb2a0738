"""The access that somebody looks after: in the applications that they administer, or everywhere, as Usher's admin."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.catalog_store import load_application
from storage.tables import Application, Person

_DOCUMENT = sa.cast(Application.document, sa.Text)


async def looked_after_by(session: AsyncSession, person: Person) -> frozenset[str]:
    """The keys of the applications that somebody administers, retired ones too: access to them goes on."""
    names = [name for name in (person.id, person.email) if name]
    mentioned = sa.or_(*(_DOCUMENT.contains(name, autoescape=True) for name in names))
    keys = await session.scalars(sa.select(Application.key).where(mentioned))
    return frozenset([key for key in keys.all() if not set(names).isdisjoint(await _in_charge(session, key))])


async def is_in_charge(session: AsyncSession, application: str, person_id: str) -> bool:
    """Does somebody administer an application, as the directory knows them now?"""
    person = await session.get(Person, person_id)
    names = {person.id, person.email} if person is not None and person.active else set()
    return not names.isdisjoint(await _in_charge(session, application))


async def _in_charge(session: AsyncSession, application: str) -> Collection[str]:
    """Who answers for an application, by Slack user id or e-mail address: its admins, else its owner."""
    entry = await load_application(session, application)
    if entry is None:
        return ()
    return entry.admins or ((entry.owner,) if entry.owner else ())
