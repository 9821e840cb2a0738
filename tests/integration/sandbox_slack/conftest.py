"""A simulated Slack on a real socket, and a real Bolt app beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from sandbox import company
from sandbox.slack import Person, Slack, api_routes, page_routes
from sandbox.slack.faults import RateLimit


@contextlib.asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """The app on an ephemeral port: its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """The workspace of Harbour Studio, without an app that listens."""
    slack = Slack.harbour(rate_limit=RateLimit(per_second=1000, burst=1000))
    routes = [Mount("/slack/page", routes=page_routes(slack)), Mount("/slack", routes=api_routes(slack))]
    async with serving(Starlette(routes=routes)) as address:
        slack.base_url = f"{address}/slack"
        yield slack
        await slack.close()


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """The SDK's own client, with the bot token."""
    return AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=f"{slack.base_url}/api/", retry_handlers=[])


@pytest.fixture
def bolt(client: AsyncWebClient) -> AsyncApp:
    """A Bolt app that a test adds its listeners to."""
    return AsyncApp(client=client, signing_secret=company.SLACK_APP.signing_secret, process_before_response=True)


@contextlib.asynccontextmanager
async def over_http(slack: Slack, bolt: AsyncApp) -> AsyncIterator[None]:
    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async with serving(Starlette(routes=[Route("/slack/events", events, methods=["POST"])])) as address:
        slack.app.request_url = f"{address}/slack/events"
        yield
        slack.app.request_url = None


@contextlib.asynccontextmanager
async def over_socket(slack: Slack, bolt: AsyncApp, client: AsyncWebClient) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(bolt, company.SLACK_APP.app_token, web_client=client, ping_interval=5)
    before = len(slack.socket.connections)
    await handler.connect_async()
    await slack.until(lambda: len(slack.socket.connections) > before)
    yield handler
    await handler.close_async()
    await handler.client.aiohttp_client_session.close()


@pytest.fixture
async def http(slack: Slack, bolt: AsyncApp) -> AsyncIterator[None]:
    """The Bolt app behind a request URL."""
    async with over_http(slack, bolt):
        yield


@pytest.fixture
async def socket(slack: Slack, bolt: AsyncApp, client: AsyncWebClient) -> AsyncIterator[AsyncSocketModeHandler]:
    """The Bolt app connected by Socket Mode."""
    async with over_socket(slack, bolt, client) as handler:
        yield handler


@pytest.fixture(params=["http", "socket"])
async def listening(
    request: pytest.FixtureRequest, slack: Slack, bolt: AsyncApp, client: AsyncWebClient
) -> AsyncIterator[str]:
    """The Bolt app hears of what people do: once over HTTP, once over Socket Mode."""
    transport = over_http(slack, bolt) if request.param == "http" else over_socket(slack, bolt, client)
    async with transport:
        yield request.param


@pytest.fixture
def lena(slack: Slack) -> Person:
    return slack.person("U0LENA0001")


@pytest.fixture
def maya(slack: Slack) -> Person:
    return slack.person("Maya Lindqvist")
