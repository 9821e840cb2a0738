"""Sending events once more to a webhook: one, all since a time, or those that were given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.deliveries import TRY_FOR, add_deliveries, event_lines, lock_webhook
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import DeliveryState, LedgerLine, Webhook, WebhookDelivery
from storage.transaction import follow


async def replay(tx: Transaction, *, delivery_id: str, actor: str) -> WebhookDelivery:
    """Sends one event once more.

    Raises:
        Refused: there is no such delivery, or its webhook was taken out.
    """
    delivery = await tx.session.get(WebhookDelivery, delivery_id)
    webhook = await lock_webhook(tx, delivery.webhook) if delivery is not None else None
    if delivery is None or webhook is None:
        raise Refused(Refusal.GONE)
    _again(tx, webhook, [delivery])
    tx.record("webhook.replayed", actor=actor, subject=subjects.webhook(webhook.key), count=1, delivery=delivery_id)
    return delivery


async def replay_since(tx: Transaction, *, key: str, since: datetime, actor: str) -> int:
    """Sends everything that happened since then once more, also what the webhook was never told. Returns how much.

    Raises:
        Refused: there is no such webhook.
    """
    webhook = await lock_webhook(tx, key)
    if webhook is None:
        raise Refused(Refusal.GONE)
    known = {
        row.seq: row
        for row in await tx.session.scalars(
            sa.select(WebhookDelivery)
            .join(LedgerLine, LedgerLine.seq == WebhookDelivery.seq)
            .where(WebhookDelivery.webhook == key, LedgerLine.at >= since)
        )
    }
    _again(tx, webhook, list(known.values()))
    count, after = len(known), 0
    while lines := await event_lines(tx, LedgerLine.seq > after, LedgerLine.seq <= webhook.seq, LedgerLine.at >= since):
        count += await add_deliveries(tx, webhook, [line for line in lines if line.seq not in known])
        after = lines[-1].seq
    tx.record("webhook.replayed", actor=actor, subject=subjects.webhook(key), count=count, since=since)
    return count


async def replay_failed(tx: Transaction, *, key: str, actor: str) -> int:
    """Sends once more what was given up. Returns how much."""
    webhook = await lock_webhook(tx, key)
    if webhook is None:
        return 0
    failed = sa.select(WebhookDelivery).where(
        WebhookDelivery.webhook == key, WebhookDelivery.state == DeliveryState.FAILED
    )
    deliveries = (await tx.session.scalars(failed)).all()
    _again(tx, webhook, deliveries)
    tx.record("webhook.replayed", actor=actor, subject=subjects.webhook(key), count=len(deliveries))
    return len(deliveries)


def _again(tx: Transaction, webhook: Webhook, deliveries: Sequence[WebhookDelivery]) -> None:
    """Whoever asks for it believes that the endpoint works."""
    for delivery in deliveries:
        delivery.state = DeliveryState.WAITING
        delivery.next_try_at, delivery.give_up_at = tx.now, tx.now + TRY_FOR
    webhook.failures, webhook.paused_until = 0, None
    follow(tx, webhook.key)
