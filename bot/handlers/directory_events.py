"""People join, change and leave: what Slack tells about them goes to the directory at once."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.access import subjects
from bot.access.operations.people import SlackPerson, upsert_people
from bot.engine.directory import slack_person
from storage.database import Database, Transaction

#: Slack sends more than one of these for the same change
EVENTS: Final = ("team_join", "user_change", "user_profile_changed")


def register(app: AsyncApp, database: Database) -> None:
    """Listens for what happens to people."""

    async def person_changed(event: dict[str, Any], context: AsyncBoltContext) -> None:
        await database.write(_note, slack_person(event["user"], None, team_id=context.team_id))

    for name in EVENTS:
        app.event(name)(person_changed)


async def _note(tx: Transaction, person: SlackPerson) -> None:
    """The event says all but who the manager is: that is asked for in a task, as is everything that takes a call."""
    await upsert_people(tx, [person], complete=False)
    if person.active and not person.is_bot:
        subject = subjects.person(person.id)
        tx.enqueue(subjects.DIRECTORY, subject, lock_key=f"directory:{subject}", payload={"person": person.id})
