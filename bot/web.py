"""The ASGI app: what Slack posts to, what operators and load balancers ask, and what else has routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, request_response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.body_limit import BodyLimit
from bot.handlers.payloads import is_of_slack
from storage.errors import StorageError

log = structlog.get_logger(__name__)

#: bytes; Slack's largest payloads (a view with its state) stay far below this
LARGEST_BODY = 1_000_000
#: of every answer that does not say otherwise: nothing here is to be guessed at, framed, or to load anything
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: where the public address is one of https, for half a year
_ONLY_HTTPS: Final = {"Strict-Transport-Security": "max-age=15768000"}

#: what is not ready, in words; empty when everything is
Readiness = Callable[[], Awaitable[list[str]]]
#: the text of a page
Page = Callable[[], Awaitable[bytes]]


def web_app(
    slack: AsyncApp | None,
    ready: Readiness,
    metrics: Page,
    more_routes: Sequence[BaseRoute] = (),
    *,
    metrics_token: str | None = None,
    only_https: bool = False,
) -> ASGIApp:
    """The routes of one process.

    Args:
        slack: what answers Slack; without it (Socket Mode) there is nothing to post to.
        ready: what is not ready.
        metrics: the page of numbers.
        more_routes: those of the ChatGPT app.
        metrics_token: what a reader of the numbers has to bring, if anything.
        only_https: browsers are told to come over https only.
    """
    routes: list[BaseRoute] = [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", _readyz(ready), methods=["GET"]),
        Route("/metrics", _metrics(metrics, metrics_token), methods=["GET"]),
    ]
    if slack is not None:
        routes.append(Route("/slack/events", _slack_events(slack), methods=["POST"]))
    return _hardened(Starlette(routes=[*routes, *more_routes]), HEADERS | (_ONLY_HTTPS if only_https else {}))


def _hardened(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    """The app, with headers for every answer that does not set its own."""

    async def hardened(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = MutableHeaders(scope=message)
                for name, value in headers.items():
                    said.setdefault(name, value)
            await send(message)

        await app(scope, receive, answer)

    return hardened


def _slack_events(slack: AsyncApp) -> ASGIApp:
    async def slack_events(request: Request) -> Response:
        """Everything from Slack. Bolt checks the signature, and refuses what is forged or stale with 401."""
        body = await request.body()
        try:
            delivery = to_async_bolt_request(request, body)
        except Exception as error:  # anybody can bring that about: Bolt reads a body before it looks at the signature
            return _nothing_of_slacks(error)
        try:
            return to_starlette_response(await slack.async_dispatch(delivery))
        except Exception as error:
            if is_of_slack(delivery.body):
                raise
            return _nothing_of_slacks(error)

    return BodyLimit(request_response(slack_events), LARGEST_BODY)


def _nothing_of_slacks(error: Exception) -> Response:
    log.warning("slack.misshapen", error=type(error).__name__)
    return PlainTextResponse("this is nothing that Slack sends", status_code=400)


async def _healthz(_request: Request) -> Response:
    """The process lives."""
    return PlainTextResponse("ok")


def _readyz(ready: Readiness) -> Callable[[Request], Awaitable[Response]]:
    async def readyz(_request: Request) -> Response:
        """It can do its work: database reachable, migrations current, dispatcher beating."""
        missing = await ready()
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    return readyz


def _metrics(page: Page, token: str | None) -> Callable[[Request], Awaitable[Response]]:
    wanted = f"Bearer {token}".encode()

    async def metrics(request: Request) -> Response:
        """What Prometheus reads."""
        if token and not compare_digest(request.headers.get("authorization", "").encode(), wanted):
            return PlainTextResponse(
                "USHER_METRICS_TOKEN is wanted", status_code=401, headers={"WWW-Authenticate": "Bearer"}
            )
        try:
            return Response(await page(), media_type=CONTENT_TYPE_LATEST)
        except StorageError as error:
            return PlainTextResponse(str(error), status_code=503)

    return metrics
