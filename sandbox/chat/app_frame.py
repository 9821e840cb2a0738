"""The document that a component's page is written into, and the rules for it. `static/app_frame.js` frames it.

The rules are headers of this document, so that they hold before the page begins, whatever the page says. MCP Apps
(2026-01-26) lets a host allow less than a component declares: this one allows no address at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

#: the folder that the chat's page serves as `/chat/static`
STATIC: Final = Path(__file__).parent / "static"
_RULES: Final = (
    "sandbox allow-scripts",  # an origin of its own, also where somebody opens the address itself
    "default-src 'none'",
    "script-src 'unsafe-inline'",  # of the page, which is the whole of what runs here
    "style-src 'unsafe-inline'",
    "img-src data:",
    "media-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
)
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(_RULES),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def app_frame_route() -> Route:
    """`/chat/static/app_frame.html`. It has to stand before a mount that serves the folder's other files."""
    return Route("/chat/static/app_frame.html", _frame, methods=["GET"])


async def _frame(_: Request) -> Response:
    return FileResponse(STATIC / "app_frame.html", headers=_HEADERS)
