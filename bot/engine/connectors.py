"""The connectors in use, one for each application, with their secrets and their limits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from hmac import compare_digest

import httpx
import structlog

from bot.access.catalog import ApplicationEntry
from bot.connectors.browser.transport import Browsers
from bot.connectors.config import ChatGPTWebAdmin
from bot.connectors.contract import Connector, SignInAgain
from bot.connectors.registry import build_connector
from bot.metrics.connector import CountedConnector
from bot.metrics.counts import Counts
from storage.errors import SecretKeysMissing, SecretUnreadable
from storage.secrets import SecretStore

#: calls of one application that may be under way at once
AT_ONCE = 8

log = structlog.get_logger(__name__)


class StoredCredential:
    """A connector's secret, out of the secret store."""

    def __init__(self, store: SecretStore, name: str) -> None:
        self._store = store
        self._name = name
        #: what a stored secret was rotated to, where there is no key to keep it with
        self._unkept: tuple[str, str] | None = None

    async def value(self) -> str:
        """The secret as it is now.

        Raises:
            SignInAgain: there is none, or it cannot be read.
        """
        try:
            secret = await self._store.get(self._name)
        except SecretUnreadable as error:
            raise SignInAgain(f"The secret “{self._name}” cannot be read: {error}") from error
        if secret is None:
            raise SignInAgain(
                f"There is no secret “{self._name}”.",
                remedy=f"Hand the credential over: `usher secret set {self._name}`",
            )
        if self._unkept is not None and compare_digest(self._unkept[0].encode(), secret.encode()):
            return self._unkept[1]
        return secret

    async def replace(self, old: str, new: str) -> None:
        """Keeps what the provider rotated the secret to; for this process only, where there is no key to seal it."""
        try:
            await self._store.replace_if(self._name, old, new)
        except SecretKeysMissing:
            origin = await self._store.get(self._name)
            if self._unkept is None:
                log.warning(
                    "secret.not_kept", name=self._name, remedy="set USHER_SECRET_KEYS, or it is lost at the next start"
                )
            self._unkept = (origin or old, new)


class Connectors:
    """Hands out the connector of an application; a changed entry gets a new one."""

    def __init__(
        self, http: httpx.AsyncClient, secrets: SecretStore, browsers: Browsers, counts: Counts | None = None
    ) -> None:
        self._http = http
        self._counts = counts
        self._browsers = browsers
        self._secrets = secrets
        self._built: dict[str, tuple[ApplicationEntry, Connector]] = {}
        self._limits: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    def of(self, entry: ApplicationEntry) -> Connector:
        """The connector of an application. Kept, because it keeps its sign-in."""
        known = self._built.get(entry.key)
        if known is not None and known[0] == entry:
            return known[1]
        connector: Connector = build_connector(
            entry.connector,
            http=self._client(entry),
            credential=StoredCredential(self._secrets, getattr(entry.connector, "secret", None) or ""),
            admin_credential=StoredCredential(self._secrets, getattr(entry.connector, "admin_secret", None) or ""),
        )
        if self._counts is not None:
            connector = CountedConnector(connector, entry.key, self._counts)
        self._built[entry.key] = (entry, connector)
        return connector

    def _client(self, entry: ApplicationEntry) -> httpx.AsyncClient:
        match entry.connector:
            case ChatGPTWebAdmin(via="browser", base_url=base_url):
                return self._browsers.client(entry.key, base_url)
        return self._http

    def limit(self, application: str) -> asyncio.Semaphore:
        """What keeps the calls of one application within its limit."""
        return self._limits[application]
