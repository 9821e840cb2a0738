"""Webhooks and their deliveries as rows for a shell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.webhook_entries import shown, stored_webhook
from storage.tables import DeliveryState, Webhook, WebhookDelivery

Row = Mapping[str, object]


async def webhooks(session: AsyncSession, *, now: datetime) -> list[Row]:
    """The webhooks, in the catalogue's order; no address with its query."""
    counts: dict[tuple[str, str], int] = {
        (key, state): count
        for key, state, count in await session.execute(
            sa.select(WebhookDelivery.webhook, WebhookDelivery.state, sa.func.count()).group_by(
                WebhookDelivery.webhook, WebhookDelivery.state
            )
        )
    }
    found: list[Row] = []
    for webhook in await session.scalars(sa.select(Webhook).order_by(Webhook.position)):
        entry = stored_webhook(webhook.document)
        is_down = webhook.paused_until is not None and webhook.paused_until > now
        found.append(
            {
                "id": webhook.key,
                "state": "down" if is_down else "failing" if webhook.failing_since else "ok",
                "url": shown(entry.url),
                "events": list(entry.events) or ["all"],
                "waiting": counts.get((webhook.key, DeliveryState.WAITING), 0),
                "delivered": counts.get((webhook.key, DeliveryState.DELIVERED), 0),
                "failed": counts.get((webhook.key, DeliveryState.FAILED), 0),
                "failing_since": webhook.failing_since,
                "paused_until": webhook.paused_until,
            }
        )
    return found


async def deliveries(session: AsyncSession, *, webhook: str | None, states: Collection[str]) -> list[Row]:
    """What was sent, newest first."""
    query = sa.select(WebhookDelivery).order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.seq.desc())
    if webhook is not None:
        query = query.where(WebhookDelivery.webhook == webhook)
    if states:
        query = query.where(WebhookDelivery.state.in_(states))
    return [
        {
            "id": delivery.id,
            "state": delivery.state.value,
            "webhook": delivery.webhook,
            "event": delivery.event_id,
            "type": delivery.type,
            "seq": delivery.seq,
            "created_at": delivery.created_at,
            "next_try_at": delivery.next_try_at if delivery.state is DeliveryState.WAITING else None,
            "delivered_at": delivery.delivered_at,
            "error": delivery.error,
            "tries": delivery.tries,
        }
        for delivery in await session.scalars(query)
    ]
