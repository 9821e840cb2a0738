"""The Home tab is opened: it is published, and from then on kept up to date."""

from __future__ import annotations

import sqlalchemy as sa
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.access import subjects
from bot.handlers.house import Body, House
from storage.database import Transaction
from storage.tables import Person


def register(app: AsyncApp, house: House) -> None:
    """Registers the event that Slack sends when somebody opens a tab of Usher's."""

    async def opened(ack: AsyncAck, event: Body) -> None:
        if event.get("tab") == "home":
            await house.database.write(note_opened, str(event["user"]))
        await ack()

    app.event("app_home_opened")(opened)


async def note_opened(tx: Transaction, person_id: str) -> None:
    """Remembers that this person looks at their Home tab, and has it published."""
    await tx.session.execute(
        sa.update(Person).where(Person.id == person_id, Person.home_opened_at.is_(None)).values(home_opened_at=tx.now)
    )
    tx.enqueue(subjects.HOME, person_id, lock_key=f"home:{person_id}")
