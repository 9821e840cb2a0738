"""A person's connection to the app: tools are listed and called, and resources read, with the person's own tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from mcp import Client, MCPError
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthToken
from mcp_types import CallToolResult, Implementation, ReadResourceResult, TextResourceContents, Tool

from sandbox.chat import oauth
from sandbox.chat.oauth import Failed, NotConnected

JSON = dict[str, Any]
APP_PAGE: Final = "text/html;profile=mcp-app"
_UI: Final = advertise("io.modelcontextprotocol/ui", {"mimeTypes": [APP_PAGE]})
_WHO: Final = Implementation(name="chatgpt-simulated", title="ChatGPT (simulated)", version="1")
TIMEOUT: Final = 30.0  # seconds; for one call
#: statuses of a door that is there and does not open just now
_NOT_NOW: Final = {429, 502, 503, 504}


class _Bearer(httpx2.Auth):
    """Sends the access token, and renews it once where it is not taken any more, however many callers there are."""

    def __init__(self, http: httpx2.AsyncClient, server: oauth.Server, tokens: OAuthToken) -> None:
        self._http = http
        self._renewal: asyncio.Task[OAuthToken] | None = None
        self.server = server
        self.tokens = tokens

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        sent = self.tokens
        request.headers["Authorization"] = f"Bearer {sent.access_token}"
        response = yield request
        if response.status_code == 401:
            await self._renewed(sent)
            request.headers["Authorization"] = f"Bearer {self.tokens.access_token}"
            response = yield request
        if response.status_code == 401:
            raise NotConnected("The app does not let you in.")
        if response.status_code in _NOT_NOW:
            await response.aread()
            raise Failed(f"The app cannot answer just now: {oauth.said(response)}.")

    async def _renewed(self, sent: OAuthToken) -> None:
        """Has newer tokens than those that were sent.

        An app takes a refresh token that comes twice for stolen, so there is one renewal at a time, and a caller that
        is cancelled does not end it.
        """
        if self.tokens is not sent:
            return
        if self._renewal is None:
            self._renewal = asyncio.create_task(oauth.renew(self._http, self.server, sent))
            self._renewal.add_done_callback(self._keep)
        await asyncio.shield(self._renewal)

    def _keep(self, renewal: asyncio.Task[OAuthToken]) -> None:
        self._renewal = None
        if not renewal.cancelled() and renewal.exception() is None:
            self.tokens = renewal.result()


class Connection:
    """One of them.

    From any method: raises NotConnected when the app does not let the person in any more, and Failed when it could not
    be asked.
    """

    def __init__(self, http: httpx2.AsyncClient, mcp_url: str, server: oauth.Server, tokens: OAuthToken) -> None:
        self._http = http
        self._url = mcp_url
        self._bearer = _Bearer(http, server, tokens)
        self._pages: dict[str, JSON] = {}

    @property
    def tokens(self) -> OAuthToken:
        """What the person's program holds now."""
        return self._bearer.tokens

    async def tools(self) -> list[Tool]:
        """What the app can do, all pages of it."""
        found: list[Tool] = []
        async with self._session() as session:
            cursor = None
            while True:
                page = await session.list_tools(cursor=cursor)
                found += page.tools
                if (cursor := page.next_cursor) is None:
                    return found

    async def call(self, tool: str, arguments: JSON) -> CallToolResult:
        """One call of a tool."""
        async with self._session() as session:
            return await session.call_tool(tool, arguments)

    async def page(self, uri: str) -> JSON:
        """A component's page: {"html", "meta"}, read once for each address, which is its version."""
        if uri not in self._pages:
            async with self._session() as session:
                self._pages[uri] = _page(uri, await session.read_resource(uri))
        return self._pages[uri]

    async def end(self) -> None:
        """Tell the app that the person has disconnected."""
        await oauth.revoke(self._http, self._bearer.server, self._bearer.tokens)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Client]:
        """A session for one or two calls: the app remembers nothing between them anyway."""
        try:
            async with (
                httpx2.AsyncClient(auth=self._bearer, timeout=TIMEOUT, trust_env=False) as http,
                Client(
                    streamable_http_client(self._url, http_client=http), client_info=_WHO, extensions=[_UI]
                ) as session,
            ):
                yield session
        except Exception as error:
            raise _plain(error) from error


def _page(uri: str, read: ReadResourceResult) -> JSON:
    """Raises Failed if this is no component."""
    for content in read.contents:
        if isinstance(content, TextResourceContents) and content.mime_type == APP_PAGE:
            return {"html": content.text, "meta": (content.meta or {}).get("ui", {})}
    raise Failed(f"{uri} is not a page that can be shown here.")


def _plain(error: BaseException) -> BaseException:
    """What a session failed with, without the groups that its tasks wrap it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case MCPError():
            return Failed(f"The app refused: {str(error).rstrip('.')}.")
        case httpx2.HTTPError() | TimeoutError():
            return Failed("The app does not answer. Is it running?")
        case RuntimeError() | ValueError():
            return Failed(f"The app's answer is not one that can be read here: {str(error).rstrip('.')}.")
        case _:
            return error
