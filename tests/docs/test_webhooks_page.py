"""docs/webhooks.md is the schema of the events: every type, every field, and a receiver that works."""

from __future__ import annotations

import re
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.access.catalog_file import read
from bot.access.events import EVENTS, PING, Event, EventData, GrantFacts, RequestFacts, Somebody
from bot.access.webhook_entries import WebhookEntry
from bot.engine.webhook_calls import headers, keys_in

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "webhooks.md").read_text(encoding="utf-8")


def _rows(heading: str) -> dict[str, str]:
    """The table under a heading row: its first column and its second."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `([\w.-]+)` \| (.*) \|$", table, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("field of the body", Event),
        ("field of `data`", EventData),
        ("field of `request`", RequestFacts),
        ("field of `grant`", GrantFacts),
    ],
)
def test_every_field_is_on_the_page(heading: str, value: type[Any]) -> None:
    """What a listener gets is described, field by field, in the order in which the code has it."""
    assert list(_rows(heading)) == [field.name for field in fields(value)]


def test_a_person_is_described() -> None:
    """Whoever is named has an id and an address."""
    assert all(f"`{field.name}`" in _rows("field of `data`")["actor"] for field in fields(Somebody))


def test_every_event_is_on_the_page() -> None:
    """All types, and the one that a trial sends."""
    assert list(_rows("type")) == [*EVENTS, PING]


def test_the_headers_are_those_that_are_sent() -> None:
    """Beside what every call has."""
    sent = headers([b"x" * 16], id_="E1", at=datetime.now(UTC), body=b"{}")
    assert {name for name in sent if name.startswith("webhook-")} == set(_rows("header"))


@pytest.mark.parametrize("secret", ["a-secret-of-the-receiver", "whsec_YSBzZWNyZXQgb2YgdGhlIHJlY2VpdmVy"])
def test_the_receiver_on_the_page_works(secret: str) -> None:
    """It takes what Usher signs, also with two secrets at once; nothing that is changed, old or signed otherwise."""
    [program] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    space: dict[str, Any] = {}
    exec(program, space)
    verified, body = space["verified"], b'{"type":"grant.ended"}'

    def signed(with_: str, *, seconds_ago: float = 0) -> dict[str, str]:
        at = datetime.fromtimestamp(time.time() - seconds_ago, UTC)
        return headers(keys_in(with_), id_="E1", at=at, body=body)

    assert verified(secret, signed(secret), body)
    assert verified(secret, signed(f"another-secret-of-24-bytes {secret}"), body)
    assert not verified(secret, signed(secret), body + b" ")
    assert not verified(secret, signed(secret) | {"webhook-id": "E2"}, body)
    assert not verified(secret, signed("another-secret-of-24-bytes"), body)
    assert not verified(secret, signed(secret, seconds_ago=3600), body)


def test_the_example_can_be_applied() -> None:
    """The entry on the page is one that the catalogue takes."""
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    [entry] = read(f"{example}\napplications: []\n", "docs/webhooks.md").webhooks
    assert entry.wants("request.vote")
    assert not entry.wants("grant.active")


def test_every_key_of_an_entry_is_in_the_catalogue_s_page() -> None:
    """A webhook is configured by the page of the catalogue."""
    section = (DOCS / "catalog.md").read_text(encoding="utf-8").partition("\n## A webhook")[2].partition("\n## ")[0]
    assert set(re.findall(r"\*\*`(\w+)`\*\*", section)) == set(WebhookEntry.model_fields)
