"""Which blocks and views Slack takes, and what it says about those it refuses.

Block types that this table does not hold are refused as unsupported, also where Slack has a newer type of that name:
an app that wants one adds its row here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from sandbox.slack import limits
from sandbox.slack.block_elements import (
    ELEMENTS,
    IDENTIFIER,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    context_element,
    element,
    plain,
    text,
)
from sandbox.slack.schema import (
    Check,
    Problem,
    Shape,
    anything,
    at_least_one,
    boolean,
    by_type,
    exactly_one,
    items,
    one_of,
    string,
)

Surface = Literal["message", "modal", "home"]
EVERYWHERE: Final[frozenset[str]] = frozenset({"message", "modal", "home"})
IN_MESSAGE: Final[frozenset[str]] = frozenset({"message"})
IN_MODAL: Final[frozenset[str]] = frozenset({"modal"})


def _block(*, required: Mapping[str, Check] | None = None, rule: Check = anything, **optional: Check) -> Shape:
    """A block: what is its own, and what all have."""
    return Shape(
        required={"type": anything, **(required or {})}, optional={"block_id": IDENTIFIER, **optional}, rule=rule
    )


_CELL: Final = by_type(
    {
        kind: Shape(required={"type": anything}, optional={"text": anything, "elements": anything})
        for kind in ("raw_text", "rich_text")
    }
)
_RICH_TEXT_PARTS: Final = by_type(
    {
        kind: Shape(
            required={"type": anything, "elements": items(anything, limits.OPTIONS)},
            optional={"style": anything, "indent": anything, "offset": anything, "border": anything},
        )
        for kind in (
            "rich_text_section",
            "rich_text_list",
            "rich_text_preformatted",
            "rich_text_quote",
        )
    }
)
_CARD: Final = _block(
    hero_image=IMAGE,
    icon=IMAGE,
    title=text(limits.CARD_TITLE),
    subtitle=text(limits.CARD_TITLE),
    body=text(limits.CARD_BODY),
    actions=items(element(frozenset({"button"})), limits.ACTIONS_ELEMENTS, fewest=1),
    rule=at_least_one("hero_image", "title", "actions", "body"),
)

BLOCKS: Final[Mapping[str, tuple[frozenset[str], Shape]]] = {
    "section": (
        EVERYWHERE,
        _block(
            text=text(limits.SECTION_TEXT),
            fields=items(text(limits.SECTION_FIELD), limits.SECTION_FIELDS, fewest=1),
            accessory=element(IN_SECTION),
            expand=boolean,
            rule=at_least_one("text", "fields"),
        ),
    ),
    "divider": (EVERYWHERE, _block()),
    "header": (EVERYWHERE, _block(required={"text": plain(limits.HEADER_TEXT)})),
    "image": (
        EVERYWHERE,
        _block(
            required={"alt_text": string(limits.ALT_TEXT, shortest=1)},
            image_url=string(limits.URL, shortest=1),
            slack_file=anything,
            title=plain(limits.IMAGE_TITLE),
            rule=exactly_one("image_url", "slack_file"),
        ),
    ),
    "actions": (
        EVERYWHERE,
        _block(required={"elements": items(element(IN_ACTIONS), limits.ACTIONS_ELEMENTS, fewest=1)}),
    ),
    "context": (
        EVERYWHERE,
        _block(required={"elements": items(context_element, limits.CONTEXT_ELEMENTS, fewest=1)}),
    ),
    "input": (
        EVERYWHERE,
        _block(
            required={"label": plain(limits.INPUT_LABEL), "element": element(IN_INPUT)},
            hint=plain(limits.INPUT_HINT),
            optional=boolean,
            dispatch_action=boolean,
        ),
    ),
    "rich_text": (
        EVERYWHERE,
        _block(required={"elements": items(_RICH_TEXT_PARTS, limits.OPTIONS, fewest=1)}),
    ),
    "markdown": (
        IN_MESSAGE,
        _block(required={"text": string(limits.MARKDOWN_TEXT, shortest=1)}),
    ),
    "video": (
        EVERYWHERE,
        _block(
            required={
                "alt_text": string(limits.ALT_TEXT, shortest=1),
                "title": plain(200),
                "thumbnail_url": string(limits.URL, shortest=1),
                "video_url": string(limits.URL, shortest=1),
            },
            author_name=string(50),
            description=plain(200),
            provider_icon_url=string(limits.URL),
            provider_name=string(limits.IDENTIFIER),
            title_url=string(limits.URL),
        ),
    ),
    "table": (
        IN_MESSAGE,
        _block(
            required={"rows": items(items(_CELL, limits.TABLE_COLUMNS), limits.TABLE_ROWS, fewest=1)},
            column_settings=items(anything, limits.TABLE_COLUMNS),
        ),
    ),
    "context_actions": (
        IN_MESSAGE,
        _block(required={"elements": items(element(IN_CONTEXT_ACTIONS), limits.CONTEXT_ACTIONS_ELEMENTS, fewest=1)}),
    ),
    "alert": (  # only in modals: node-slack-sdk issue 2567
        IN_MODAL,
        _block(
            required={"text": text(limits.SECTION_TEXT)},
            level=one_of("default", "info", "warning", "error", "success"),
        ),
    ),
    "card": (IN_MESSAGE, _CARD),
    "carousel": (
        IN_MESSAGE,
        _block(required={"elements": items(by_type({"card": _CARD}), limits.CAROUSEL_CARDS, fewest=1)}),
    ),
}


def _fits(surface: Surface) -> Callable[[str], bool]:
    return lambda kind: surface in BLOCKS[kind][0]


_SHAPES: Final = {kind: shape for kind, (_, shape) in BLOCKS.items()}


def elements_of(block: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The interactive elements of a block, each with its pointer inside the block."""
    candidates = [("accessory", block.get("accessory")), ("element", block.get("element"))]
    for name in ("elements", "actions"):
        listed = block.get(name)
        candidates += [(f"{name}/{n}", one) for n, one in enumerate(listed)] if isinstance(listed, list) else []
    found = []
    for pointer, one in candidates:
        if isinstance(one, dict) and one.get("type") == "card":  # a carousel's elements hold the buttons
            found += [(f"{pointer}/{inner}", each) for inner, each in elements_of(one)]
        elif isinstance(one, dict) and one.get("type") in ELEMENTS and one["type"] != "image":
            found.append((pointer, one))
    return found


