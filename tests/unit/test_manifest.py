"""The Slack app's manifest: what Slack's own schema refuses, and what it does not notice.

Limits: Slack's manifest schema, version 2.0.0 (github.com/slackapi/manifest-schema). It knows no scopes, no events, and
not that an app without Socket Mode needs an address; those are checked against the lists at docs.slack.dev.
"""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import manifest
from sandbox.slack import app as sandbox_app

ADDRESS = "https://usher.example.com"

#: scope -> the calls or features of Usher's that need it (docs.slack.dev/reference/scopes)
SCOPES = {
    "commands": "/request-access, the shortcut",
    "chat:write": "chat.postMessage, chat.update, chat.postEphemeral",
    "im:write": "conversations.open",
    "im:history": "conversations.history of a direct message; the event message.im",
    "channels:read": "conversations.info of a public channel",
    "channels:history": "conversations.history of a public channel",
    "groups:read": "conversations.info of a private channel",
    "groups:history": "conversations.history of a private channel",
    "users:read": "users.list, users.info; the events user_change and team_join",
    "users:read.email": "users.lookupByEmail, addresses in profiles",
    "users.profile:read": "users.profile.get, team.profile.get",
    "usergroups:read": "usergroups.list; the events of user groups",
}
#: event -> the scope that it needs; None for none (docs.slack.dev/reference/events)
EVENTS = {
    "app_home_opened": None,
    "message.im": "im:history",
    "subteam_created": "usergroups:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "team_join": "users:read",
    "user_change": "users:read",
}


def _load(text: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document


@pytest.fixture(params=[manifest.for_socket_mode(), manifest.for_socket_mode(ADDRESS), manifest.for_http(ADDRESS)])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return _load(request.param)


def test_texts_are_within_the_limits(document: dict[str, Any]) -> None:
    """Slack refuses a manifest with a longer name or description, or a shorter long description."""
    about = document["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert len(document["features"]["bot_user"]["display_name"]) <= 80
    for command in document["features"]["slash_commands"]:
        assert command["command"].startswith("/")
        assert 2 <= len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for shortcut in document["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["callback_id"]) <= 255
        assert len(shortcut["description"]) <= 150


def test_nothing_unknown_stands_in_it(document: dict[str, Any]) -> None:
    """Slack's schema allows no key that it does not know."""
    assert set(document) <= {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert set(document["_metadata"]) <= {"major_version", "minor_version"}
    assert set(document["features"]) <= {"app_home", "bot_user", "shortcuts", "slash_commands"}
    assert set(document["oauth_config"]) <= {"redirect_urls", "scopes"}
    assert set(document["settings"]) <= {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }


def test_the_promised_doors_are_there(document: dict[str, Any]) -> None:
    """The slash command, the global shortcut, the Home tab and the messages that people get."""
    features = document["features"]
    assert [command["command"] for command in features["slash_commands"]] == ["/request-access"]
    [shortcut] = features["shortcuts"]
    assert (shortcut["name"], shortcut["type"], shortcut["callback_id"]) == (
        "Request access",
        "global",
        "request_access",
    )
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]
    assert document["settings"]["interactivity"]["is_enabled"]


def test_scopes_are_those_that_are_used(document: dict[str, Any]) -> None:
    """Usher asks for no right that it has no use for, and for none that Slack does not know."""
    scopes = document["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert set(scopes["bot"]) == set(SCOPES)
    assert len(scopes["bot"]) == len(SCOPES)
    assert scopes["bot"] == list(manifest.bot_scopes())


def test_events_are_known_and_allowed(document: dict[str, Any]) -> None:
    """Every event exists, and comes with a scope that the app asks for."""
    events = document["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) == set(EVENTS)
    scopes = document["oauth_config"]["scopes"]["bot"]
    assert all(EVENTS[event] is None or EVENTS[event] in scopes for event in events)


def test_socket_mode_names_no_address() -> None:
    """In Socket Mode Usher calls Slack, so nothing has to be reachable."""
    text = manifest.for_socket_mode()
    assert _load(text)["settings"]["socket_mode_enabled"] is True
    assert "url" not in text.replace("usher manifest --http https://usher.example.com", "")


def test_http_names_the_address_wherever_slack_calls() -> None:
    """Without Socket Mode every request goes to POST /slack/events of that address."""
    document = _load(manifest.for_http(ADDRESS))
    endpoint = f"{ADDRESS}/slack/events"
    settings = document["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == endpoint
    assert settings["interactivity"]["request_url"] == endpoint
    assert settings["interactivity"]["message_menu_options_url"] == endpoint
    assert [command["url"] for command in document["features"]["slash_commands"]] == [endpoint]


def test_both_are_the_same_app() -> None:
    """But for how Slack reaches it, the app over HTTP is the one in Socket Mode."""
    socket, http = _load(manifest.for_socket_mode()), _load(manifest.for_http(ADDRESS))
    del http["settings"]["event_subscriptions"]["request_url"]
    del http["settings"]["interactivity"]["request_url"]
    del http["settings"]["interactivity"]["message_menu_options_url"]
    del http["features"]["slash_commands"][0]["url"]
    del http["oauth_config"]["redirect_urls"]
    http["settings"]["socket_mode_enabled"] = True
    assert http == socket


def test_people_who_sign_in_come_back_to_usher() -> None:
    """Slack sends whoever connects ChatGPT to no other address; the public one goes before that of Slack's calls."""
    callback = ["https://usher.example.com/oauth/slack/callback"]
    for text in (
        manifest.for_socket_mode(ADDRESS),
        manifest.for_http(f"{ADDRESS}/slack/events"),
        manifest.for_http("https://slack.internal.example.com", ADDRESS),
    ):
        assert _load(text)["oauth_config"]["redirect_urls"] == callback
    with_sign_in, without = manifest.for_socket_mode(ADDRESS), manifest.for_socket_mode()
    added = [line for line in with_sign_in.splitlines() if line not in without.splitlines()]
    assert added == ["  redirect_urls:", f"    - {callback[0]}"]


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/", f"{ADDRESS}/slack/events"])
def test_the_address_may_be_written_in_any_way(address: str) -> None:
    """A slash at the end, or the whole endpoint, means the same."""
    assert manifest.for_http(address) == manifest.for_http(ADDRESS)


@pytest.mark.parametrize(
    "address", ["", "usher.example.com", "http://usher.example.com", "https://", "ftp://x.example"]
)
def test_an_address_that_slack_cannot_reach_is_refused(address: str) -> None:
    """Slack calls https addresses only."""
    with pytest.raises(ValueError, match="write https://"):
        manifest.for_http(address)


def test_the_sandbox_grants_what_the_manifest_asks_for_and_no_more() -> None:
    """A call for which the manifest lacks the scope fails in the sandbox as it would in a real workspace."""
    assert set(manifest.bot_scopes()) == sandbox_app.SCOPES
    subscribed = _load(manifest.for_socket_mode())["settings"]["event_subscriptions"]["bot_events"]
    assert set(subscribed) == sandbox_app.EVENTS
