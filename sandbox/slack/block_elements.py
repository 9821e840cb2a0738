"""Block Kit's composition objects and elements as tables: what each holds, and where it may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.slack import limits
from sandbox.slack.schema import (
    Check,
    Problem,
    Shape,
    anything,
    between,
    boolean,
    by_type,
    exactly_one,
    integer,
    items,
    matching,
    one_of,
    rules,
    string,
)


def text(longest: int, *, plain_only: bool = False) -> Check:
    """A text object with 1 to `longest` characters."""
    plain = Shape(required={"type": anything, "text": string(longest, shortest=1)}, optional={"emoji": boolean})
    if plain_only:
        return by_type({"plain_text": plain})
    mrkdwn = Shape(required={"type": anything, "text": string(longest, shortest=1)}, optional={"verbatim": boolean})
    return by_type({"plain_text": plain, "mrkdwn": mrkdwn})


def plain(longest: int) -> Check:
    """A plain_text object with 1 to `longest` characters."""
    return text(longest, plain_only=True)


IDENTIFIER: Final = string(limits.IDENTIFIER, shortest=1)
USER_ID: Final = string(limits.IDENTIFIER, shortest=1)

CONFIRM: Final = Shape(
    required={
        "title": plain(limits.CONFIRM_TITLE),
        "text": text(limits.CONFIRM_TEXT),
        "confirm": plain(limits.CONFIRM_BUTTON),
        "deny": plain(limits.CONFIRM_BUTTON),
    },
    optional={"style": one_of("primary", "danger")},
)


def option(*, markdown: bool = False, url: bool = False) -> Shape:
    """An option object. Only radio buttons and checkboxes take markdown, only overflow menus a URL."""
    return Shape(
        required={
            "text": text(limits.OPTION_TEXT, plain_only=not markdown),
            "value": string(limits.OPTION_VALUE, shortest=1),
        },
        optional={
            "description": text(limits.OPTION_TEXT, plain_only=not markdown),
            **({"url": string(limits.URL)} if url else {}),
        },
    )


OPTION: Final = option()
MARKDOWN_OPTION: Final = option(markdown=True)
OPTION_LIST: Final = items(OPTION, limits.OPTIONS, fewest=1)
OPTION_GROUP: Final = Shape(required={"label": plain(limits.OPTION_TEXT), "options": OPTION_LIST})
OPTION_GROUPS: Final = items(OPTION_GROUP, limits.OPTION_GROUPS, fewest=1)

DISPATCH_CONFIG: Final = Shape(
    required={"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2, fewest=1)}
)


def all_options(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The options of an element, in groups or not."""
    groups: list[dict[str, Any]] = element.get("option_groups") or []
    return [*(element.get("options") or []), *(one for group in groups for one in group.get("options") or [])]


