"""What an admin enters is read by the models of the catalogue, and what is wrong is said by field."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.catalog import ApplicationEntry
from bot.access.set_up import PLANS, WAYS, WrongSetUp, asked_by, key_of, read_connector, read_entry, unfinished

ENTERED: dict[str, Any] = {
    "key": "",
    "name": "ChatGPT for Design",
    "description": "",
    "roles": ["member"],
    "seat_types": ["codex"],
    "durations": ["7d"],
    "policy": "default",
    "owner": None,
    "admins": ["U012ABCDEF"],
    "connector": {
        **WAYS["session"],
        "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
        "integration_email": "it@example.com",
        "base_url": "",
    },
}


def wrong(**changes: Any) -> dict[str, str]:
    with pytest.raises(WrongSetUp) as raised:
        read_entry({**ENTERED, **changes})
    return raised.value.fields


def test_what_was_left_empty_keeps_its_default() -> None:
    """The entry is what the same file would say."""
    entry = read_entry(ENTERED)
    assert entry == ApplicationEntry.model_validate(
        {
            "key": "chatgpt-for-design",
            "name": "ChatGPT for Design",
            "seat_types": ["codex"],
            "durations": ["7d"],
            "admins": ["U012ABCDEF"],
            "connector": {
                "type": "chatgpt",
                "transport": "web_admin",
                "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
                "integration_email": "it@example.com",
                "secret": "chatgpt-for-design-session",
            },
        }
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ChatGPT", "chatgpt"),
        ("  Figma & Co. ", "figma-co"),
        ("Über-Büro", "uber-buro"),
        ("設計", ""),
        ("x" * 60, "x" * 40),
    ],
)
def test_a_key_is_made_of_the_name(name: str, key: str) -> None:
    """Lower-case letters, digits and dashes; nothing where the name has none."""
    assert key_of(name) == key


def test_a_name_without_letters_needs_a_key() -> None:
    """It is asked for under its own field."""
    assert list(wrong(name="設計")) == ["key"]
    assert read_entry({**ENTERED, "name": "設計", "key": "design"}).key == "design"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"key": "No Key"}, "key", "cannot be a name here"),
        ({"name": "x" * 71, "key": "x"}, "name", "71 characters"),
        ({"durations": ["7d", "7d"]}, "durations", "stands there twice"),
        ({"durations": []}, None, ""),
        ({"roles": ["boss"]}, "roles", "there is no role “boss”"),
        ({"admins": ["nobody"]}, "admins", "neither an e-mail address nor"),
        ({"connector": {"type": "manual", "link": "ftp://x"}, "roles": [], "seat_types": []}, "link", "web address"),
    ],
)
def test_what_is_wrong_is_said_by_field(changes: dict[str, Any], field: str | None, words: str) -> None:
    """In the words of the catalogue, as a sentence."""
    if field is None:
        assert read_entry({**ENTERED, **changes}).durations == (30 * 86_400,)
        return
    found = wrong(**changes)
    assert list(found) == [field]
    assert words.casefold() in found[field].casefold()
    assert found[field][:1].isupper() or found[field].startswith("“")


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"workspace_id": "ours"}, "workspace_id"),
        ({"integration_email": "it"}, "integration_email"),
        ({"base_url": "http://10.0.0.1"}, "base_url"),
        ({"workspace_id": ""}, "workspace_id"),
    ],
)
def test_a_wrong_connection_is_said_before_the_rest_is_asked(entered: dict[str, str], field: str) -> None:
    """Each under its own input."""
    with pytest.raises(WrongSetUp) as raised:
        read_connector({**ENTERED["connector"], **entered})
    assert list(raised.value.fields) == [field]


def test_a_secret_that_somebody_smuggles_in_is_not_taken() -> None:
    """The name of the secret is Usher's own."""
    entry = read_entry({**ENTERED, "connector": {**ENTERED["connector"], "secret": "another-session"}})
    assert entry.connector.model_dump()["secret"] == "chatgpt-for-design-session"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_is_offered_and_complete(way: str) -> None:
    """Some plan offers it; the fields that are asked for make a connector, which is remembered without a secret."""
    assert any(way in ways for ways in PLANS.values())
    values = {
        "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
        "integration_email": "it@example.com",
        "base_url": "https://directory.example/scim/v2",
    }
    needed = [name for name, required in asked_by(way).items() if required]
    connector = read_connector({**WAYS[way], **{name: values[name] for name in needed}})
    assert unfinished(connector).keys() == {*WAYS[way], *needed}
