"""What a person can read and press in blocks: pure functions, no state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.slack.blocks import elements_of

JSON = dict[str, Any]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        shown = ("text", "fields", "elements", "accessory", "label", "hint", "title", "rows", "body", "subtitle")
        for name in shown:
            if isinstance(value.get(name), dict | list):
                yield from _texts(value[name])


def shown_text(blocks: Iterable[JSON]) -> str:
    """The visible text of blocks, a line each: texts, labels, hints and what stands on buttons."""
    return "\n".join(text for block in blocks for text in _texts(block))


def text_of(value: Any) -> str:
    """The text in a text object, or nothing."""
    return value.get("text", "") if isinstance(value, dict) else ""


def element_label(block: JSON, element: JSON) -> str:
    """What stands on or beside an element: a button's text, an input's label, the text of its section."""
    if "text" in element:
        return text_of(element["text"])
    if block["type"] == "input":
        return text_of(block.get("label"))
    return text_of(element.get("placeholder")) or text_of(block.get("text"))


def button_texts(blocks: Iterable[JSON]) -> list[str]:
    """The texts on the buttons, in order."""
    return [
        text_of(element["text"])
        for block in blocks
        for _, element in elements_of(block)
        if element["type"] in {"button", "workflow_button", "icon_button"}
    ]