def _same_option(one: Any, other: Any) -> bool:
    """Whether both are the same choice; `emoji` and `verbatim` are added by Slack and say nothing."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    texts = [(each.get("text") or {}) for each in (one, other)]
    return one.get("value") == other.get("value") and all(
        isinstance(each, dict) and each.get("text") == texts[0].get("text") for each in texts
    )


def _initial_is_an_option(element: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    chosen = [("initial_option", element.get("initial_option"))]
    listed = element.get("initial_options")
    chosen += [("initial_options", one) for one in listed] if isinstance(listed, list) else []
    try:
        offered = all_options(element)
    except (AttributeError, TypeError):  # the options are no options, which their own check reports
        return
    for name, initial in chosen:
        if initial is not None and not any(_same_option(initial, one) for one in offered):
            yield Problem(f"`{name}` must match one of the options", f"{pointer}/{name}")


def _no_more_than_allowed(element: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """A menu for several cannot begin with more than may be chosen in it."""
    most = element.get("max_selected_items")
    for name in ("initial_options", "initial_users", "initial_conversations", "initial_channels"):
        listed = element.get(name)
        if isinstance(most, int) and isinstance(listed, list) and len(listed) > most:
            yield Problem(f"no more than {most} items allowed", f"{pointer}/{name}")


def _element(
    optional: Mapping[str, Check], *, required: Mapping[str, Check] | None = None, rule: Check = anything
) -> Shape:
    """An interactive element: what is its own, and what all have."""
    return Shape(
        required={"type": anything, **(required or {})}, optional={"action_id": IDENTIFIER, **optional}, rule=rule
    )


PLACEHOLDER: Final = plain(limits.PLACEHOLDER)
_IDS: Final = items(USER_ID, limits.OPTIONS)
_TEXT: Final = string(limits.PLAIN_TEXT_INPUT)
_NUMBER: Final = string(limits.IDENTIFIER)
_OPTIONS: Final = items(OPTION, limits.OPTIONS, fewest=1)
_FOCUS: Final[dict[str, Check]] = {"confirm": CONFIRM, "focus_on_load": boolean}
_MENU: Final = _FOCUS | {"placeholder": PLACEHOLDER}
_MULTI: Final = _MENU | {"max_selected_items": between(1, limits.OPTIONS)}
_DATE: Final = matching(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date in the format YYYY-MM-DD")
_TIME: Final = matching(r"([01]\d|2[0-3]):[0-5]\d", "a time in the format HH:mm")
_DATE_TIME: Final = between(1_000_000_000, 9_999_999_999)  # ten digits (docs.slack.dev, datetime picker element)
_INPUT: Final[dict[str, Check]] = {
    "placeholder": PLACEHOLDER,
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH_CONFIG,
}
_STATIC: Final[dict[str, Check]] = {"options": OPTION_LIST, "option_groups": OPTION_GROUPS}
_STATIC_RULE: Final = rules(exactly_one("options", "option_groups"), _initial_is_an_option)
_QUERY: Final[dict[str, Check]] = {"min_query_length": integer}
_FILTER: Final[dict[str, Check]] = {"filter": anything, "default_to_current_conversation": boolean}
_RESPONSE_URL: Final[dict[str, Check]] = {"response_url_enabled": boolean}
_BUTTON: Final[dict[str, Check]] = {
    "value": string(limits.BUTTON_VALUE),
    "confirm": CONFIRM,
    "accessibility_label": string(limits.ACCESSIBILITY_LABEL),
}
_STYLE: Final[dict[str, Check]] = {"style": one_of("primary", "danger")}

IMAGE: Final = Shape(
    required={"type": anything, "alt_text": string(limits.ALT_TEXT, shortest=1)},
    optional={"image_url": string(limits.URL, shortest=1), "slack_file": anything},
    rule=exactly_one("image_url", "slack_file"),
)

ELEMENTS: Final[Mapping[str, Shape]] = {
    "button": _element(_BUTTON | _STYLE | {"url": string(limits.URL)}, required={"text": plain(limits.BUTTON_TEXT)}),
    "checkboxes": _element(
        _FOCUS | {"initial_options": items(MARKDOWN_OPTION, limits.CHECKBOXES, fewest=1)},
        required={"options": items(MARKDOWN_OPTION, limits.CHECKBOXES, fewest=1)},
        rule=_initial_is_an_option,
    ),
    "radio_buttons": _element(
        _FOCUS | {"initial_option": MARKDOWN_OPTION},
        required={"options": items(MARKDOWN_OPTION, limits.RADIO_BUTTONS, fewest=1)},
        rule=_initial_is_an_option,
    ),
    "overflow": _element(
        {"confirm": CONFIRM}, required={"options": items(option(url=True), limits.OVERFLOW_OPTIONS, fewest=1)}
    ),
    "static_select": _element(_STATIC | _MENU | {"initial_option": OPTION}, rule=_STATIC_RULE),
    "external_select": _element(_QUERY | _MENU | {"initial_option": OPTION}),
    "users_select": _element(_MENU | {"initial_user": USER_ID}),
    "conversations_select": _element(_FILTER | _RESPONSE_URL | _MENU | {"initial_conversation": USER_ID}),
    "channels_select": _element(_RESPONSE_URL | _MENU | {"initial_channel": USER_ID}),
    "multi_static_select": _element(
        _STATIC | _MULTI | {"initial_options": _OPTIONS}, rule=rules(_STATIC_RULE, _no_more_than_allowed)
    ),
    "multi_external_select": _element(_QUERY | _MULTI | {"initial_options": _OPTIONS}, rule=_no_more_than_allowed),
    "multi_users_select": _element(_MULTI | {"initial_users": _IDS}, rule=_no_more_than_allowed),
    "multi_conversations_select": _element(
        _FILTER | _MULTI | {"initial_conversations": _IDS}, rule=_no_more_than_allowed
    ),
    "multi_channels_select": _element(_MULTI | {"initial_channels": _IDS}, rule=_no_more_than_allowed),
    "datepicker": _element(_MENU | {"initial_date": _DATE}),
    "timepicker": _element(_MENU | {"initial_time": _TIME, "timezone": string(limits.IDENTIFIER)}),
    "datetimepicker": _element(_FOCUS | {"initial_date_time": _DATE_TIME}),
    "plain_text_input": _element(
        _INPUT | {"initial_value": _TEXT, "multiline": boolean, "min_length": integer, "max_length": integer}
    ),
    "email_text_input": _element(_INPUT | {"initial_value": _TEXT}),
    "url_text_input": _element(_INPUT | {"initial_value": _TEXT}),
    "number_input": _element(
        _INPUT | {"initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
        required={"is_decimal_allowed": boolean},
    ),
    "rich_text_input": _element(_INPUT | {"initial_value": anything}),
    "file_input": _element({"filetypes": anything, "max_files": integer}),
    "workflow_button": _element(
        _STYLE | {"accessibility_label": string(limits.ACCESSIBILITY_LABEL)},
        required={"text": plain(limits.BUTTON_TEXT), "workflow": anything},
    ),
    "feedback_buttons": _element({}, required={"positive_button": anything, "negative_button": anything}),
    "icon_button": _element(
        _BUTTON | {"visible_to_user_ids": anything},
        required={"icon": one_of("trash"), "text": plain(limits.BUTTON_TEXT)},
    ),
    "image": IMAGE,
}

_MENUS: Final = frozenset(
    {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
)
_MULTI_MENUS: Final = frozenset(f"multi_{menu}" for menu in _MENUS)
_EVERYWHERE: Final = _MENUS | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}

IN_SECTION: Final = _EVERYWHERE | _MULTI_MENUS | {"button", "overflow", "image", "workflow_button"}
IN_ACTIONS: Final = _EVERYWHERE | _MULTI_MENUS | {"button", "overflow", "datetimepicker", "workflow_button"}
IN_CONTEXT_ACTIONS: Final = frozenset({"feedback_buttons", "icon_button"})
IN_INPUT: Final = (
    _EVERYWHERE
    | _MULTI_MENUS
    | {
        "datetimepicker",
        "plain_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "rich_text_input",
        "file_input",
    }
)


def element(places: frozenset[str]) -> Check:
    """An element whose type may stand here."""
    return by_type(ELEMENTS, allowed=places.__contains__)


def context_element(value: Any, pointer: str) -> Iterator[Problem]:
    """An image or a text: what a context block holds."""
    if isinstance(value, dict) and value.get("type") == "image":
        return IMAGE(value, pointer)
    return text(limits.SECTION_TEXT)(value, pointer)
