"""Slack user groups as the directory knows them: who is in @it-admins, and which groups somebody is in.

A group may be named by its handle, with or without the @, or by its Slack id. Groups that were switched off in Slack
count as if they were not there.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from storage.rows import Rows
from storage.tables import UserGroup, UserGroupMember


def bare(group: str) -> str:
    """A group's handle or id as it is compared: without the @ and in lower case, as Slack writes handles."""
    return group.strip().removeprefix("@").lower()


async def members_of(rows: Rows, groups: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Who is in these groups: Slack user ids, sorted, by the name as it was asked for. Unknown groups are left out."""
    if not groups:
        return {}
    names = {bare(group) for group in groups}
    found = await rows.execute(
        sa.select(UserGroup.id, UserGroup.handle, UserGroupMember.person_id)
        .outerjoin(UserGroupMember, UserGroupMember.group_id == UserGroup.id)
        .where(
            UserGroup.active, sa.or_(UserGroup.id.in_({name.upper() for name in names}), UserGroup.handle.in_(names))
        )
        .order_by(UserGroupMember.person_id)
    )
    members: dict[str, list[str]] = {}
    for id_, handle, person_id in found:
        for name in (id_.lower(), handle):
            members.setdefault(name, []).extend([person_id] if person_id else [])
    return {group: tuple(members[bare(group)]) for group in groups if bare(group) in members}


async def groups_of(rows: Rows, person_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The handles and the ids of the groups that each of these people is in; nobody is left out."""
    found: dict[str, set[str]] = {person_id: set() for person_id in person_ids}
    if not found:
        return {}
    memberships = await rows.execute(
        sa.select(UserGroupMember.person_id, UserGroup.id, UserGroup.handle)
        .join(UserGroup, UserGroup.id == UserGroupMember.group_id)
        .where(UserGroup.active, UserGroupMember.person_id.in_(found))
    )
    for person_id, id_, handle in memberships:
        found[person_id] |= {id_, handle}
    return {person_id: frozenset(names) for person_id, names in found.items()}


async def known_groups(rows: Rows) -> frozenset[str]:
    """The handles and ids of every active group, for the catalogue's check of names."""
    active = await rows.execute(sa.select(UserGroup.id, UserGroup.handle).where(UserGroup.active))
    return frozenset(name for group in active for name in group)
