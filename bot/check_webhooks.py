"""Looks whether each webhook has the secret that signs what it is sent. Nothing is sent: `usher webhook test` does."""

from __future__ import annotations

from bot.access.catalog import Catalog
from bot.access.webhook_entries import WebhookEntry
from bot.connectors.contract import Condition
from bot.engine.webhook_calls import WrongSecret, keys_in
from storage.errors import StorageError
from storage.secrets import SecretStore


async def check_webhooks(catalog: Catalog, secrets: SecretStore) -> list[Condition]:
    """A finding for each webhook."""
    return [await _check(entry, secrets) for entry in catalog.webhooks]


async def _check(entry: WebhookEntry, secrets: SecretStore) -> Condition:
    name = f"Webhook {entry.key}"
    try:
        secret = await secrets.get(entry.secret)
        if secret is not None:
            keys_in(secret)
            return Condition(name=name, ok=True, detail=f"the secret “{entry.secret}” is there")
        wrong = f"there is no secret “{entry.secret}”, so nothing is sent"
    except (WrongSecret, StorageError) as error:
        wrong = f"nothing is sent: {error}"
    return Condition(name=name, ok=False, detail=wrong, remedy=f"Hand it over: usher secret set {entry.secret}")
