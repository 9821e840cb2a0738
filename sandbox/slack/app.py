"""The app as the workspace knows it: what its manifest and its installation say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command of the manifest."""

    command: str
    description: str
    usage_hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A global shortcut of the manifest."""

    callback_id: str
    name: str


SCOPES: Final = frozenset(
    {
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
        "im:write",
        "users.profile:read",
        "users:read",
        "users:read.email",
    }
)
EVENTS: Final = frozenset({"app_home_opened", "message.im", "team_join", "user_change"})


@dataclass(slots=True, kw_only=True)
class App:
    """An installed app. Everything may be changed while the workspace runs, as an admin could."""

    app_id: str
    bot_id: str
    bot_user: str
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    scopes: frozenset[str] = SCOPES
    events: frozenset[str] = EVENTS
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    home_tab: bool = True
    request_url: str | None = None  # where HTTP mode delivers; None: Socket Mode
    verification_token: str = "sandbox-verification-token"  # deprecated at Slack, still in every payload
