"""The ASGI app: what Slack posts to, what operators and load balancers ask, and what else has routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import CONTENT_TYPE_LATEST
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from storage.errors import StorageError

#: bytes; Slack's largest payloads (a view with its state) stay far below this
LARGEST_BODY = 1_000_000

#: what is not ready, in words; empty when everything is
Readiness = Callable[[], Awaitable[list[str]]]
#: the text of a page
Page = Callable[[], Awaitable[bytes]]


def web_app(
    slack: AsyncApp | None, ready: Readiness, metrics: Page, more_routes: Sequence[BaseRoute] = ()
) -> Starlette:
    """The routes of one process. Without `slack` (Socket Mode) there is nothing for Slack to post to."""
    routes: list[BaseRoute] = [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", _readyz(ready), methods=["GET"]),
        Route("/metrics", _metrics(metrics), methods=["GET"]),
    ]
    if slack is not None:
        routes.append(Route("/slack/events", _slack_events(slack), methods=["POST"]))
    return Starlette(routes=[*routes, *more_routes])


def _slack_events(slack: AsyncApp) -> Callable[[Request], Awaitable[Response]]:
    handler = AsyncSlackRequestHandler(slack)

    async def slack_events(request: Request) -> Response:
        """Everything from Slack. Bolt checks the signature, and refuses what is forged or stale with 401."""
        if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
            return PlainTextResponse("too large", status_code=413)
        return await handler.handle(request)

    return slack_events


async def _healthz(_request: Request) -> Response:
    """The process lives."""
    return PlainTextResponse("ok")


def _readyz(ready: Readiness) -> Callable[[Request], Awaitable[Response]]:
    async def readyz(_request: Request) -> Response:
        """It can do its work: database reachable, migrations current, dispatcher beating."""
        missing = await ready()
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    return readyz


def _metrics(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def metrics(_request: Request) -> Response:
        """What Prometheus reads."""
        try:
            return Response(await page(), media_type=CONTENT_TYPE_LATEST)
        except StorageError as error:
            return PlainTextResponse(str(error), status_code=503)

    return metrics
