"""The doors to Slack: each listener parses, says who acts, calls one operation and acknowledges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers import (
    applications,
    approvals,
    away,
    changes,
    home,
    incidents,
    lists,
    looked_after,
    override,
    own_access,
    questions,
    replacing,
    request_access,
    seats,
    steps,
    thread,
    troubles,
)
from bot.handlers.house import Body, House
from storage import traces

log = structlog.get_logger(__name__)


def register(app: AsyncApp, house: House) -> None:
    """Registers every listener but those of the directory. Bolt asks them in this order, so the busiest come first."""
    troubles.register(app)
    app.middleware(_come_in(app.client))
    for surface in (
        approvals,
        request_access,
        home,
        own_access,
        replacing,
        changes,
        questions,
        incidents,
        steps,
        seats,
        applications,
        lists,
        looked_after,
        override,
        away,
        thread,
    ):
        surface.register(app, house)


def _come_in(slack: AsyncWebClient) -> Callable[..., Awaitable[None]]:
    async def come_in(req: AsyncBoltRequest, next_: Callable[[], Awaitable[None]]) -> None:
        """What Slack delivers is where a trace begins: everything that follows from a press carries its id."""
        traces.begin()  # Bolt calls the listener after this is over, in the same task of the event loop
        req.context["client"] = slack  # Bolt makes a bare one for each delivery, whose calls nobody counts
        log.info("door.slack", **_what_came(req.body))
        await next_()

    return come_in


def _what_came(body: Body) -> dict[str, str]:
    """What was pressed, sent, typed or happened, and by whom; nothing that anybody wrote."""
    event = body.get("event") or {}
    pressed = (body.get("actions") or [{}])[0].get("action_id")
    name = (
        body.get("command")
        or pressed
        or (body.get("view") or {}).get("callback_id")
        or body.get("callback_id")
        or event.get("type")
    )
    who = (body.get("user") or {}).get("id") or body.get("user_id") or event.get("user")
    said = {"type": body.get("type") or "command", "name": name, "person": who}
    return {key: value for key, value in said.items() if isinstance(value, str)}
