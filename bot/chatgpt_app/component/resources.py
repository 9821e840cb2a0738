"""The pages as resources of the MCP server."""

from __future__ import annotations

from typing import Final

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver.resources import TextResource

from bot.chatgpt_app.component.pages import CATALOG, REQUEST, Page

#: no address at all: a page reaches nobody but its host
_CSP: Final[dict[str, list[str]]] = {"connectDomains": [], "resourceDomains": []}


def component() -> Apps:
    """The extension `io.modelcontextprotocol/ui` with both pages. Which tool shows which, the tools say themselves."""
    apps = Apps()
    for page in (CATALOG, REQUEST):
        apps.add_resource(_resource(page))
    return apps


def _resource(page: Page) -> TextResource:
    return TextResource(
        uri=page.uri,
        name=page.name,
        title=page.title,
        description=page.description,
        mime_type=APP_MIME_TYPE,
        meta={"ui": {"csp": _CSP, "prefersBorder": True}, "openai/widgetDescription": page.description},
        text=page.html,
    )
