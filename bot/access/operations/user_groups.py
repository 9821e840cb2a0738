"""The user groups of Slack's: which there are, and who is in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.people import DIRECTORY_LOCK, SLACK
from storage.database import Transaction
from storage.tables import UserGroup, UserGroupMember, table_of
from storage.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackGroup:
    """A user group as Slack describes it just now. The id is Slack's, the members are Slack user ids."""

    id: str
    handle: str  # lower case, without the @
    name: str
    members: frozenset[str]
    active: bool = True


async def upsert_groups(tx: Transaction, groups: Sequence[SlackGroup], *, as_of: datetime) -> tuple[str, ...]:
    """Brings the user groups up to what Slack says; a group that is not among them is there no more.

    Args:
        tx: the transaction.
        groups: all that there are.
        as_of: when Slack was asked. What was written after that knows better and is left alone.

    Returns:
        The ids of the groups that changed, sorted.
    """
    # two readings may meet, and neither may write what it compared before the other was done
    await tx.take_turns(DIRECTORY_LOCK)
    rows = (await tx.session.scalars(sa.select(UserGroup).order_by(UserGroup.id))).all()
    before = await _with_members(tx, rows)
    newer = {row.id for row in rows if row.updated_at > as_of}
    told = {group.id: group for group in groups}
    gone = {id_: replace(group, active=False) for id_, group in before.items() if id_ not in told}
    after = {
        id_: group for id_, group in sorted((told | gone).items()) if id_ not in newer and group != before.get(id_)
    }
    for id_, group in after.items():
        await _write(tx, group, before.get(id_))
    return tuple(after)


async def _with_members(tx: Transaction, rows: Sequence[UserGroup]) -> dict[str, SlackGroup]:
    members: dict[str, set[str]] = {row.id: set() for row in rows}
    for group_id, person_id in await tx.session.execute(sa.select(UserGroupMember.group_id, UserGroupMember.person_id)):
        members[group_id].add(person_id)
    return {
        row.id: SlackGroup(
            id=row.id, handle=row.handle, name=row.name, active=row.active, members=frozenset(members[row.id])
        )
        for row in rows
    }


async def _write(tx: Transaction, group: SlackGroup, before: SlackGroup | None) -> None:
    had = before.members if before else frozenset()
    added, removed = sorted(group.members - had), sorted(had - group.members)
    values = {"handle": group.handle, "name": group.name, "active": group.active, "updated_at": tx.now}
    insert = insert_into(UserGroup, is_sqlite=tx.is_sqlite).values(id=group.id, **values)
    await tx.session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))
    await _leave(tx, group.id, removed)
    await _join(tx, group.id, added)
    renamed = before is not None and before.handle != group.handle
    tx.record(
        "group.changed",
        actor=SLACK,
        subject=subjects.user_group(group.id),
        handle=group.handle,
        active=group.active,
        added=added,
        removed=removed,
        **({"handle_before": before.handle} if before and renamed else {}),
    )


async def _join(tx: Transaction, group_id: str, people: Collection[str]) -> None:
    if people:
        insert = insert_into(UserGroupMember, is_sqlite=tx.is_sqlite).on_conflict_do_nothing()
        await tx.session.execute(insert, [{"group_id": group_id, "person_id": id_} for id_ in people])


async def _leave(tx: Transaction, group_id: str, people: Collection[str]) -> None:
    if people:
        members = table_of(UserGroupMember)
        leaves = sa.delete(members).where(members.c.group_id == group_id, members.c.person_id == sa.bindparam("person"))
        await tx.session.execute(leaves, [{"person": id_} for id_ in people])
