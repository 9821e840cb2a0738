"""A modal that asks why: for a denial, and for what could not be done by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.access.wish import LONGEST_REASON
from bot.cards.actions import REASON_BLOCK, VALUE
from bot.cards.content import JSON
from bot.cards.rich import label


def reason_form(*, callback_id: str, about: str, title: str, submit: str, intro: JSON, hint: str) -> JSON:
    """The modal. `about` is the id of what it is about, and comes back as `private_metadata`."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": about,
        "title": label(title),
        "submit": label(submit),
        "close": label("Back"),
        "blocks": [intro, reason_input(hint=hint)],
    }


def reason_input(*, hint: str, placeholder: str | None = None, value: str = "") -> JSON:
    """The input labelled Reason. What was typed survives an update of the form, because its ids stay."""
    element: JSON = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": True,
        "max_length": LONGEST_REASON,
    }
    if placeholder:
        element["placeholder"] = label(placeholder)
    if value:
        element["initial_value"] = value[:LONGEST_REASON]
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "label": label("Reason"),
        "hint": label(hint),
        "element": element,
    }


def read_reason(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The reason out of `view["state"]["values"]`, without blanks around it; "" if there is none."""
    return (values.get(REASON_BLOCK, {}).get(VALUE, {}).get("value") or "").strip()
