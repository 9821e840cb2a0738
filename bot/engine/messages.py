"""Cards converge: what should be posted is held against what was, and the difference is posted or edited.

Slack has no idempotency key. So a row is written before a message is posted, the row's id travels in the message's
metadata, and a message whose posting was never confirmed is looked for in the conversation before it is posted again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.operations.skip_approver import skip_approver
from bot.cards.content import Content
from bot.engine.board import Board, Desk, Wanted
from bot.engine.card_looks import CardLooks
from bot.engine.pace import Pace
from bot.engine.reach import is_out_of_reach, look_for_slack
from bot.engine.slack_calls import GONE, SlackLater, SlackNever, SlackRefused, SlackUnknown, call, open_dm
from bot.engine.work import Again, Done, NotYet, Outcome
from storage.database import Database, Transaction
from storage.ids import new_id
from storage.tables import Card, Person
from storage.task_queue import ClaimedTask

#: the type of the metadata by which Usher knows its own messages again
METADATA = "usher_card"
#: how far before it was posted to look for a message, as clocks differ
LOOK_BACK = timedelta(minutes=2)

log = structlog.get_logger(__name__)


class Messages:
    """Handles the tasks that bring the cards of one subject to what they should be."""

    def __init__(self, database: Database, slack: AsyncWebClient, desk: Desk) -> None:
        self._database = database
        self._slack = slack
        self._looks = CardLooks(database, desk)
        self._pace = Pace()

    async def converge(self, task: ClaimedTask) -> Outcome:
        """Runs one card task: posts what is missing, edits what shows something old."""
        subject = task.key
        look = await self._looks.at(subject)
        known, board = look.known, look.board
        due = [wanted for wanted in board.wanted if _is_due(wanted, known.get(wanted.slot))]
        todo, pause = self._in_turn(subject, due, known)
        missing = [wanted for wanted in todo if wanted.slot not in known]
        planned = await self._database.write(_plan_posts, subject, missing) if missing else {}
        known |= planned
        deliveries = [
            _Delivery(
                wanted=wanted,
                card=known[wanted.slot],
                under=known.get(wanted.reply_to or ""),
                is_first_try=wanted.slot in planned,
            )
            for wanted in todo
        ]
        # replies come after what they reply to
        trouble = await self._deliver_all([each for each in deliveries if each.under is None])
        trouble += await self._deliver_all([each for each in deliveries if each.under is not None and each.under.ts])
        await self._database.write(_tell_others, board)
        if trouble:
            if any(map(is_out_of_reach, trouble)):
                await self._database.write(look_for_slack)
            waits = [each.after for each in trouble if isinstance(each, SlackLater) and each.after]
            return Again(after=max(waits) if waits else None, error=trouble[0].what)
        if pause:
            return Again(after=pause) if todo else NotYet(after=pause)
        return Done() if board.next_at is None else Again(after=board.next_at - look.at)

    def _in_turn(
        self, subject: str, due: Sequence[Wanted], known: Mapping[str, Card]
    ) -> tuple[list[Wanted], timedelta | None]:
        """What of it can be done now, and after how long there is more; None when it is all.

        What belongs under a message that has to wait, waits with it.
        """
        now = self._database.clock.now().timestamp()
        pauses: dict[str, float] = {}
        for wanted in sorted(due, key=lambda each: each.reply_to is not None):
            card = known.get(wanted.slot)
            if (card is None or card.ts is None) and wanted.reply_to not in pauses:
                pause = self._pace.pause(wanted.recipient, f"{subject} {wanted.slot}", now)
                if pause > 0:
                    pauses[wanted.slot] = pause
        ready = [wanted for wanted in due if wanted.slot not in pauses and wanted.reply_to not in pauses]
        return ready, timedelta(seconds=min(pauses.values())) if pauses else None

    async def _deliver_all(self, deliveries: Sequence[_Delivery]) -> list[SlackLater | SlackUnknown]:
        """Delivers messages side by side, and returns what has to be tried again."""
        results = await asyncio.gather(*(self._deliver(each) for each in deliveries))
        return [result for result in results if result is not None]

    async def _deliver(self, delivery: _Delivery) -> SlackLater | SlackUnknown | None:
        try:
            if delivery.card.ts is None:
                await self._post(delivery)
            if _is_due(delivery.wanted, delivery.card):
                await self._edit(delivery)
        except SlackNever as error:
            if delivery.under is not None and error.what in GONE:
                # somebody deleted the card that it belongs under: that is posted anew, and then this
                await self._database.write(_forget_message, delivery.under)
                return SlackLater(error.what, after=timedelta())
            log.warning("card.undeliverable", slot=delivery.wanted.slot, error=error.what)
            await self._database.write(_give_up_card, delivery.card, delivery.wanted, why=error.what)
        except (SlackLater, SlackUnknown) as error:
            return error
        return None

    async def _edit(self, delivery: _Delivery) -> None:
        card, content = delivery.card, delivery.wanted.content
        try:
            await call(
                self._slack.chat_update(
                    channel=card.channel or "", ts=card.ts or "", text=content.text, blocks=list(content.blocks)
                )
            )
        except SlackNever as error:
            if error.what not in GONE:
                raise
            # somebody deleted it: what should be there is posted anew
            await self._database.write(_forget_message, card)
            await self._post(delivery)
        else:
            await self._database.write(_note_edit, card.id, content.hash)

    async def _post(self, delivery: _Delivery) -> None:
        card, wanted = delivery.card, delivery.wanted
        channel = card.channel or await self._channel(wanted.recipient)
        thread = delivery.under.ts if delivery.under is not None else None
        shows = None  # what a message that is found shows is not known: the state has moved on since it was posted
        ts = None if delivery.is_first_try else await self._find(channel, card, thread=thread)
        if ts is None:
            channel, ts = await self._send(wanted.content, card, channel, thread)
            shows = wanted.content.hash
        link = await self._permalink(channel, ts) if wanted.slot.startswith("status:") else None
        await self._database.write(_note_post, card, channel=channel, ts=ts, content=shows, link=link)
        if shows is None:
            await self._edit(delivery)

    async def _send(self, content: Content, card: Card, channel: str, thread: str | None) -> tuple[str, str]:
        in_thread: dict[str, Any] = {"thread_ts": thread, "reply_broadcast": True} if thread else {}
        answer = await call(
            self._slack.chat_postMessage(
                channel=channel,
                text=content.text,
                blocks=list(content.blocks),
                metadata={"event_type": METADATA, "event_payload": {"card": card.id}},
                unfurl_links=False,
                unfurl_media=False,
                **in_thread,
            )
        )
        return str(answer.get("channel", channel)), str(answer["ts"])

    async def _find(self, channel: str, card: Card, *, thread: str | None) -> str | None:
        """The message of a posting that was never confirmed, if it happened."""
        if card.posting_since is None:
            return None
        oldest = f"{(card.posting_since - LOOK_BACK).timestamp():.6f}"
        if thread is None:
            request = self._slack.conversations_history(
                channel=channel, oldest=oldest, limit=100, include_all_metadata=True
            )
        else:
            request = self._slack.conversations_replies(
                channel=channel, ts=thread, oldest=oldest, limit=100, include_all_metadata=True
            )
        answer = await call(request)
        for message in answer.get("messages", []):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == METADATA and metadata.get("event_payload", {}).get("card") == card.id:
                log.info("card.found_again", slot=card.slot)
                return str(message["ts"])
        return None

    async def _channel(self, recipient: str) -> str:
        if not recipient.startswith(("U", "W")):
            return recipient
        known = await self._database.look(_dm_channel, recipient)
        if known is not None:
            return known
        try:
            opened = await open_dm(self._slack, recipient)
        except SlackRefused as refused:
            log.warning("slack.dm_not_opened", error=refused.what)
            return recipient  # a message to the person opens it too, and only its answer says which it is
        await self._database.write(_keep_dm, recipient, opened)
        return opened

    async def _permalink(self, channel: str, ts: str) -> str | None:
        try:
            answer = await call(self._slack.chat_getPermalink(channel=channel, message_ts=ts))
        except (SlackLater, SlackNever, SlackUnknown):
            return None  # only a convenience: the card itself is there
        return str(answer["permalink"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    wanted: Wanted
    card: Card
    under: Card | None  # the message in whose thread it belongs
    is_first_try: bool  # nobody has tried to post it before


async def _dm_channel(session: AsyncSession, person_id: str) -> str | None:
    return await session.scalar(sa.select(Person.dm_channel).where(Person.id == person_id))


def _is_due(wanted: Wanted, card: Card | None) -> bool:
    if card is None:
        return not wanted.only_edit
    if card.undeliverable is not None:
        return False
    if card.ts is None:
        return True
    return card.content_hash != wanted.content.hash


async def _plan_posts(tx: Transaction, subject: str, wanted: Sequence[Wanted]) -> dict[str, Card]:
    """Writes down what is about to be posted."""
    cards = {
        each.slot: Card(
            id=new_id(),
            subject=subject,
            slot=each.slot,
            recipient=each.recipient,
            posting_since=tx.now,
            updated_at=tx.now,
        )
        for each in wanted
    }
    tx.session.add_all(cards.values())
    return cards


async def _note_post(
    tx: Transaction, card: Card, *, channel: str, ts: str, content: str | None, link: str | None
) -> None:
    await _update(tx, card.id, channel=channel, ts=ts, content_hash=content, permalink=link, posting_since=None)
    card.channel, card.ts, card.content_hash = channel, ts, content


async def _note_edit(tx: Transaction, card_id: str, content: str) -> None:
    await _update(tx, card_id, content_hash=content)


async def _forget_message(tx: Transaction, card: Card) -> None:
    await _update(tx, card.id, ts=None, content_hash=None, posting_since=tx.now)
    card.ts, card.posting_since = None, tx.now


async def _give_up_card(tx: Transaction, card: Card, wanted: Wanted, *, why: str) -> None:
    """A recipient who cannot be reached: an approver is skipped, an alert goes to the admins in person."""
    subject = card.subject
    await _update(tx, card.id, undeliverable=why)
    tx.record("card.undeliverable", actor="usher", subject=subject, recipient=wanted.recipient, why=why)
    if wanted.approver is not None:
        request_id = subject.removeprefix("request:")
        await skip_approver(tx, request_id=request_id, approver_id=wanted.approver, why=why)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


async def _update(tx: Transaction, card_id: str, **values: Any) -> None:
    await tx.session.execute(sa.update(Card).where(Card.id == card_id).values(updated_at=tx.now, **values))


async def _keep_dm(tx: Transaction, person_id: str, channel: str) -> None:
    await tx.session.execute(sa.update(Person).where(Person.id == person_id).values(dm_channel=channel))


async def _tell_others(tx: Transaction, board: Board) -> None:
    """Other cards show the same news, and so do the Home tabs of those who have ever opened theirs."""
    for subject in board.also:
        tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
    if not board.concerned:
        return
    opened = sa.select(Person.id).where(Person.id.in_(board.concerned), Person.home_opened_at.is_not(None))
    for person_id in await tx.session.scalars(opened):
        tx.enqueue(subjects.HOME, person_id, lock_key=f"home:{person_id}")
