"""The simulated ChatGPT workspace: one state, the faces over it, and a page to act on it by hand.

`workspace.py` holds the state and its rules, a face (`web_admin.py`, `admin_api.py`, `scim.py`) speaks one wire format,
`faults*.py` say what can go wrong, and `door.py` is where every call comes in.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.chatgpt import admin_api, page, scim, sign_in_page, web_admin
from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.demo import harbour_studio, sign_in
from sandbox.chatgpt.door import door
from sandbox.chatgpt.workspace import Workspace

__all__ = ["Call", "Workspace", "api_routes", "harbour_studio", "page_routes", "sign_in"]


def api_routes(workspace: Workspace) -> list[BaseRoute]:
    """Everything that plays OpenAI, relative to where it is mounted. What no face knows is logged and is a 404."""
    return [
        *sign_in_page.routes(workspace),
        *web_admin.routes(workspace),
        *admin_api.routes(workspace),
        *scim.routes(workspace),
        Route("/{path:path}", door(workspace, _not_found), methods=_METHODS),
    ]


def page_routes(workspace: Workspace) -> list[BaseRoute]:
    """The JSON for the page, relative to where it is mounted."""
    return [*page.routes(workspace)]


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _not_found(_: Call) -> Response:
    return JSONResponse({"detail": "Not Found"}, 404)
