"""The people whom a policy needs to know about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.access.policy import Colleague, Facts, names_in
from bot.access.policy_rules import PolicyRules
from bot.access.user_groups import members_of
from storage.fixed import fixed
from storage.rows import Rows
from storage.tables import Delegation, Person, UTCDateTime

_LISTED = sa.or_(
    Person.id.in_(sa.bindparam("ids", expanding=True)), Person.email.in_(sa.bindparam("emails", expanding=True))
)
_MANAGER = sa.func.coalesce(Person.manager_from_file, Person.manager_from_slack)
_MANAGERS = sa.select(_MANAGER).where(Person.id == sa.bindparam("beneficiary"))
_ABOVE = aliased(Person)
_MANAGERS_OF_MANAGERS = sa.select(sa.func.coalesce(_ABOVE.manager_from_file, _ABOVE.manager_from_slack)).where(
    _ABOVE.id.in_(_MANAGERS)
)
_COLLEAGUES = fixed(
    sa.select(
        Person.id,
        Person.email,
        _MANAGER,
        sa.and_(Person.active, sa.not_(Person.is_bot)),
        Person.title,
        Person.is_guest,
        Delegation.delegate_id,
    )
    .outerjoin(
        Delegation,
        sa.and_(
            Delegation.person_id == Person.id,
            Delegation.cancelled_at.is_(None),
            Delegation.starts_at <= sa.bindparam("now", type_=UTCDateTime()),
            Delegation.ends_at > sa.bindparam("now", type_=UTCDateTime()),
        ),
    )
    .where(sa.or_(_LISTED, Person.id.in_(_MANAGERS), Person.id.in_(_MANAGERS_OF_MANAGERS)))
)
_PEOPLE = sa.select(Person).where(_LISTED)


async def load_people(session: AsyncSession, ids: Collection[str], names: Iterable[str] = ()) -> dict[str, Person]:
    """People by Slack user id: those with these ids, and those with these names (e-mail address or id)."""
    return {person.id: person for person in await session.scalars(_PEOPLE, _bound(ids, names))}


async def strangers(session: AsyncSession, names: Iterable[str]) -> list[str]:
    """Those names, e-mail addresses or Slack user ids, that nobody active goes by."""
    names = list(names)
    people = (await load_people(session, (), names)).values()
    known = {name for person in people if person.active for name in (person.id, person.email)}
    return [name for name in names if name not in known]


def _bound(ids: Collection[str], names: Iterable[str]) -> dict[str, Any]:
    listed = set(names)
    wanted = {*ids, *(name for name in listed if "@" not in name)}
    return {"ids": sorted(wanted), "emails": sorted(listed - wanted)}


async def load_facts(
    rows: Rows,
    rules: PolicyRules,
    *,
    requester_id: str,
    beneficiary_id: str,
    owner: str | None,
    admins: Sequence[str],
    now: datetime,
    unreachable: Collection[str] = (),
) -> Facts:
    """What a policy needs to know to say whom to ask about a request: one statement, and more only where it names
    user groups or somebody is away.
    """
    groups = await members_of(rows, rules.groups())
    ids = {requester_id, beneficiary_id, *(member for members in groups.values() for member in members)}
    people = await _load_colleagues(rows, ids, names_in(rules, owner, admins), beneficiary_id, now)
    absent = {each.delegate_id for each in people.values() if each.delegate_id} - people.keys()
    if absent:
        people |= await _load_colleagues(rows, absent, (), beneficiary_id, now)
    return Facts(
        requester_id=requester_id,
        beneficiary_id=beneficiary_id,
        owner=owner,
        admins=tuple(admins),
        colleagues=people,
        groups=groups,
        unreachable=unreachable,
    )


async def _load_colleagues(
    rows: Rows, ids: Collection[str], names: Iterable[str], beneficiary_id: str, now: datetime
) -> dict[str, Colleague]:
    """Those named, and the two managers above whoever would get the access."""
    bound = _bound(ids, names) | {"beneficiary": beneficiary_id, "now": now}
    return {
        id_: Colleague(
            id=id_,
            email=email,
            manager_id=manager_id,
            can_decide=can_decide,
            title=title,
            is_guest=is_guest,
            delegate_id=delegate_id,
        )
        for id_, email, manager_id, can_decide, title, is_guest, delegate_id in await rows.execute(_COLLEAGUES, bound)
    }


async def knows_anybody(session: AsyncSession) -> bool:
    """Has the directory ever been read?"""
    return await session.scalar(sa.select(Person.id).limit(1)) is not None
