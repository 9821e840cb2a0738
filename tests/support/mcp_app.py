"""Usher's MCP server on a real socket, and the official client that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bot.chatgpt_app.app import chatgpt_app
from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import open_connection
from bot.serving import listen, serving
from storage.database import Database

#: both eras of the protocol, as the client's `mode`, and what it then speaks
ERAS = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An app that is being served."""

    config: AppConfig
    database: Database
    url: str  # where this process listens; of several replicas only one listens at the public address

    async def token(self, person_id: str, *, resource: str | None = None) -> str:
        """An access token of somebody who has connected ChatGPT."""
        _, tokens = await self.database.write(
            open_connection,
            person_id=person_id,
            client_id="https://chatgpt.com/oauth/client.json",
            client_name="ChatGPT",
            resource=resource or self.config.resource,
        )
        return tokens.access

    @asynccontextmanager
    async def client(self, person_id: str, *, era: str = "auto") -> AsyncIterator[Client]:
        """The official client, connected for somebody."""
        headers = {"Authorization": f"Bearer {await self.token(person_id)}"}
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(
                httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False, verify=False)
            )
            yield await stack.enter_async_context(Client(streamable_http_client(self.url, http_client=http), mode=era))

    async def call(self, person_id: str, tool: str, **arguments: Any) -> CallToolResult:
        """One call of a tool, by somebody."""
        async with self.client(person_id) as client:
            result = await client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result


@asynccontextmanager
async def served(
    database: Database, *, config: AppConfig | None = None, guests: bool = False, public_url: str | None = None
) -> AsyncIterator[Served]:
    """The app on a free port, whose address is its public one, unless somebody says otherwise."""
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = config or AppConfig(
        public_url=public_url or url,
        origins=("https://chatgpt.com",),
        guests=guests,
        signin_client_id="1.2",
        signin_client_secret=SecretStr("client-secret"),
        slack_api_url="http://127.0.0.1:9/api/",
        apps_challenge=None,
    )
    async with (
        httpx.AsyncClient(trust_env=False, verify=False) as http,
        chatgpt_app(config, database, http, AsyncWebClient(base_url=config.slack_api_url)) as routes,
        serving(Starlette(routes=routes), listener),
    ):
        yield Served(config=config, database=database, url=f"{url}/mcp")


def text_of(result: CallToolResult) -> str:
    """What an answer says in words."""
    [content] = result.content
    return str(getattr(content, "text", ""))
