"""The app as the workspace knows it: what its manifest and its installation say."""

from __future__ import annotations

from collections.abc import Mapping
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
        "usergroups:read",
        "users.profile:read",
        "users:read",
        "users:read.email",
    }
)
EVENTS: Final = frozenset(
    {
        "app_home_opened",
        "message.im",
        "subteam_created",
        "subteam_members_changed",
        "subteam_updated",
        "team_join",
        "user_change",
    }
)
#: what an event takes besides the subscription: without the scope Slack sends nothing
EVENT_SCOPES: Final[Mapping[str, str]] = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "subteam_created": "usergroups:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "team_join": "users:read",
    "user_change": "users:read",
}


@dataclass(slots=True, kw_only=True)
class App:
    """An installed app. Everything may be changed while the workspace runs, as an admin could."""

    app_id: str
    bot_id: str
    bot_user: str
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    redirect_urls: tuple[str, ...] = ()  # where people may be sent back to after they signed in, with what is below
    scopes: frozenset[str] = SCOPES
    events: frozenset[str] = EVENTS
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    home_tab: bool = True
    request_url: str | None = None  # where HTTP mode delivers; None: Socket Mode
    verification_token: str = "sandbox-verification-token"  # deprecated at Slack, still in every payload

    def hears(self, event: str) -> bool:
        """Whether Slack delivers such an event: the app subscribed to it, and has the scope that it takes."""
        return event in self.events and EVENT_SCOPES.get(event) in {None, *self.scopes}
