"""An endpoint for webhooks on a real socket: it checks every signature, and answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "a-secret-of-the-receiver"


@dataclass(frozen=True, slots=True)
class Received:
    """One call."""

    id: str
    timestamp: int
    event: dict[str, Any]
    path: str
    signed: bool


@dataclass(slots=True)
class Receiver:
    """What came, and what is answered."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    #: what to answer; a coroutine may take its time
    answer: Callable[[dict[str, Any]], web.StreamResponse] = lambda _: web.Response(text="thank you")
    #: set: every call hangs until it is set free
    hanging: asyncio.Event | None = None

    @property
    def events(self) -> list[str]:
        """The types of what came, in that order."""
        return [each.event["type"] for each in self.received]

    @property
    def numbers(self) -> list[int]:
        """The ledger's lines of what came, in that order."""
        return [each.event["seq"] for each in self.received]

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Takes one call."""
        body = await request.read()
        id_, timestamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        digest = hmac.new(SECRET.encode(), f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        wanted = f"v1,{base64.b64encode(digest).decode()}"
        event = json.loads(body)
        self.received.append(
            Received(
                id=id_,
                timestamp=int(timestamp),
                event=event,
                path=request.path_qs,
                signed=wanted in request.headers["webhook-signature"].split(),
            )
        )
        if self.hanging is not None:
            await self.hanging.wait()
        return self.answer(event)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listens on a free port of this machine until the block ends."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    receiver.url = f"http://127.0.0.1:{address[1]}/usher"
    try:
        yield receiver
    finally:
        await runner.cleanup()
