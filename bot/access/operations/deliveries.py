"""What a webhook is to be told, and what came of each try."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.access import subjects
from bot.access.event_facts import about_requests_and_grants, events_of
from bot.access.events import body
from bot.access.operations.incidents import open_incident, resolve_incident
from bot.access.webhook_entries import shown, stored_webhook
from storage.audit import canonical
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import DeliveryState, LedgerLine, Webhook, WebhookDelivery
from storage.transaction import follow

#: for how long an event is tried
TRY_FOR = timedelta(days=1)
#: how long the log is kept
KEEP = timedelta(days=30)
#: events that came to nothing one after the other, after which their endpoint is taken to be down. One event alone may
#: be one that the endpoint cannot take, and the others do not wait for it.
DOWN = 3
#: the answer that an endpoint has gone for good
GONE = 410

_PAGE = 200
_HEAD = sa.select(sa.func.coalesce(sa.func.max(LedgerLine.seq), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One call of an endpoint, and what came of it.

    Attributes:
        status: of the answer; None where there was none.
        error: what went wrong, in words; None when the endpoint took the event.
        after: how long the endpoint asks to be left alone.
        seconds: how long it took.
    """

    status: int | None
    error: str | None
    after: timedelta | None
    seconds: float


async def gather(tx: Transaction, *, key: str) -> Webhook | None:
    """Takes what the ledger says since the last time into the webhook's deliveries; None when there is no such webhook.

    The lines stand in the order of their commits, without gaps, so a number is all that has to be remembered.
    """
    webhook = await lock_webhook(tx, key)
    if webhook is None:
        return None
    head = await tx.session.scalar(_HEAD) or 0
    while webhook.seq < head:
        lines = await event_lines(tx, LedgerLine.seq > webhook.seq, LedgerLine.seq <= head)
        await add_deliveries(tx, webhook, lines)
        webhook.seq = lines[-1].seq if len(lines) == _PAGE else head
    return webhook


async def note_try(
    tx: Transaction, *, delivery_id: str, tried: Try, back_off: Callable[[int], timedelta]
) -> Webhook | None:
    """Writes down what came of a try, and returns the webhook; None when it was taken out meanwhile.

    Args:
        tx: the transaction.
        delivery_id: what was sent.
        tried: what came of it.
        back_off: how long to wait after so many failures in a row.
    """
    key = (await tx.session.scalars(sa.select(WebhookDelivery.webhook).where(WebhookDelivery.id == delivery_id))).one()
    webhook = await lock_webhook(tx, key)  # first, as everybody does who changes both
    delivery = await tx.session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
    is_first = not delivery.tries
    delivery.tries = [*delivery.tries, _line(tx.now, tried)]
    delivery.error = tried.error
    if tried.error is None:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, tx.now
        if webhook is not None:
            await _works(tx, webhook)
        return webhook
    if webhook is None or tried.status == GONE or tx.now >= delivery.give_up_at:
        delivery.state = DeliveryState.FAILED
    pause = max(back_off(len(delivery.tries)), tried.after or timedelta())
    delivery.next_try_at = min(tx.now + pause, delivery.give_up_at)
    if webhook is not None:
        webhook.failing_since = webhook.failing_since or tx.now
        webhook.failures += is_first or webhook.failures >= DOWN
        webhook.paused_until = _pause(webhook, tried, tx.now, back_off)
        await _follow_failure(tx, webhook, delivery, tried)
    return webhook


async def purge(tx: Transaction) -> None:
    """Forgets what is older than the log is kept, and has every webhook look whether there is something to do."""
    old = sa.delete(WebhookDelivery).where(
        WebhookDelivery.created_at < tx.now - KEEP, WebhookDelivery.state != DeliveryState.WAITING
    )
    await tx.session.execute(old)
    for key in await tx.session.scalars(sa.select(Webhook.key)):
        follow(tx, key)


