"""How the simulated ChatGPT holds a connection to an app: it renews it once, and lets go of it properly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx2
import pytest
import pytest_asyncio
import sqlalchemy as sa
from mcp.shared.auth import OAuthMetadata, OAuthToken
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.serving import listen, serving
from sandbox import company
from sandbox.chat.connection import Connection
from sandbox.chat.oauth import Failed, NotConnected, Server
from storage.tables import Connection as Kept
from storage.tables import ConnectionEnd, ConnectionToken
from tests.integration.sandbox_chat.conftest import Demo

HOUR = 3600


async def test_many_callers_renew_a_connection_once(demo: Demo) -> None:
    """An app takes a refresh token that comes twice for stolen, and ends the connection; this one lives."""
    _, connection = await demo.connected(company.TOM)
    demo.sandbox.clock.skip(2 * HOUR)
    answers = await asyncio.gather(*(connection.call("list_my_access", {}) for _ in range(8)))
    assert [answer.is_error for answer in answers] == [False] * 8
    async with demo.usher.database.read() as session:
        newest = await session.scalar(sa.select(Kept.id).order_by(Kept.created_at.desc()).limit(1))
        pairs = sa.select(sa.func.count()).where(ConnectionToken.connection_id == newest)
        assert await session.scalar(pairs) == 2 * len(("the first pair", "the renewed pair"))


async def test_who_disconnects_is_out(demo: Demo) -> None:
    """The app is told, and takes the tokens no more; neither does it renew them."""
    window, connection = await demo.connected(company.LENA)
    await window.disconnect()
    assert window.connection is None
    assert window.shown()["entries"][-1]["text"] == "Disconnected, and the app was told."
    with pytest.raises(NotConnected):
        await connection.tools()
    async with demo.usher.database.read() as session:
        newest = await session.scalar(sa.select(Kept).order_by(Kept.created_at.desc()).limit(1))
    assert newest is not None
    assert newest.ended_why is ConnectionEnd.REVOKED


async def test_a_new_connection_ends_the_old_one(demo: Demo) -> None:
    """Nothing is left at the app that nobody holds."""
    window, old = await demo.connected(company.MAYA)
    again, new = await demo.connected(company.MAYA)
    assert (window, again.connection) == (again, new)
    with pytest.raises(NotConnected):
        await old.tools()
    assert await new.tools()


@dataclass(slots=True)
class Doors:
    """An app whose doors a test holds: it takes the token `new`, and gives it for the refresh token `r1`."""

    url: str
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    knocked: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = HTTPStatus.OK
    renewals: list[str] = field(default_factory=list)

    async def mcp(self, request: Request) -> Response:
        """POST /mcp: whoever comes with the new token hears that there is no time for them."""
        if request.headers["authorization"] != "Bearer new":
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        return JSONResponse({"error_description": "It is lunchtime."}, HTTPStatus.SERVICE_UNAVAILABLE)

    async def token(self, request: Request) -> Response:
        """POST /token."""
        self.renewals.append(str((await request.form())["refresh_token"]))
        self.knocked.set()
        await self.opened.wait()
        return JSONResponse({"access_token": "new", "token_type": "Bearer"}, self.status)

    def connection(self, http: httpx2.AsyncClient) -> Connection:
        """One whose access token is old."""
        issuer = AnyHttpUrl(self.url)
        metadata = OAuthMetadata(
            issuer=issuer,
            authorization_endpoint=AnyHttpUrl(f"{self.url}/authorize"),
            token_endpoint=AnyHttpUrl(f"{self.url}/token"),
        )
        server = Server(metadata=metadata, client_id="https://client.example/c", resource=f"{self.url}/mcp", scope=None)
        return Connection(http, f"{self.url}/mcp", server, OAuthToken(access_token="old", refresh_token="r1"))


@pytest_asyncio.fixture(loop_scope="module")
async def doors() -> AsyncIterator[Doors]:
    listener = listen("127.0.0.1", 0)
    doors = Doors(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    routes = [Route("/mcp", doors.mcp, methods=["POST"]), Route("/token", doors.token, methods=["POST"])]
    async with serving(Starlette(routes=routes), listener):
        yield doors


async def test_a_caller_that_goes_away_does_not_lose_the_new_token(doors: Doors, http: httpx2.AsyncClient) -> None:
    """The renewal is not theirs alone: the next caller comes with what it brought, and asks for nothing."""
    connection = doors.connection(http)
    caller = asyncio.create_task(connection.tools())
    await doors.knocked.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    next_one = asyncio.create_task(connection.tools())
    doors.opened.set()
    with pytest.raises(Failed, match=r"^The app cannot answer just now: It is lunchtime\.$"):
        await next_one
    assert doors.renewals == ["r1"]


async def test_an_app_that_is_busy_does_not_end_the_connection(doors: Doors, http: httpx2.AsyncClient) -> None:
    """A renewal that could not be had is tried again with the next call, with the same refresh token."""
    doors.opened.set()
    doors.status = HTTPStatus.TOO_MANY_REQUESTS
    connection = doors.connection(http)
    with pytest.raises(Failed, match="gave no tokens"):
        await connection.tools()
    doors.status = HTTPStatus.OK
    with pytest.raises(Failed, match="lunchtime"):
        await connection.tools()
    assert doors.renewals == ["r1", "r1"]


async def test_an_app_that_is_away_is_said_to_be(http: httpx2.AsyncClient) -> None:
    """In a sentence with what to look at."""
    with listen("127.0.0.1", 0) as listener:
        nobody = Doors(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(Failed, match=r"^The app does not answer\. Is it running\?$"):
        await nobody.connection(http).tools()
