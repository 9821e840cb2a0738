"""The Block Kit checker refuses what Slack refuses, and says where."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.blocks import check_blocks, check_view


def plain(text: str = "text") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "text") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def option(text: str = "One", value: str = "1") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Press"), "action_id": "press", **more}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(), **more}


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def field(element: Any, **more: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


TEXT_INPUT = {"type": "plain_text_input", "action_id": "text"}

GOOD: list[dict[str, Any]] = [
    {"type": "divider"},
    {"type": "header", "text": plain("h" * 150)},
    section(text=mrkdwn("x" * 3000)),
    section(fields=[mrkdwn("f" * 2000)] * 10),
    section(accessory=button(value="v" * 2000, style="danger", url="https://harbour.example")),
    section(accessory={"type": "overflow", "options": [option()] * 5}),
    actions(*[button(action_id=str(n)) for n in range(25)]),
    actions(select(options=[option(str(n), str(n)) for n in range(100)])),
    actions(select(options=None, option_groups=[{"label": plain(), "options": [option()]}])),
    {"type": "context", "elements": [mrkdwn(), {"type": "image", "image_url": "https://x.example/i", "alt_text": "i"}]},
    field(TEXT_INPUT, optional=True, hint=plain()),
    field(select(initial_option=option())),
    field({"type": "radio_buttons", "options": [{"text": mrkdwn("*One*"), "value": "v" * 75}] * 10}),
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
    field({"type": "datepicker", "initial_date": "2026-01-31", "placeholder": plain()}),
    field({"type": "datetimepicker", "initial_date_time": 1_769_850_000}),
    field({"type": "multi_users_select", "max_selected_items": 25, "initial_users": ["U0LENA0001"]}),
    actions({"type": "datetimepicker"}, {"type": "multi_users_select"}, {"type": "checkboxes", "options": [option()]}),
]

BAD: list[tuple[str, Any, str]] = [
    (
        "a day that is none",
        field({"type": "datepicker", "initial_date": "2026-13-31"}),
        "must be a date in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
    ),
    (
        "a moment in milliseconds",
        field({"type": "datetimepicker", "initial_date_time": 1_769_850_000_000}),
        "must be less than 10000000000 [json-pointer:/blocks/0/element/initial_date_time]",
    ),
    (
        "a moment in a section",
        section(accessory={"type": "datetimepicker"}),
        "unsupported type: datetimepicker [json-pointer:/blocks/0/accessory/type]",
    ),
    (
        "room for nobody",
        field({"type": "multi_users_select", "max_selected_items": 0}),
        "must be greater than 0 [json-pointer:/blocks/0/element/max_selected_items]",
    ),
    (
        "more than may be chosen",
        field({"type": "multi_users_select", "max_selected_items": 1, "initial_users": ["U1", "U2"]}),
        "no more than 1 items allowed [json-pointer:/blocks/0/element/initial_users]",
    ),
    ("no object", "section", "must provide an object [json-pointer:/blocks/0]"),
    ("no type", {"text": mrkdwn()}, "missing required field: type [json-pointer:/blocks/0]"),
    ("unknown block", {"type": "dividr"}, "unsupported type: dividr [json-pointer:/blocks/0/type]"),
    ("unknown property", {"type": "divider", "text": 1}, "invalid additional property: text [json-pointer:/blocks/0]"),
    ("empty text", section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (
        "long text",
        section(text=mrkdwn("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    ("no text at all", {"type": "section"}, "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    (
        "text type",
        section(text={"type": "markdown", "text": "x"}),
        "unsupported type: markdown [json-pointer:/blocks/0/text/type]",
    ),
    (
        "emoji in mrkdwn",
        section(text={**mrkdwn(), "emoji": True}),
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    (
        "long field",
        section(fields=[mrkdwn("x" * 2001)]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    ("many fields", section(fields=[mrkdwn()] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    (
        "long header",
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "mrkdwn header",
        {"type": "header", "text": mrkdwn()},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        "input as accessory",
        section(accessory=TEXT_INPUT),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
    ),
    ("button in input", field(button()), "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    (
        "mrkdwn label",
        {**field(TEXT_INPUT), "label": mrkdwn()},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/label/type]",
    ),
    ("no actions", actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        "many actions",
        actions(*[button(action_id=str(n)) for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ("unknown element", actions({"type": "knob"}), "unsupported type: knob [json-pointer:/blocks/0/elements/0/type]"),
    (
        "long button",
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        "long value",
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        "style",
        actions(button(style="green")),
        "must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "same action",
        actions(button(), button()),
        "`action_id` press already exists for the block [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    (
        "no options",
        actions(select(options=[])),
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "many options",
        actions(select(options=[option()] * 101)),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "neither options",
        actions({"type": "static_select", "action_id": "a"}),
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    (
        "long option",
        actions(select(options=[option("x" * 76)])),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    (
        "long option value",
        actions(select(options=[option("x", "v" * 76)])),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    (
        "mrkdwn option",
        actions(select(options=[{"text": mrkdwn(), "value": "1"}])),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
    ),
    (
        "strange initial",
        actions(select(initial_option=option("Two", "2"))),
        "`initial_option` must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    (
        "eleven radios",
        actions({"type": "radio_buttons", "options": [option()] * 11}),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "six in overflow",
        section(accessory={"type": "overflow", "options": [option()] * 6}),
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    (
        "eleven in context",
        {"type": "context", "elements": [mrkdwn()] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "long block id",
        {"type": "divider", "block_id": "b" * 256},
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    (
        "confirm title",
        actions(button(confirm={"title": plain("x" * 101), "text": plain(), "confirm": plain(), "deny": plain()})),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    (
        "markdown",
        {"type": "markdown", "text": "x" * 12_001},
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    (
        "image",
        {"type": "image", "image_url": "https://x.example/i"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    ("alert in a message", {"type": "alert", "text": plain()}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_what_slack_takes_is_taken(block: dict[str, Any]) -> None:
    """Blocks at their limits have no problems."""
    assert check_blocks([block], "message") == []


@pytest.mark.parametrize(("block", "problem"), [(b, p) for _, b, p in BAD], ids=[name for name, _, _ in BAD])
def test_what_slack_refuses_is_refused_at_its_place(block: Any, problem: str) -> None:
    """Each mistake is named once, in Slack's words, with a JSON pointer to it."""
    assert [str(one) for one in check_blocks([block], "message")] == [problem]


