"""How an application is connected, in words, and the steps that a human takes to connect it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.access.connections import AnyConnector, ChatGPTAdminApi, ChatGPTScim, ChatGPTWebAdmin, Manual
from bot.cards.content import JSON
from bot.cards.escape import shorten
from bot.cards.rich import Line, bold, code, lines, link, numbered

_INSTRUCTIONS: Final = 600
_CHATGPT: Final = "https://chatgpt.com"
_ADMIN_CONSOLE: Final = "https://admin.openai.com"
_CHECK: Final[Line] = ("Press ", bold("Check"), ", in Usher's message or on its Home tab.")


def connection(connector: AnyConnector) -> str:
    """How Usher gets in: `Integration account it-chatgpt@example.com`."""
    match connector:
        case ChatGPTWebAdmin():
            in_browser = ", in a browser" if connector.via == "browser" else ""
            return f"Integration account {connector.integration_email}{in_browser}"
        case ChatGPTAdminApi():
            return "OpenAI's Admin API"
        case ChatGPTScim():
            return "SCIM directory"
        case Manual():
            return "By hand: its admins get a task card for every change"


def steps(connector: AnyConnector, *, key: str) -> list[JSON]:
    """The steps, numbered, as blocks. `key` is the application's."""
    match connector:
        case ChatGPTWebAdmin():
            return [numbered(_integration_account(connector, key))]
        case ChatGPTAdminApi():
            return [numbered(_admin_key(connector))]
        case ChatGPTScim():
            return [numbered(_directory(connector))]
        case Manual():
            return [lines(*_by_hand(connector))]


def _integration_account(connector: ChatGPTWebAdmin, key: str) -> Sequence[Line]:
    return (
        [
            "In ChatGPT, as an Owner, open ",
            *_path("Workspace settings", "Members", "Invite member"),
            ".",
        ],
        [
            "Enter ",
            code(connector.integration_email),
            ", choose the role ",
            bold("Owner"),
            " (only Owners can change roles and seat types) and a seat type, and send.",
        ],
        ["Accept the invite in that mailbox."],
        *(_session(connector.secret) if connector.secret else _browser(connector, key)),
        _CHECK,
    )


def _session(secret: str) -> Sequence[Line]:
    cookie = code("__Secure-next-auth.session-token")
    return (
        [
            "Sign in to ",
            link(_CHATGPT, "chatgpt.com"),
            " as that address, and copy the value of the cookie ",
            cookie,
            ".",
        ],
        _hand_over(secret),
    )


def _browser(connector: ChatGPTWebAdmin, key: str) -> Sequence[Line]:
    command = code(f"usher browser sign-in {key}")
    return (
        [
            "Run ",
            command,
            ", and sign in to ChatGPT as ",
            code(connector.integration_email),
            " in the browser it opens.",
        ],
    )


def _admin_key(connector: ChatGPTAdminApi) -> Sequence[Line]:
    return (
        [
            "At ",
            link(_ADMIN_CONSOLE, "admin.openai.com"),
            ", as an Owner, open the workspace, then ",
            *_path("Credentials", "Admin keys"),
            ".",
        ],
        [
            "Make a key: ",
            bold("Custom"),
            ", with ",
            bold("Users: Write"),
            " and ",
            bold("Invitations: Write"),
            ". Only an Owner's key changes roles and seat types. It is shown once.",
        ],
        _hand_over(connector.secret),
        _CHECK,
    )


def _directory(connector: ChatGPTScim) -> Sequence[Line]:
    where = _path(
        "Workspace settings", "Identity & Provisioning", "Directory Sync (SCIM)", "Create Directory Connection"
    )
    return (
        ["In ChatGPT, as an Owner, open ", *where, ", and choose ", bold("Custom SCIM v2.0"), "."],
        ["The directory must be Usher's alone. Its endpoint should be the one you entered: ", code(connector.base_url)],
        ["Copy the bearer token. It is shown once."],
        _hand_over(connector.secret),
        _CHECK,
    )


def _hand_over(secret: str) -> Line:
    command = code(f"usher secret set {secret}")
    return ["In the shell where Usher runs, type ", command, " and paste it. Secrets never pass through Slack."]


def _by_hand(connector: Manual) -> Sequence[Line]:
    where: Line = ["The page: ", link(connector.link, connector.link)] if connector.link else []
    return (
        ["There is nothing to connect. Whoever administers it gets a task card, and answers Done or Could not."],
        [shorten(connector.instructions, _INSTRUCTIONS)],
        where,
    )


def _path(*places: str) -> Line:
    """Where to click, one after the other."""
    return [piece for place in places for piece in (" → ", bold(place))][1:]
