"""The access that somebody looks after: in the applications that they administer, or everywhere, as Usher's admin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.catalog_store import load_application
from bot.access.refusals import Refusal, Refused
from storage.tables import Application, Grant, Person

#: how many grants a list shows at once
LISTED = 20

_DOCUMENT = sa.cast(Application.document, sa.Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Living grants that somebody looks after, soonest end first."""

    request_ids: tuple[str, ...]  # of the first of them
    total: int


async def looked_after_by(session: AsyncSession, person: Person) -> frozenset[str]:
    """The keys of the applications that somebody administers, retired ones too: access to them goes on."""
    names = [name for name in (person.id, person.email) if name]
    mentioned = sa.or_(*(_DOCUMENT.contains(name, autoescape=True) for name in names))
    keys = await session.scalars(sa.select(Application.key).where(mentioned))
    return frozenset([key for key in keys.all() if not set(names).isdisjoint(await _in_charge(session, key))])


async def demand_in_charge(session: AsyncSession, application: str, person_id: str) -> None:
    """Raises `Refused` for everybody who does not administer an application, as the directory knows them now."""
    person = await session.get(Person, person_id)
    names = {person.id, person.email} if person is not None and person.active else set()
    if names.isdisjoint(await _in_charge(session, application)):
        raise Refused(Refusal.NOT_ADMIN)


async def find_looked_after(
    session: AsyncSession, person_id: str, *, is_admin: bool, beneficiary_id: str | None = None
) -> Found:
    """The living grants that somebody may take back.

    Args:
        session: to read with.
        person_id: who looks after them.
        is_admin: they are one of Usher's admins, so it is all of them.
        beneficiary_id: only those of this person.
    """
    living = [Grant.state != sa.literal_column("'ended'"), Grant.state != sa.literal_column("'ending'")]
    if not is_admin:
        living.append(Grant.application.in_(await looked_after_by(session, await session.get_one(Person, person_id))))
    if beneficiary_id is not None:
        living.append(Grant.beneficiary_id == beneficiary_id)
    soonest_first = (Grant.ends_at.is_(None), Grant.ends_at, Grant.created_at)
    shown = sa.select(Grant.request_id).where(*living).order_by(*soonest_first).limit(LISTED)
    return Found(
        request_ids=tuple(await session.scalars(shown)),
        total=await session.scalar(sa.select(sa.func.count()).select_from(Grant).where(*living)) or 0,
    )


async def _in_charge(session: AsyncSession, application: str) -> Collection[str]:
    """Who answers for an application, by Slack user id or e-mail address: its admins, else its owner."""
    entry = await load_application(session, application)
    if entry is None:
        return ()
    return entry.admins or ((entry.owner,) if entry.owner else ())
