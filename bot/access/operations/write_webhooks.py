"""The webhooks of a catalogue become those that follow the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.deliveries import lock_webhook
from bot.access.operations.incidents import resolve_incident
from bot.access.webhook_entries import WebhookEntry
from storage.database import Transaction
from storage.tables import DeliveryState, LedgerLine, Webhook, WebhookDelivery
from storage.transaction import follow

_HEAD = sa.select(sa.func.coalesce(sa.func.max(LedgerLine.seq), 0))


async def write_webhooks(tx: Transaction, stored: Mapping[str, Webhook], wanted: Sequence[WebhookEntry]) -> None:
    """Adds, changes and takes out. A new one is told what happens from now on; a changed one is tried at once.

    What was not delivered to one that is taken out never will be; the log of it stays.
    """
    for position, entry in enumerate(wanted):
        row, document = stored.get(entry.key), entry.model_dump(mode="json")
        if row is None:
            head = await tx.session.scalar(_HEAD)
            tx.session.add(Webhook(key=entry.key, document=document, position=position, seq=head, failures=0))
            follow(tx, entry.key)  # of a decision that is made at this moment nobody tells it
            continue
        row.position = position
        if row.document != document:
            row.document = document
            row.failures, row.paused_until = 0, None
            follow(tx, entry.key)
    for key in stored.keys() - {entry.key for entry in wanted}:
        await _take_out(tx, stored[key])
    await tx.session.flush()


async def _take_out(tx: Transaction, webhook: Webhook) -> None:
    await lock_webhook(tx, webhook.key)  # whoever gathers for it has finished
    undelivered = sa.update(WebhookDelivery).where(
        WebhookDelivery.webhook == webhook.key, WebhookDelivery.state == sa.literal_column("'waiting'")
    )
    why = "The webhook was taken out of the catalogue."
    await tx.session.execute(undelivered.values(state=DeliveryState.FAILED, error=why))
    await resolve_incident(tx, scope=subjects.webhook(webhook.key), actor="usher", note=why)
    await tx.session.delete(webhook)