async def lock_webhook(tx: Transaction, key: str) -> Webhook | None:
    """The webhook, to be changed; None when there is none."""
    webhook: Webhook | None = await tx.session.scalar(sa.select(Webhook).where(Webhook.key == key).with_for_update())
    return webhook


async def event_lines(tx: Transaction, *where: sa.ColumnElement[bool]) -> Sequence[LedgerLine]:
    """The first lines about requests and grants for which this holds, oldest first, a page at most."""
    wanted = sa.select(LedgerLine).where(about_requests_and_grants(), *where).order_by(LedgerLine.seq).limit(_PAGE)
    return (await tx.session.scalars(wanted)).all()


async def add_deliveries(tx: Transaction, webhook: Webhook, lines: Sequence[LedgerLine]) -> int:
    """Makes a delivery of each line that the webhook wants. Returns how many."""
    entry = stored_webhook(webhook.document)
    deliveries = [
        WebhookDelivery(
            id=new_id(),
            webhook=webhook.key,
            seq=event.seq,
            event_id=event.id,
            type=event.type,
            body=body(event),
            state=DeliveryState.WAITING,
            created_at=tx.now,
            next_try_at=tx.now,
            give_up_at=tx.now + TRY_FOR,
            tries=[],
        )
        for event in await events_of(tx.session, [line for line in lines if entry.wants(line.event)])
    ]
    await tx.insert(*deliveries)
    return len(deliveries)


async def _works(tx: Transaction, webhook: Webhook) -> None:
    webhook.failures, webhook.failing_since, webhook.paused_until = 0, None, None
    await resolve_incident(tx, scope=subjects.webhook(webhook.key), actor="usher", note="It takes events again.")


def _pause(webhook: Webhook, tried: Try, now: datetime, back_off: Callable[[int], timedelta]) -> datetime | None:
    """Until when an endpoint is left alone: because it is down, or because it asks for it."""
    pauses = [back_off(webhook.failures - DOWN)] if webhook.failures >= DOWN else []
    if tried.after is not None:
        pauses.append(tried.after)
    return now + max(pauses) if pauses else None


async def _follow_failure(tx: Transaction, webhook: Webhook, delivery: WebhookDelivery, tried: Try) -> None:
    given_up = int(delivery.state is DeliveryState.FAILED)
    if webhook.failures >= DOWN:
        given_up += await _give_up(tx, webhook, tried)
    if given_up:
        await _tell_admins(tx, webhook, tried, given_up)


async def _give_up(tx: Transaction, webhook: Webhook, tried: Try) -> int:
    """An endpoint that is down has had a day for each of these, and one call was enough to know of all."""
    await tx.session.flush()
    overdue = (
        sa.update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook == webhook.key,
            WebhookDelivery.state == sa.literal_column("'waiting'"),
            WebhookDelivery.give_up_at <= tx.now,
        )
        .values(state=DeliveryState.FAILED, error=tried.error)
        .returning(WebhookDelivery.id)
    )
    return len((await tx.session.scalars(overdue)).all())


async def _tell_admins(tx: Transaction, webhook: Webhook, tried: Try, given_up: int) -> None:
    key, url = webhook.key, shown(webhook.document["url"])
    events = "One event" if given_up == 1 else f"{given_up} events"
    await open_incident(
        tx,
        scope=subjects.webhook(key),
        cause="WebhookFailing",
        explanation=f"{events} could not be delivered to the webhook “{key}” ({url}). The last try: {tried.error}.",
        remedy=f"Mend the endpoint, or its entry in the catalogue, and try it with `usher webhook test {key}`. Then "
        "press Try again: what was not delivered is sent once more.",
    )


def _line(at: datetime, tried: Try) -> dict[str, Any]:
    """A try as the log keeps it, in JSON's words."""
    kept = {"at": at, "status": tried.status, "error": tried.error, "seconds": round(tried.seconds, 3)}
    line: dict[str, Any] = json.loads(canonical(kept))
    return line
