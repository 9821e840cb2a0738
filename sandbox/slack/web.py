"""The routes of the simulated Slack: for the app and who signs in under /slack, for the page under /slack/page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.slack.errors import Refusal
from sandbox.slack.page import Page
from sandbox.slack.sign_in import sign_in_routes
from sandbox.slack.web_api import answer_call

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack


def api_routes(slack: Slack) -> list[BaseRoute]:
    """What the app calls, to be mounted at /slack: /api/{method}, /socket and /response/{key}; and how people sign in
    with Slack elsewhere.
    """

    async def api(request: Request) -> Response:
        return await answer_call(slack, request)

    async def response_url(request: Request) -> Response:
        try:
            body = await request.json()
        except ValueError:
            return PlainTextResponse("invalid_payload", status_code=400)
        try:
            slack.response_urls.use(request.path_params["key"], body)
        except Refusal as refusal:
            gone = refusal.code in {"expired_url", "used_url"}
            return PlainTextResponse(refusal.code, status_code=404 if gone else 400)
        slack.changes.bump()
        return PlainTextResponse("ok")

    async def socket(websocket: WebSocket) -> None:
        await slack.socket.serve(websocket)

    return [
        Route("/api/{method}", api, methods=["GET", "POST"]),
        Route("/response/{key}", response_url, methods=["POST"]),
        WebSocketRoute("/socket", socket),
        *sign_in_routes(slack),
    ]


def page_routes(slack: Slack) -> list[BaseRoute]:
    """What the page calls, to be mounted at /slack/page."""
    page = Page(slack)
    return [
        Route("/state", page.state, methods=["GET"]),
        Route("/changes", page.changes, methods=["GET"]),
        Route("/conversation/{id}", page.conversation, methods=["GET"]),
        Route("/home", page.home, methods=["GET"]),
        *(Route(f"/{name}", endpoint, methods=["POST"]) for name, endpoint in page.acts().items()),
    ]
