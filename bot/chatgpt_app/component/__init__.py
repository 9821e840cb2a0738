"""What people look at inside ChatGPT instead of reading: the catalogue as cards, and how a request is going.

Two pages of MCP Apps (`text/html;profile=mcp-app`, specification of 2026-01-26). They show what the tools answer and do
what the tools do, so everything works without them too.
"""

from __future__ import annotations

from bot.chatgpt_app.component.pages import CATALOG, REQUEST

CATALOG_URI = CATALOG.uri
REQUEST_URI = REQUEST.uri
