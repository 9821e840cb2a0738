"""Wires the ChatGPT app together: its routes, for as long as it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import BaseRoute

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.oauth.routes import oauth_routes
from bot.chatgpt_app.public_files import public_file_routes
from bot.chatgpt_app.server import mcp_route
from storage.database import Database


@asynccontextmanager
async def chatgpt_app(
    config: AppConfig, database: Database, http: httpx.AsyncClient, slack: AsyncWebClient
) -> AsyncIterator[list[BaseRoute]]:
    """What the ChatGPT app adds to the process's routes.

    Args:
        config: what the settings say about it.
        database: where everything is kept.
        http: for what is fetched from outside.
        slack: for who is who in Slack.
    """
    async with mcp_route(config, database, slack) as mcp:
        yield [mcp, *oauth_routes(config, database, http, slack), *public_file_routes(config.apps_challenge)]
