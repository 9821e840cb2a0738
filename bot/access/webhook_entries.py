"""What the catalogue says about an endpoint outside that listens to what happens to requests and grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from bot.access.catalog_values import Key, Value, no_twins
from bot.access.events import EVENTS
from bot.connectors.config import STORED, SecretName, is_loopback
from bot.nearest import nearest

_FAMILIES = ("request.*", "grant.*")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an address such as https://siem.example.com/usher")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must start with https:// (http is for this machine only, as in http://127.0.0.1:8080)")
    if parts.username is not None or parts.fragment:
        raise ValueError("must be an address without a user and a fragment: the secret signs what is sent")
    return value


def _event(value: str) -> str:
    if value in EVENTS or value in _FAMILIES:
        return value
    near = nearest(value, (*_FAMILIES, *EVENTS))
    hint = f"did you mean “{near}”?" if near else f"write {' or '.join(_FAMILIES)}, or one that docs/webhooks.md has"
    raise ValueError(f"there is no event “{value}”: {hint}")


class WebhookEntry(Value):
    """An endpoint, the secret that signs what it is sent, and the events that it wants."""

    key: Key
    url: Annotated[str, AfterValidator(_address), Field(max_length=2000)]
    secret: SecretName
    #: exact, or a whole family; empty: all
    events: Annotated[tuple[Annotated[str, AfterValidator(_event)], ...], AfterValidator(no_twins)] = ()

    def wants(self, event: str) -> bool:
        """Is it to be told of this event?"""
        return not self.events or event in self.events or f"{event.partition('.')[0]}.*" in self.events


def stored_webhook(document: Mapping[str, Any]) -> WebhookEntry:
    """One that the database has."""
    return WebhookEntry.model_validate(document, context=STORED)


def shown(url: str) -> str:
    """The address without its query, in which some endpoints have a credential: for logs, the ledger and people."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="…" if parts.query else ""))


def without_query(document: Mapping[str, Any]) -> dict[str, Any]:
    """An entry, or a part of it, as the ledger may keep it."""
    return {key: shown(value) if key == "url" else value for key, value in document.items()}
