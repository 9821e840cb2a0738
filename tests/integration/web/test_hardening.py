"""The HTTP server: what it refuses, what every answer carries, and what no answer says. On a real socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serving import LARGEST_HEAD, listen, serving
from bot.web import HEADERS, LARGEST_BODY, web_app

TOKEN = "a-token-for-prometheus"


async def _nothing_missing() -> list[str]:
    return []


async def _numbers() -> bytes:
    return b"usher_seats 1\n"


async def _defect(_request: Request) -> Response:
    raise RuntimeError("a detail that is nobody's business")


@asynccontextmanager
async def served(**options: str | bool) -> AsyncIterator[httpx.AsyncClient]:
    bolt = AsyncApp(client=AsyncWebClient(token="xoxb-none"), signing_secret="signing-secret")
    app = web_app(bolt, _nothing_missing, _numbers, [Route("/defect", _defect)], **options)  # type: ignore[arg-type]
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serving(app, listener), httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with served() as client:
        yield client


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/slack/events", "/nowhere", "/defect"])
async def test_every_answer_carries_the_headers(http: httpx.AsyncClient, path: str) -> None:
    """Nothing is sniffed, framed, kept or leaked, and no answer names what serves it: also those that went wrong."""
    answer = await http.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_a_defect_is_told_to_nobody_outside(http: httpx.AsyncClient) -> None:
    """The answer says that something went wrong and not what; the traceback is in the log."""
    answer = await http.get("/defect")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


async def test_a_public_address_of_https_is_https_only() -> None:
    """Browsers remember it, so that nobody in between can offer them the page in clear."""
    async with served(only_https=True) as http:
        assert re.match(r"max-age=\d{8}", (await http.get("/healthz")).headers["strict-transport-security"])


async def test_a_body_that_is_too_large_is_not_read(http: httpx.AsyncClient) -> None:
    """Whether its length is declared or it comes in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (LARGEST_BODY // 2)

    for body in (b"x" * (LARGEST_BODY + 1), pieces()):
        assert (await http.post("/slack/events", content=body)).status_code == 413


@pytest.mark.parametrize("piece", [b"x\r\nX-More: ", b"x" * 1000], ids=["many headers", "one long header"])
async def test_headers_have_an_end(http: httpx.AsyncClient, piece: bytes) -> None:
    """Whoever sends headers for ever is cut off, and the server goes on."""
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-First: ")
    sent = 0
    try:
        while sent < 50 * LARGEST_HEAD:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # the server is in the same loop
            sent += len(piece)
        said = await reader.read()
    except ConnectionError:
        said = b"HTTP/1.1 400"  # the answer was lost with the connection
    assert said.startswith(b"HTTP/1.1 400")
    assert sent < 50 * LARGEST_HEAD
    writer.close()
    assert (await http.get("/healthz")).text == "ok"


async def test_large_bodies_are_no_headers(http: httpx.AsyncClient) -> None:
    """A body below its limit comes in, however large: the limit of the headers is theirs, in each request anew."""
    for _ in range(3):
        answer = await http.post("/slack/events", content=b"x" * (LARGEST_BODY - 1))
        assert answer.status_code == 401  # not signed


@pytest.mark.parametrize(("brought", "status"), [(None, 401), ("Bearer wrong", 401), (f"Bearer {TOKEN}", 200)])
async def test_the_numbers_are_for_whoever_has_the_token(brought: str | None, status: int) -> None:
    """With USHER_METRICS_TOKEN; health stays open to the load balancer."""
    async with served(metrics_token=TOKEN) as http:
        answer = await http.get("/metrics", headers={"Authorization": brought} if brought else {})
        assert answer.status_code == status
        assert ("usher_seats" in answer.text) == (status == 200)
        assert (await http.get("/healthz")).status_code == 200
