"""The doors to Slack: each listener parses, says who acts, calls one operation and acknowledges."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import (
    applications,
    approvals,
    home,
    incidents,
    looked_after,
    own_access,
    request_access,
    seats,
    steps,
)
from bot.handlers.house import House


def register(app: AsyncApp, house: House) -> None:
    """Registers every listener but those of the directory. Bolt asks them in this order, so the busiest come first."""
    for surface in (approvals, request_access, home, own_access, incidents, steps, seats, applications, looked_after):
        surface.register(app, house)
