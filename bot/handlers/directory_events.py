"""People join, change and leave, and so do user groups: what Slack tells about them goes to the directory at once."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.access import subjects
from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.slack_person import slack_person
from storage.database import Database, Transaction

#: Slack sends more than one of these for the same change
EVENTS: Final = ("team_join", "user_change", "user_profile_changed")
GROUP_EVENTS: Final = ("subteam_created", "subteam_updated", "subteam_members_changed")


def register(app: AsyncApp, database: Database) -> None:
    """Listens for what happens to people and to user groups."""

    async def person_changed(event: dict[str, Any], context: AsyncBoltContext) -> None:
        await database.write(_note, slack_person(event["user"], None, team_id=context.team_id))

    async def groups_changed() -> None:
        await database.write(_read_groups)

    for name in EVENTS:
        app.event(name)(person_changed)
    for name in GROUP_EVENTS:
        app.event(name)(groups_changed)


async def _note(tx: Transaction, person: SlackPerson) -> None:
    """The event says all but who the manager is: that is asked for in a task, as is everything that takes a call."""
    await upsert_people(tx, [person], complete=False)
    if person.active and not person.is_bot:
        subject = subjects.person(person.id)
        tx.enqueue(subjects.DIRECTORY, subject, lock_key=f"directory:{subject}", payload={"person": person.id})


async def _read_groups(tx: Transaction) -> None:
    """The events of user groups are hints: they come in any order, so all groups are read anew, in one call."""
    tx.enqueue(subjects.DIRECTORY, "groups", lock_key="directory:groups", payload={"groups": True})
