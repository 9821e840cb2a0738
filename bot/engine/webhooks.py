"""Tells webhooks what the ledger says: one task for each, which sends its events in their order.

An event that its endpoint does not take is tried again, later and later, while the others go on; an endpoint that takes
none of several is left alone for a while. Neither keeps other endpoints waiting, nor any other work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.operations.deliveries import Try, gather, note_try
from bot.access.webhook_entries import WebhookEntry, stored_webhook
from bot.engine.webhook_calls import Answered, WrongSecret, call, keys_in
from bot.engine.work import Again, Done, NotYet, Outcome, back_off
from storage.database import Database
from storage.errors import SecretKeysMissing, SecretNameInvalid, SecretUnreadable
from storage.secrets import SecretStore
from storage.tables import WebhookDelivery
from storage.task_queue import ClaimedTask

#: endpoints that are called at once, of the places that the dispatcher has for work that is not about accounts
AT_ONCE = 2
#: calls of one endpoint before it is another one's turn
TURN = 50
#: how long to wait for a place
NO_PLACE = timedelta(seconds=1)

_NEXT = (
    sa.select(WebhookDelivery)
    .where(WebhookDelivery.webhook == sa.bindparam("webhook"), WebhookDelivery.state == sa.literal_column("'waiting'"))
    .order_by(WebhookDelivery.next_try_at, WebhookDelivery.seq)
    .limit(1)
)

log = structlog.get_logger(__name__)


class Webhooks:
    """Handles the tasks that tell webhooks."""

    def __init__(self, database: Database, http: httpx.AsyncClient, secrets: SecretStore) -> None:
        self._database = database
        self._http = http
        self._secrets = secrets
        self._calling = 0

    async def tell(self, task: ClaimedTask) -> Outcome:
        """Sends one webhook what it has not taken yet, as far as its time has come."""
        webhook = await self._database.write(gather, key=task.key)
        if webhook is None:
            return Done()
        pause = self._until(webhook.paused_until)
        if pause > timedelta():
            return NotYet(after=pause)
        if self._calling >= AT_ONCE:
            return NotYet(after=NO_PLACE)
        self._calling += 1
        try:
            return await self._send(stored_webhook(webhook.document))
        finally:
            self._calling -= 1

    async def send(self, entry: WebhookEntry, *, id_: str, body: str) -> Answered:
        """One call, with the secret as it is now."""
        try:
            secret = await self._secrets.get(entry.secret)
            if secret is None:
                raise WrongSecret(f"there is no secret “{entry.secret}”: hand it over with `usher secret set`")
            keys = keys_in(secret)
        except (WrongSecret, SecretKeysMissing, SecretNameInvalid, SecretUnreadable) as error:
            return Answered(tried=Try(status=None, error=str(error).rstrip("."), after=None, seconds=0.0))
        return await call(self._http, entry.url, keys, id_=id_, body=body, now=self._database.clock.now())

    async def _send(self, entry: WebhookEntry) -> Outcome:
        for _ in range(TURN):
            delivery = await self._database.look(_next, entry.key)
            if delivery is None:
                return Done()
            pause = self._until(delivery.next_try_at)
            if pause > timedelta():
                return Again(after=pause)
            answered = await self.send(entry, id_=delivery.event_id, body=delivery.body)
            tried = answered.tried
            webhook = await self._database.write(note_try, delivery_id=delivery.id, tried=tried, back_off=back_off)
            if webhook is None:
                return Done()
            what = {"webhook": entry.key, "type": delivery.type, "delivery": delivery.id, "status": tried.status}
            if tried.error is None:
                log.info("webhook.delivered", **what)
            else:
                log.warning("webhook.not_delivered", **what, error=tried.error)
            if webhook.paused_until is not None:
                return Again(after=self._until(webhook.paused_until))
        return Again(after=timedelta())

    def _until(self, moment: datetime | None) -> timedelta:
        return max(moment - self._database.clock.now(), timedelta()) if moment is not None else timedelta()


async def _next(session: AsyncSession, webhook: str) -> WebhookDelivery | None:
    delivery: WebhookDelivery | None = await session.scalar(_NEXT, {"webhook": webhook})
    return delivery
