"""The web session: from the integration account's cookie to an access token for its workspace.

Reading the session rotates the cookie, so the new one is stored before the token that came with it is used: whoever
crashes in between still holds a session. One renewal runs at a time, and it outlives a caller that is cancelled.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from bot.connectors.chatgpt.calls import parse, send
from bot.connectors.chatgpt.cookie import cookie_header, rotated, session_value
from bot.connectors.chatgpt.errors import Answer, Call, failure, tidy
from bot.connectors.chatgpt.wire import WireSession
from bot.connectors.contract import Blocked, ConnectorError, Credential, SignInAgain, TryLater

MARGIN: Final = timedelta(minutes=5)  # a token is renewed this long before it expires
UNSTATED: Final = timedelta(hours=1)  # and after this long where it does not say when it expires

_SIGN_IN: Final = Call(what="sign in as the integration account", writes=False, need="a session of the account")

# At DEBUG httpcore writes down the headers of every answer, the new session cookie among them.
logging.getLogger("httpcore").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An access token for the workspace, and whose it is."""

    token: str = field(repr=False)
    user_id: str | None
    email: str | None
    renew_at: datetime


class WebSession:
    """Signs in with the cookie, and keeps the token until shortly before it expires."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        base_url: str,
        workspace_id: str,
        credential: Credential,
        headers: dict[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`headers` go with every call, besides those that say who calls. Nothing is called yet."""
        self._http = http
        self._base_url = base_url
        self._workspace_id = workspace_id
        self._credential = credential
        self._headers = headers
        self._now = now
        self._current: SignedIn | None = None
        self._renewal: asyncio.Task[SignedIn] | None = None

    async def signed_in(self) -> SignedIn:
        """The token to use now.

        Raises:
            SignInAgain: there is no cookie, or its session is dead.
            Blocked, TryLater: ChatGPT could not be asked.
        """
        if self._current is not None and self._now() < self._current.renew_at:
            return self._current
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._renewed)
        return await asyncio.shield(self._renewal)

    async def call(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        """Makes one call for the workspace. A rejected token is replaced once and the call replayed once: what was
        rejected for its token has had no effect.

        Raises:
            ConnectorError: what went wrong.
        """

        async def attempt(signed_in: SignedIn) -> tuple[Answer, ConnectorError | None]:
            headers = self._headers | {
                "Authorization": f"Bearer {signed_in.token}",
                "chatgpt-account-id": self._workspace_id,
            }
            url = self._base_url + path
            answer = await send(self._http, call, method, url, headers=headers, params=params, body=body)
            return answer, failure(call, answer)

        signed_in = await self.signed_in()
        answer, error = await attempt(signed_in)
        if isinstance(error, SignInAgain):
            self._forget(signed_in)
            signed_in = await self.signed_in()
            answer, error = await attempt(signed_in)
        if isinstance(error, SignInAgain):
            self._forget(signed_in)
        if error is not None:
            raise error
        return answer

    def _forget(self, rejected: SignedIn) -> None:
        """Drops a token that ChatGPT rejected, unless somebody else has renewed it already."""
        if self._current is rejected:
            self._current = None

    def _renewed(self, renewal: asyncio.Task[SignedIn]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # seen, even where every caller has gone

    async def _renew(self) -> SignedIn:
        stored = await self._credential.value()
        try:
            self._current = await self._exchange(stored)
        except SignInAgain:
            # Another replica may have rotated the cookie while this one was on its way.
            newer = await self._credential.value()
            if newer == stored:
                raise
            self._current = await self._exchange(newer)
        return self._current

    async def _exchange(self, stored: str) -> SignedIn:
        answer = await send(
            self._http,
            _SIGN_IN,
            "GET",
            f"{self._base_url}/api/auth/session",
            params={
                "exchange_workspace_token": "true",
                "workspace_id": self._workspace_id,
                "reason": "setCurrentAccount",
            },
            headers={**self._headers, "Cookie": cookie_header(session_value(stored))},
        )
        session = _read(answer)
        token = session.access_token or ""
        replacement = rotated(answer.set_cookies)
        if replacement is not None and replacement != stored:
            await self._credential.replace(stored, replacement)
        now = self._now()
        return SignedIn(
            token=token,
            user_id=session.user.id,
            email=session.user.email,
            renew_at=(expiry(token) or now + UNSTATED + MARGIN) - MARGIN,
        )


def _read(answer: Answer) -> WireSession:
    """The session in the answer. No access token means a dead session, whatever the status."""
    error = failure(_SIGN_IN, answer)
    if isinstance(error, Blocked | TryLater):
        raise error
    if error is not None:
        raise SignInAgain(f"ChatGPT no longer accepts the stored session (HTTP {answer.status}).")
    session = parse(_SIGN_IN, WireSession, answer)
    if session.error:
        raise SignInAgain(f"ChatGPT ended the stored session: {tidy(session.error)}.")
    token = session.access_token
    if not token:
        raise SignInAgain("The stored session is signed out: ChatGPT gave no access token for it.")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise SignInAgain("ChatGPT gave an access token that cannot be sent.")
    return session


def expiry(token: str) -> datetime | None:
    """When a JSON web token expires, by its own claim; None if it is none. Its signature is the provider's affair."""
    try:
        payload = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
