"""What people have entered: the `state.values` of views and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, Final, NamedTuple

from sandbox.slack.block_elements import all_options
from sandbox.slack.blocks import elements_of
from sandbox.slack.ids import new_block_id

JSON = dict[str, Any]
Values = dict[str, dict[str, JSON]]  # block_id -> action_id -> {"type": ..., "value" or "selected_...": ...}


class StateField(NamedTuple):
    """Where an element type keeps what was entered, and where what it starts with."""

    name: str
    initial: str
    many: bool = False


STATE_FIELDS: Final[Mapping[str, StateField]] = {
    **{
        kind: StateField("value", "initial_value")
        for kind in ("plain_text_input", "email_text_input", "url_text_input", "number_input")
    },
    "rich_text_input": StateField("rich_text_value", "initial_value"),
    "file_input": StateField("files", "initial_files", many=True),
    **{
        kind: StateField("selected_option", "initial_option")
        for kind in ("static_select", "external_select", "radio_buttons")
    },
    **{
        kind: StateField("selected_options", "initial_options", many=True)
        for kind in ("multi_static_select", "multi_external_select", "checkboxes")
    },
    "users_select": StateField("selected_user", "initial_user"),
    "multi_users_select": StateField("selected_users", "initial_users", many=True),
    "conversations_select": StateField("selected_conversation", "initial_conversation"),
    "multi_conversations_select": StateField("selected_conversations", "initial_conversations", many=True),
    "channels_select": StateField("selected_channel", "initial_channel"),
    "multi_channels_select": StateField("selected_channels", "initial_channels", many=True),
    "datepicker": StateField("selected_date", "initial_date"),
    "timepicker": StateField("selected_time", "initial_time"),
    "datetimepicker": StateField("selected_date_time", "initial_date_time"),
}
#: what a picker gives
_PICKED: Final[Mapping[str, Callable[[Any], bool]]] = {
    "datepicker": lambda value: _reads(date.fromisoformat, value) and len(value) == len("2026-01-31"),
    "timepicker": lambda value: _reads(time.fromisoformat, value) and len(value) == len("09:30"),
    "datetimepicker": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_OFFERS_OPTIONS: Final = frozenset({"static_select", "multi_static_select", "radio_buttons", "checkboxes", "overflow"})


def _reads(read: Callable[[str], object], value: Any) -> bool:
    try:
        read(value)
    except (TypeError, ValueError):
        return False
    return True


def completed(blocks: Any) -> Any:
    """The blocks as Slack keeps them: with generated ids where the app gave none, and text flags filled in."""
    kept = _with_text_flags(blocks)
    for block in kept:
        block.setdefault("block_id", new_block_id())
        for _, element in elements_of(block):
            element.setdefault("action_id", new_block_id())
    return kept


def _with_text_flags(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_text_flags(one) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _with_text_flags(one) for name, one in value.items() if one is not None}
    if copy.get("type") == "plain_text":
        copy.setdefault("emoji", True)
    elif copy.get("type") == "mrkdwn":
        copy.setdefault("verbatim", False)
    return copy


class Found(NamedTuple):
    """An element and the block it stands in."""

    block: JSON
    element: JSON


def all_elements(blocks: Iterable[JSON]) -> Iterator[Found]:
    """Every interactive element."""
    for block in blocks:
        for _, element in elements_of(block):
            yield Found(block, element)


def find_element(blocks: Iterable[JSON], block_id: str, action_id: str) -> Found:
    """The element with these ids. Raises LookupError."""
    for found in all_elements(blocks):
        if found.block["block_id"] == block_id and found.element["action_id"] == action_id:
            return found
    raise LookupError(f"no element {action_id!r} in block {block_id!r}")


def entered(element: JSON, value: Any, offered: Iterable[JSON] = ()) -> JSON:
    """The state of an element after a person gave it this value.

    `value` is what SANDBOX pages send: an option's value, a list of them, a text, a date or an id; None empties it.
    `offered` are the options that a suggestion request brought. Raises LookupError for an option that was not offered,
    and for what a picker or a menu of Slack's cannot give: a date that is none, more items than allowed.
    """
    kind = element["type"]
    where = STATE_FIELDS[kind]
    most = element.get("max_selected_items")
    if where.many and most is not None and len(value or ()) > most:
        raise LookupError(f"no more than {most} items can be chosen")
    if kind in _PICKED and value not in {None, ""} and not _PICKED[kind](value):
        raise LookupError(f"a {kind} does not give {value!r}")
    if where.name in {"selected_option", "selected_options"}:
        choices = all_options(element) if kind in _OFFERS_OPTIONS else [*offered, *initial_options(element)]
        picked = [_pick(choices, one) for one in (value if isinstance(value, list) else [value]) if one is not None]
        return {"type": kind, where.name: picked if where.many else (picked[0] if picked else None)}
    if where.many:
        return {"type": kind, where.name: list(value or [])}
    return {"type": kind, where.name: None if value == "" else value}


def initial_options(element: JSON) -> list[JSON]:
    """The options that an element starts with."""
    one = element.get("initial_option")
    return [*([one] if one else []), *(element.get("initial_options") or [])]


def _pick(choices: Iterable[JSON], value: Any) -> JSON:
    for choice in choices:
        if choice["value"] == value:
            return choice
    raise LookupError(f"no option has the value {value!r}")


def initial(element: JSON) -> JSON:
    """The state of an element that nobody has touched."""
    where = STATE_FIELDS[element["type"]]
    start = element.get(where.initial)
    return {"type": element["type"], where.name: start if start is not None else ([] if where.many else None)}


def is_empty(state: JSON) -> bool:
    """Whether nothing is entered."""
    return not any(value for name, value in state.items() if name != "type")


def values_for(blocks: Iterable[JSON], before: Values | None = None) -> Values:
    """The state of these blocks: what was entered before where the element is still there, else its start.

    Slack keeps an entered value across views.update if block_id and action_id stay the same.
    """
    values: Values = {}
    for block, element in all_elements(blocks):
        if element["type"] not in STATE_FIELDS:
            continue
        kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        if kept is None or kept["type"] != element["type"] or not _still_offered(element, kept):
            kept = initial(element)
        values.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return values


def _still_offered(element: JSON, state: JSON) -> bool:
    if element["type"] not in _OFFERS_OPTIONS:
        return True
    chosen = state.get("selected_options") or [state.get("selected_option")]
    values = {option["value"] for option in all_options(element)}
    return all(one is None or one["value"] in values for one in chosen)
