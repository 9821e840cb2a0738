"""The doors to Slack: each listener parses, says who acts, calls one operation and acknowledges."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import approvals, home, incidents, own_access, request_access, steps
from bot.handlers.house import House


def register(app: AsyncApp, house: House) -> None:
    """Registers every listener but those of the directory, which need the directory."""
    for surface in (request_access, approvals, own_access, home, incidents, steps):
        surface.register(app, house)
