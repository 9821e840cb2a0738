"""Looking around: which applications there are, and what can be asked for in them."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult
from pydantic import Field

from bot.chatgpt_app.component import CATALOG_URI
from bot.chatgpt_app.desk import Desk, one_of
from bot.chatgpt_app.tools.answers import MOST, App, Apps
from bot.chatgpt_app.tools.describe import Effect, describe, say

#: how many tags are named where nothing was found
_TAGS = 50


def app_tools(desk: Desk) -> list[Tool]:
    """`list_apps` and `get_app`."""

    async def list_apps(
        query: Annotated[
            str, Field(max_length=500, description="What it is for, or a part of its name; leave empty for all.")
        ] = "",
        tag: Annotated[str, Field(max_length=100, description="Only applications with this tag.")] = "",
    ) -> Annotated[CallToolResult, Apps]:
        """Use this when the user asks which applications the organization has, or which one helps with something. It
        searches names, descriptions and tags by the meaning of the words, and says for each application what can be
        asked for, who owns it, and whether the user has it already. At most 20 come at once, the best first; more
        words narrow the search. It changes nothing."""
        shelf, own = await desk.around()
        found = shelf.index.find(query, tag)
        shown = [shelf.shown(entry.key, own) for entry in found[:MOST]]
        answer = Apps(
            apps=[app for app, _ in shown],
            more=max(0, len(found) - MOST),
            tags=[] if found else list(shelf.index.tags[:_TAGS]),
        )
        return say(_told(answer, [line for _, line in shown], query or tag), answer)

    async def get_app(
        app: Annotated[str, Field(min_length=1, max_length=200, description="The application's key or name.")],
    ) -> Annotated[CallToolResult, App]:
        """Use this when the user asks about one application: what it is, which roles, seats and durations can be asked
        for, who owns it, and whether they have it. It changes nothing."""
        shelf, own = await desk.around()
        found, line = shelf.shown(one_of(app, shelf.index).key, own)
        return say(line, found)

    return [
        describe(
            list_apps,
            title="Find applications",
            effect=Effect.READS,
            doing="Looking through the applications…",
            done="Looked through the applications",
            component=CATALOG_URI,
        ),
        describe(
            get_app,
            title="Show an application",
            effect=Effect.READS,
            doing="Looking at the application…",
            done="Looked at the application",
        ),
    ]


def _told(apps: Apps, lines: list[str], wanted: str) -> str:
    if not lines:
        tags = f" These tags there are: {', '.join(apps.tags)}." if apps.tags else ""
        return f"No application fits “{wanted}”.{tags}" if wanted else "There is nothing to ask for yet."
    more = [f"And {apps.more} more: narrow the search with words or a tag."] if apps.more else []
    return "\n".join([*lines, *more])
