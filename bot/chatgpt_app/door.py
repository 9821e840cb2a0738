"""The door of the MCP server: who comes in, and how often."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Final
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import SCOPE, Holder, holder_of
from storage.database import Database
from storage.errors import StorageError

#: far more than a conversation makes; a client is one program for everybody who connected it
PER_PERSON: Final = RateLimitItemPerMinute(120)
PER_CLIENT: Final = RateLimitItemPerMinute(3_000)

_BEARER: Final = "bearer "
#: seconds after which to come again when the database is out of reach
_LATER: Final = "5"
_CONNECT: Final = "Connect Usher to use it."
_CONNECT_AGAIN: Final = "This connection is over. Connect Usher again to use it."

#: who calls, for the length of one call
_caller: ContextVar[Holder] = ContextVar("caller")


def caller() -> Holder:
    """Who calls a tool: the person whose token came with the call, as the directory knows them now."""
    return _caller.get()


class Door:
    """Lets calls in that carry a good token (RFC 6750), as often as is reasonable.

    The person is looked up for each call, so a leaver is out at once. Too many calls are refused with HTTP's 429, for
    they are refused whatever they are: that costs least here, and clients know how to wait. The counts are in memory,
    because a limit protects the process that it is kept in.
    """

    def __init__(
        self,
        inside: ASGIApp,
        config: AppConfig,
        database: Database,
        *,
        per_person: RateLimitItem = PER_PERSON,
        per_client: RateLimitItem = PER_CLIENT,
    ) -> None:
        self._inside = inside
        self._config = config
        self._database = database
        address = urlsplit(config.public_url)
        self._names = TransportSecurityMiddleware(
            TransportSecuritySettings(
                allowed_hosts=[address.netloc, f"{address.hostname}:*"],
                allowed_origins=[config.public_url, *config.origins],
            )
        )
        self._per_person, self._per_client = per_person, per_client
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        request = Request(scope)
        # Before anything else, so that a proxy that changes the Host is found from outside, without a token.
        let_in = await self._names.validate_request(request) or await self._let_in(
            request.headers.get("authorization", "")
        )
        if isinstance(let_in, Response):
            await let_in(scope, receive, send)
            return
        before = _caller.set(let_in)
        try:
            await self._inside({**scope, "headers": list(_trimmed(scope["headers"]))}, receive, send)
        finally:
            _caller.reset(before)

    async def _let_in(self, authorization: str) -> Holder | Response:
        """Who comes in, or the answer to somebody who does not."""
        try:
            holder = await self._holder(authorization)
        except StorageError:
            words = "Usher cannot reach its database just now."
            return _refusal(503, "temporarily_unavailable", words, {"Retry-After": _LATER})
        if holder is None:
            return self._unknown(has_token=_has_token(authorization))
        if wait := await self._wait(holder):
            return _refusal(429, "too_many_requests", "Too many calls.", {"Retry-After": str(wait)})
        return holder

    async def _holder(self, authorization: str) -> Holder | None:
        if not _has_token(authorization):
            return None
        return await self._database.glance(
            holder_of,
            authorization[len(_BEARER) :].strip(),
            resource=self._config.resource,
            guests=self._config.guests,
            now=self._database.clock.now(),
        )

    async def _wait(self, holder: Holder) -> int:
        """Seconds until the next call may come; 0 when this one may."""
        for limit, whose in ((self._per_person, holder.person_id), (self._per_client, holder.client_id)):
            if not await self._limiter.hit(limit, "mcp", whose):
                reset = (await self._limiter.get_window_stats(limit, "mcp", whose)).reset_time
                return max(1, round(reset - time.time()))
        return 0

    def _unknown(self, *, has_token: bool) -> Response:
        """Where to connect (RFC 9728, section 5.1), and for what; an error only where a token came (RFC 6750, 3)."""
        metadata = f"{self._config.public_url}/.well-known/oauth-protected-resource/mcp"
        error, why = ("invalid_token", _CONNECT_AGAIN) if has_token else ("unauthorized", _CONNECT)
        wrong = {"error": error, "error_description": why} if has_token else {}
        said = {**wrong, "scope": SCOPE, "resource_metadata": metadata}
        challenge = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())
        return _refusal(401, error, why, {"WWW-Authenticate": challenge})


def _has_token(authorization: str) -> bool:
    return authorization.lower().startswith(_BEARER)


def _trimmed(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Whitespace around a value is no part of it (RFC 9110, section 5.5); uvicorn's parser leaves it at the end."""
    return ((name, value.strip(b" \t")) for name, value in headers)


def _refusal(status: int, error: str, why: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": error, "error_description": why}, status_code=status, headers=headers)
