"""Harbour Studio: the company that lives in the sandbox, as both workspaces know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the company, or a bot. `id` and `manager` are Slack user ids, `tz` is an IANA time zone."""

    id: str
    name: str
    email: str
    title: str
    manager: str | None = None
    tz: str = "Europe/Berlin"
    is_guest: bool = False
    is_bot: bool = False
    is_admin: bool = False  # of the Slack workspace

    @property
    def initials(self) -> str:
        """What stands in the avatar: the first letters of the first and the last name."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def first_name(self) -> str:
        """How the pages call them; in small letters it stands in addresses."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A Slack channel and the ids of its members."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A Slack user group, mentioned as @handle, and the ids of its members."""

    id: str
    name: str
    handle: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """Usher as installed in the company's Slack workspace, with the credentials it was given."""

    app_id: str
    bot_id: str
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatGPTMember:
    """A member of the ChatGPT workspace on the first day. `role` and `seat_type` are ChatGPT's own words."""

    email: str
    name: str
    role: str
    seat_type: str = "default"


COMPANY_NAME: Final = "Harbour Studio"
DOMAIN: Final = "harbour.example"
TEAM_ID: Final = "T0HARBOUR1"

LENA: Final = Person(
    id="U0LENA0001",
    name="Lena Fischer",
    email="lena@harbour.example",
    title="Product designer",
    manager="U0MAYA0001",
)
TOM: Final = Person(
    id="U0TOM00001",
    name="Tom Okafor",
    email="tom@harbour.example",
    title="Engineer",
    manager="U0MAYA0001",
    tz="Europe/London",
)
MAYA: Final = Person(
    id="U0MAYA0001",
    name="Maya Lindqvist",
    email="maya@harbour.example",
    title="Head of Design",
    tz="Europe/Stockholm",
)
NOOR: Final = Person(
    id="U0NOOR0001",
    name="Noor Haddad",
    email="noor@harbour.example",
    title="IT lead",
    is_admin=True,
)
USHER: Final = Person(id="U0USHER001", name="Usher", email="", title="Access requests", is_bot=True)

PEOPLE: Final = (LENA, TOM, MAYA, NOOR)
EVERYONE: Final = (*PEOPLE, USHER)

ALERT_CHANNEL: Final = Channel(id="C0ALERTS01", name="it-alerts", members=(NOOR.id, USHER.id))

IT_ADMINS: Final = UserGroup(id="S0ITADMINS", name="IT admins", handle="it-admins", members=(NOOR.id,))
SECURITY: Final = UserGroup(id="S0SECURITY", name="Security", handle="security", members=(NOOR.id, TOM.id))
USER_GROUPS: Final = (IT_ADMINS, SECURITY)

SLACK_APP: Final = SlackApp(
    app_id="A0USHER001",
    bot_id="B0USHER001",
    bot_token="xoxb-sandbox",
    app_token="xapp-sandbox",
    signing_secret="sandbox-signing-secret",
    client_id="4004004004.5005005005",
    client_secret="sandbox-client-secret",
)

CHATGPT_WORKSPACE_ID: Final = "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"
CHATGPT_PLAN: Final = "team"
CHATGPT_PAID_SEATS: Final = 10
CHATGPT_SESSION: Final = "sandbox-session"
CHATGPT_ADMIN_KEY: Final = "sandbox-admin-key"  # works while the workspace is on Enterprise
CHATGPT_DIRECTORY_KEY: Final = "harbour-directory"  # likewise, in the address of its SCIM endpoint
CHATGPT_SCIM_TOKEN: Final = "se_sandbox"
CHATGPT_INTEGRATION_EMAIL: Final = "it-chatgpt@harbour.example"
CHATGPT_MEMBERS: Final = (
    ChatGPTMember(email=CHATGPT_INTEGRATION_EMAIL, name="IT (Usher's account)", role="account-owner"),
    ChatGPTMember(email=NOOR.email, name=NOOR.name, role="account-owner"),
    ChatGPTMember(email=MAYA.email, name=MAYA.name, role="standard-user"),
)


def person(who: str) -> Person:
    """The person with this Slack user id or e-mail address. Raises KeyError if nobody has it."""
    for candidate in EVERYONE:
        if who in (candidate.id, candidate.email):
            return candidate
    raise KeyError(who)