def test_block_ids_are_unique_and_blocks_are_counted() -> None:
    """A message takes 50 blocks, a view 100, and no block_id twice."""
    assert check_blocks([section()] * 50, "message") == []
    assert [str(one) for one in check_blocks([section()] * 51, "message")] == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]
    assert check_blocks([section()] * 100, "home") == []
    assert [one.message for one in check_blocks([section()] * 101, "modal")] == ["no more than 100 items allowed"]
    twice = [section(block_id="b"), section(block_id="b")]
    assert [str(one) for one in check_blocks(twice, "message")] == [
        "`block_id` b already exists [json-pointer:/blocks/1/block_id]"
    ]


MODAL: dict[str, Any] = {"type": "modal", "title": plain("T" * 24), "submit": plain(), "blocks": [field(TEXT_INPUT)]}

BAD_VIEWS: list[tuple[str, dict[str, Any], str]] = [
    ("no title", {"title": None}, "missing required field: title [json-pointer:/view]"),
    ("long title", {"title": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
    ("mrkdwn title", {"title": mrkdwn()}, "unsupported type: mrkdwn [json-pointer:/view/title/type]"),
    ("long submit", {"submit": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/submit/text]"),
    ("no submit", {"submit": None}, "must define `submit` to use `input` block [json-pointer:/view/blocks/0/input]"),
    ("no blocks", {"blocks": None}, "missing required field: blocks [json-pointer:/view]"),
    (
        "metadata",
        {"private_metadata": "x" * 3001},
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    ("callback", {"callback_id": "x" * 256}, "must be less than 256 characters [json-pointer:/view/callback_id]"),
    ("external", {"external_id": "x" * 256}, "must be less than 256 characters [json-pointer:/view/external_id]"),
    ("home as modal", {"type": "home"}, "unsupported type: home [json-pointer:/view/type]"),
    ("its own answer", {"hash": "1.2"}, "invalid additional property: hash [json-pointer:/view]"),
    (
        "markdown block",
        {"blocks": [{"type": "markdown", "text": "x"}]},
        "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
    (
        "two focused",
        {"blocks": [field({**TEXT_INPUT, "focus_on_load": True}), field({**TEXT_INPUT, "focus_on_load": True})]},
        "only one element can have `focus_on_load` [json-pointer:/view/blocks/1/element]",
    ),
]


@pytest.mark.parametrize(
    ("change", "problem"), [(c, p) for _, c, p in BAD_VIEWS], ids=[name for name, _, _ in BAD_VIEWS]
)
def test_a_modal_must_be_whole(change: dict[str, Any], problem: str) -> None:
    """A modal has a title, a submit button when it has inputs, and stays within its limits."""
    assert check_view(MODAL, "modal") == []
    assert [str(one) for one in check_view({**MODAL, **change}, "modal")] == [problem]


def test_a_home_tab_has_no_title() -> None:
    """What belongs to modals is refused on a Home tab."""
    assert check_view({"type": "home", "blocks": [section()]}, "home") == []
    problems = check_view({"type": "home", "title": plain(), "blocks": [section()]}, "home")
    assert [one.message for one in problems] == ["invalid additional property: title"]
