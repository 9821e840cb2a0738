"""What people write to Usher: a reply under a card is a comment, all else is answered with what Usher can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import sqlalchemy as sa
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import subjects
from bot.access.operations.comment import comment
from bot.access.people_facts import load_people
from bot.access.refusals import Refusal, Refused
from bot.cards.refusals import refusal
from bot.handlers.house import House, whisper
from bot.handlers.typed import people_in, plain_words
from storage.database import Transaction
from storage.tables import Card

#: what people say; every other subtype is about a message, or by a program (docs.slack.dev, message event)
_SPOKEN: Final = (None, "file_share", "thread_broadcast")


def register(app: AsyncApp, house: House) -> None:
    """Listens for messages in people's conversations with Usher. Bolt keeps Usher's own away."""
    app.event("message")(Thread(house).said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that a person wrote to Usher."""

    person_id: str
    channel: str
    ts: str
    thread_ts: str | None  # of the message that it answers
    text: str

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> Self | None:
        """From Slack's event; None for what no person said, or not in a conversation with Usher."""
        by_a_person = event.get("user") and not event.get("bot_id") and event.get("subtype") in _SPOKEN
        if not by_a_person or event.get("channel_type") != "im":
            return None
        ts, thread_ts = str(event["ts"]), event.get("thread_ts")
        return cls(
            person_id=str(event["user"]),
            channel=str(event["channel"]),
            ts=ts,
            thread_ts=str(thread_ts) if thread_ts not in (None, ts) else None,
            text=str(event.get("text") or ""),
        )


class Thread:
    """The door through which people just say something."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def said(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        """A message; Slack may deliver it more than once, and it has one effect."""
        said = Said.read(event)
        if said is None:
            return
        try:
            await self._house.database.write(_greet if said.thread_ts is None else _keep, said)
        except Refused as refused:
            words = refusal(refused, reader_id=said.person_id)
            await whisper(client, words, channel=said.channel, person_id=said.person_id, thread_ts=said.thread_ts)


async def _greet(tx: Transaction, said: Said) -> None:
    """The answer is a card like any other, so there is one for each message, and it is not lost."""
    subject = subjects.greeting(said.person_id, said.ts)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


async def _keep(tx: Transaction, said: Said) -> None:
    """Raises `Refused` when it stands under no request's card, or may not be said there."""
    under = sa.select(Card.subject).where(Card.channel == said.channel, Card.ts == said.thread_ts)
    request_id = subjects.read_request(await tx.session.scalar(under) or "")
    if request_id is None:
        raise Refused(Refusal.NO_REQUEST_HERE)
    mentioned = await load_people(tx.session, people_in(said.text))
    await comment(
        tx,
        request_id=request_id,
        author_id=said.person_id,
        text=plain_words(said.text, {person.id: person.name for person in mentioned.values()}),
        origin=f"message:{said.channel}:{said.ts}",
    )
