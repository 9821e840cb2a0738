"""The manifest of the Slack app: `manifest.yml`, as it is for Socket Mode and with addresses for HTTP."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bot.chatgpt_app.config import SLACK_CALLBACK

_ROOM = Path(__file__).parent
#: where Slack sends everything over HTTP
EVENTS_PATH = "/slack/events"


def for_socket_mode(public_url: str | None = None) -> str:
    """The manifest as YAML. No address is needed: Usher calls Slack.

    Args:
        public_url: where people come back to who sign in with Slack, to connect ChatGPT; None: they do not.
    """
    # in the wheel it lies beside this module, in a checkout at the top, where people look for it
    packaged = _ROOM / "manifest.yml"
    text = (packaged if packaged.exists() else _ROOM.parent / "manifest.yml").read_text(encoding="utf-8")
    if public_url is None:
        return text
    yaml = _round_trip()
    document = yaml.load(text)
    _sign_in(document, public_url)
    return _written(yaml, document)


def for_http(address: str, public_url: str | None = None) -> str:
    """The manifest as YAML, for an Usher that Slack reaches at this address.

    Args:
        address: https and a host.
        public_url: where people come back to who sign in with Slack, if that is another address.

    Raises:
        ValueError: Slack could not reach such an address; the message says what one looks like.
    """
    endpoint = _endpoint(address)
    yaml = _round_trip()
    document = yaml.load(for_socket_mode())
    for command in document["features"]["slash_commands"]:
        command["url"] = endpoint
    settings = document["settings"]
    settings["event_subscriptions"].insert(0, "request_url", endpoint)
    settings["interactivity"]["request_url"] = endpoint
    settings["interactivity"]["message_menu_options_url"] = endpoint
    settings["socket_mode_enabled"] = False
    _sign_in(document, public_url or endpoint.removesuffix(EVENTS_PATH))
    document.yaml_set_start_comment(
        f"The Slack app, over HTTP at {endpoint}: api.slack.com/apps, Create New App, From a manifest, paste this."
    )
    return _written(yaml, document)


def bot_scopes() -> Sequence[str]:
    """What the bot token may do, as the manifest asks for it."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(for_socket_mode())
    scopes: list[str] = document["oauth_config"]["scopes"]["bot"]
    return scopes


def _sign_in(document: CommentedMap, public_url: str) -> None:
    """Slack sends people back to this address alone.

    The scope, `openid`, is asked for at the sign-in; it may not be asked for beside those of a bot (docs.slack.dev).
    """
    document["oauth_config"].insert(0, "redirect_urls", [f"{public_url}{SLACK_CALLBACK}"])


def _written(yaml: YAML, document: CommentedMap) -> str:
    written = io.StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def _endpoint(address: str) -> str:
    parts = urlsplit(address)
    local = parts.hostname in {"127.0.0.1", "localhost"}  # the sandbox
    if not parts.hostname or parts.query or parts.fragment or not (parts.scheme == "https" or local):
        raise ValueError(f"“{address}” is not an address that Slack can reach: write https://usher.example.com")
    return address.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    return yaml