def _twice(blocks: list[Any], pointer: str) -> Iterator[Problem]:
    """Ids must be unique: a block_id among the blocks, an action_id within its block; one focus for all."""
    seen: set[str] = set()
    focused = False
    for position, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        where = f"{pointer}/{position}"
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id in seen:
            yield Problem(f"`block_id` {block_id} already exists", f"{where}/block_id")
        if isinstance(block_id, str):
            seen.add(block_id)
        actions: set[str] = set()
        for inner, one in elements_of(block):
            action_id = one.get("action_id")
            if isinstance(action_id, str) and action_id in actions:
                yield Problem(f"`action_id` {action_id} already exists for the block", f"{where}/{inner}/action_id")
            if isinstance(action_id, str):
                actions.add(action_id)
            if one.get("focus_on_load") is True:
                if focused:
                    yield Problem("only one element can have `focus_on_load`", f"{where}/{inner}")
                focused = True


def check_blocks(blocks: Any, surface: Surface, pointer: str = "/blocks") -> list[Problem]:
    """The problems of a list of blocks on this surface; none if Slack takes it."""
    most = limits.BLOCKS_IN_MESSAGE if surface == "message" else limits.BLOCKS_IN_VIEW
    problems = list(items(by_type(_SHAPES, allowed=_fits(surface)), most)(blocks, pointer))
    if isinstance(blocks, list):
        problems += _twice(blocks, pointer)
    return problems


def text_length(value: Any) -> int:
    """All characters that a reader could see in these blocks: what msg_blocks_too_long counts."""
    if isinstance(value, dict):
        return sum(
            len(one) if name == "text" and isinstance(one, str) else text_length(one) for name, one in value.items()
        )
    return sum(text_length(one) for one in value) if isinstance(value, list) else 0


_VIEW_COMMON: Final[dict[str, Check]] = {
    "private_metadata": string(limits.PRIVATE_METADATA),
    "callback_id": string(limits.IDENTIFIER),
    "external_id": string(limits.IDENTIFIER),
}
_VIEWS: Final = {
    "modal": Shape(
        required={"type": anything, "title": plain(limits.MODAL_TITLE), "blocks": anything},
        optional={
            **_VIEW_COMMON,
            "submit": plain(limits.MODAL_TITLE),
            "close": plain(limits.MODAL_TITLE),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": Shape(required={"type": anything, "blocks": anything}, optional=_VIEW_COMMON),
}


def check_view(view: Any, surface: Literal["modal", "home"], pointer: str = "/view") -> list[Problem]:
    """The problems of a view; none if Slack takes it."""
    problems = list(by_type(_VIEWS, allowed=lambda kind: kind == surface)(view, pointer))
    blocks = view.get("blocks") if isinstance(view, dict) else None
    if blocks is None:
        return problems
    problems += check_blocks(blocks, surface, f"{pointer}/blocks")
    if surface == "modal" and isinstance(blocks, list) and view.get("submit") is None:
        problems += [
            Problem("must define `submit` to use `input` block", f"{pointer}/blocks/{position}/input")
            for position, block in enumerate(blocks)
            if isinstance(block, dict) and block.get("type") == "input"
        ]
    return problems
