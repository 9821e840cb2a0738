"""The web session: from the integration account's sign-in to an access token for its workspace.

The sign-in is a cookie that Usher keeps, or a browser's own that it never sees.

Reading the session rotates the cookie, so the new one is stored before the token that came with it is used: whoever
crashes in between still holds a session. One renewal runs at a time, and it outlives a caller that is cancelled.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from bot.connectors.chatgpt.calls import parse, send
from bot.connectors.chatgpt.cookie import cookie_header, rotated, session_value
from bot.connectors.chatgpt.errors import SESSION, Access, Answer, Call, failure, tidy
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
    """Asks for a token with the cookie, and keeps it until shortly before it expires."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        base_url: str,
        workspace_id: str,
        credential: Credential | None,
        headers: dict[str, str],
        access: Access = SESSION,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing is called yet.

        Args:
            http: sends the calls; a browser's adds its own cookie to them.
            base_url: where ChatGPT is.
            workspace_id: for which the token is asked.
            credential: keeps the cookie; None where a browser does.
            headers: go with every call, besides those that say who calls.
            access: what a failure says to do.
            now: the clock.
        """
        self._http = http
        self._base_url = base_url
        self._workspace_id = workspace_id
        self._credential = credential
        self._headers = headers
        self._access = access
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

        call = replace(call, access=self._access)

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
        if self._credential is None:
            self._current, _ = await self._exchange({})
            return self._current
        stored = await self._credential.value()
        try:
            self._current = await self._exchange_cookie(self._credential, stored)
        except SignInAgain:
            # Another replica may have rotated the cookie while this one was on its way.
            newer = await self._credential.value()
            if newer == stored:
                raise
            self._current = await self._exchange_cookie(self._credential, newer)
        return self._current

    async def _exchange_cookie(self, credential: Credential, stored: str) -> SignedIn:
        signed_in, replacement = await self._exchange({"Cookie": cookie_header(session_value(stored))})
        if replacement is not None and replacement != stored:
            await credential.replace(stored, replacement)
        return signed_in

    async def _exchange(self, cookie: dict[str, str]) -> tuple[SignedIn, str | None]:
        """The token that the session gives, and the cookie that ChatGPT put in the old one's place."""
        call = replace(_SIGN_IN, access=self._access)
        answer = await send(
            self._http,
            call,
            "GET",
            f"{self._base_url}/api/auth/session",
            params={
                "exchange_workspace_token": "true",
                "workspace_id": self._workspace_id,
                "reason": "setCurrentAccount",
            },
            headers=self._headers | cookie,
        )
        session = _read(call, answer)
        token = session.access_token or ""
        now = self._now()
        signed_in = SignedIn(
            token=token,
            user_id=session.user.id,
            email=session.user.email,
            renew_at=(expiry(token) or now + UNSTATED + MARGIN) - MARGIN,
        )
        return signed_in, rotated(answer.set_cookies)


def _read(call: Call, answer: Answer) -> WireSession:
    """The session in the answer. No access token means a dead session, whatever the status."""
    error = failure(call, answer)
    if isinstance(error, Blocked | TryLater):
        raise error
    if error is not None:
        raise _dead(call, f"ChatGPT no longer accepts {call.access.credential} (HTTP {answer.status}).")
    session = parse(call, WireSession, answer)
    if session.error:
        raise _dead(call, f"ChatGPT ended {call.access.credential}: {tidy(session.error)}.")
    token = session.access_token
    if not token:
        raise _dead(call, f"ChatGPT gave no access token for {call.access.credential}: it is signed out.")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise _dead(call, "ChatGPT gave an access token that cannot be sent.")
    return session


def _dead(call: Call, explanation: str) -> SignInAgain:
    return SignInAgain(explanation, remedy=call.access.renew)


def expiry(token: str) -> datetime | None:
    """When a JSON web token expires, by its own claim; None if it is none. Its signature is the provider's affair."""
    try:
        payload = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
