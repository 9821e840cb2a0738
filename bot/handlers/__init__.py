"""The doors to Slack: each listener parses, says who acts, calls one operation and acknowledges."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

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
)
from bot.handlers.house import House


def register(app: AsyncApp, house: House) -> None:
    """Registers every listener but those of the directory. Bolt asks them in this order, so the busiest come first."""
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
