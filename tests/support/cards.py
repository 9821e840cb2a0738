"""What a person sees on a card, read from its blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a piece of Block Kit, itself included."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from inside(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from inside(member)


def buttons(blocks: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """The buttons by label."""
    return {one["text"]["text"]: one for one in inside(list(blocks)) if one.get("type") == "button"}


def mrkdwn(blocks: Iterable[Any]) -> list[str]:
    """Every text that Slack interprets."""
    return [one["text"] for one in inside(list(blocks)) if one.get("type") == "mrkdwn"]


def seen(blocks: Iterable[Any]) -> str:
    """The words on a card, with people as `@` and dates in UTC."""
    words = {
        "text": lambda one: one["text"],
        "user": lambda one: f"@{one['user_id']}",
        "date": lambda one: one["fallback"],
        "link": lambda one: one["text"],
        "plain_text": lambda one: f"\n{one['text']}",
        "mrkdwn": lambda one: "\n" + re.sub(r"<!date[^>|]+\|([^>]+)>", r"\1", one["text"]),
    }
    return "".join(words[one["type"]](one) for one in inside(list(blocks)) if one.get("type") in words)


def quotes(blocks: Iterable[Any]) -> list[str]:
    """What people are quoted with."""
    found = (one for one in inside(list(blocks)) if one.get("type") == "rich_text_quote")
    return ["".join(element["text"] for element in one["elements"]) for one in found]
