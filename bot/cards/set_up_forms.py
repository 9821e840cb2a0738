"""The assistant that adds an application: its three modals, and what comes back from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.access.connections import Capabilities
from bot.access.durations import say_duration, write_duration
from bot.access.policy_rules import PolicyRules
from bot.access.set_up import PLANS, WAYS, asked_by
from bot.cards import actions
from bot.cards.actions import VALUE
from bot.cards.applications import IN_FILE
from bot.cards.content import JSON, Values
from bot.cards.escape import mrkdwn, one_line
from bot.cards.form import MOST_OPTIONS
from bot.cards.rich import label, small
from bot.cards.words import initial, role_word, seat_word

_OPTION: Final = 75
_DAY: Final = 86_400
_DURATIONS: Final[Sequence[int | None]] = (
    _DAY,
    7 * _DAY,
    14 * _DAY,
    30 * _DAY,
    90 * _DAY,
    180 * _DAY,
    365 * _DAY,
    None,
)
_WRITTEN: Final = tuple(write_duration(each) for each in _DURATIONS)
_USUAL: Final = 30 * _DAY

_KINDS: Final = {
    "chatgpt": ("OpenAI ChatGPT", "Usher invites people, gives them their seat, and takes it back."),
    "manual": ("Something else (manual)", "Its admins get a task card for every change."),
}
_PLANS: Final = {"business": "Business", "enterprise": "Enterprise or Edu"}
_WAYS: Final = {
    "session": ("Integration account", "Usher uses the session of an account that you invite as Owner."),
    "browser": ("Integration account, in a browser", "You sign in once, in a browser that Usher then works in."),
    "admin_api": ("Admin API", "OpenAI's own, with an Admin key."),
    "scim": ("SCIM", "A directory that is Usher's alone."),
}
_KEY_HINT: Final = "Its name in commands. Leave it empty to have one made of the name."
_ADDRESS_HINTS: Final = {
    "scim": "The endpoint of the SCIM directory.",
    "": "Leave it empty for OpenAI's own. A relay of your company goes here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What the form about the workspace is asked to show."""

    plan: str
    way: str

    @classmethod
    def chosen(cls, values: Values) -> Connection:
        """What is chosen now; the first possibility where nothing is, or what is does not go with the plan."""
        plan = _one_of(PLANS, _option(values, "plan", actions.CHOOSE_PLAN))
        return cls(plan=plan, way=_one_of(PLANS[plan], _option(values, f"way:{plan}", actions.CHOOSE_WAY)))


# -- the modals --------------------------------------------------------------------------------------------------------
def kind_form(*, catalog_in_file: bool) -> JSON:
    """First: what is it?"""
    options = [_choice(key, words, hint) for key, (words, hint) in _KINDS.items()]
    element = {"type": "radio_buttons", "action_id": VALUE, "options": options, "initial_option": options[0]}
    return _form(
        actions.SET_UP_KIND,
        "Add application",
        "Next",
        [_input("kind", "What do you want to add?", element), *_in_file(catalog_in_file)],
        close="Cancel",
    )


def chatgpt_form(chosen: Connection) -> JSON:
    """Second, for ChatGPT: which workspace, and how Usher gets in."""
    plans = [_choice(plan, _PLANS[plan]) for plan in PLANS]
    ways = [_choice(way, *_WAYS[way]) for way in PLANS[chosen.plan]]
    blocks = [
        _input("plan", "Plan", _radio(plans, chosen.plan, actions.CHOOSE_PLAN)) | {"dispatch_action": True},
        _input(f"way:{chosen.plan}", "How Usher gets in", _radio(ways, chosen.way, actions.CHOOSE_WAY))
        | {"dispatch_action": True},
        *_connector_inputs(chosen.way),
    ]
    return _form(actions.SET_UP_CHATGPT, "Connect ChatGPT", "Next", blocks)


def offer_form(
    connector: Mapping[str, Any],
    able: Capabilities,
    policies: Mapping[str, PolicyRules],
    *,
    admin_id: str,
    catalog_in_file: bool,
) -> JSON:
    """Last: what may be asked for, and who answers for it.

    Args:
        connector: what was entered about it (`bot.access.set_up.unfinished`); comes back as `private_metadata`.
        able: what such a connector can do.
        policies: of the catalogue in force.
        admin_id: who adds it; the first guess at who administers it.
        catalog_in_file: is the catalogue applied from a file at every start?
    """
    manual = connector["type"] == "manual"
    blocks = [
        _input("name", "Name", _text("ChatGPT" if not manual else None, most=70)),
        _input(
            "description", "Description", _text(None, most=500), hint="People read it when they choose.", need=False
        ),
        *(_manual_inputs() if manual else []),
        *_several("roles", "Roles", [(role, role_word(role)) for role in able.roles]),
        *_several("seat_types", "Seat types", [(seat, initial(seat_word(seat))) for seat in able.seat_types]),
        _durations(),
        _policies(policies),
        _input(
            "owner",
            "Owner",
            {"type": "users_select", "action_id": VALUE, "placeholder": label("Choose a person")},
            hint="Who answers for it.",
            need=False,
        ),
        _input(
            "admins",
            "Admins",
            {
                "type": "multi_users_select",
                "action_id": VALUE,
                "placeholder": label("Choose people"),
                "initial_users": [admin_id],
            },
            hint="They get task cards, and approve where the policy says so.",
        ),
        _input("key", "Key", _text(None, most=40), hint=_KEY_HINT, need=False),
        *_in_file(catalog_in_file),
    ]
    view = _form(actions.SET_UP_OFFER, "Add application", "Add", blocks)
    return view | {"private_metadata": json.dumps(dict(connector), separators=(",", ":"))}


# -- reading -----------------------------------------------------------------------------------------------------------
def read_kind(values: Values) -> str | None:
    """`chatgpt` or `manual`."""
    return _option(values, "kind", VALUE)


def read_connection(values: Values) -> dict[str, Any]:
    """What was entered about the workspace, as the catalogue says it; whether it is right, the catalogue says."""
    way = Connection.chosen(values).way
    return {**WAYS[way], **{name: _typed(values, name) for name in asked_by(way)}}


def read_offer(view: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as entered, with the connector that the form remembers."""
    values = view["state"]["values"]
    connector = json.loads(view["private_metadata"])
    if connector["type"] == "manual":
        connector |= {name: _typed(values, name) for name in ("instructions", "link")}
    return {
        **{name: _typed(values, name) for name in ("key", "name", "description")},
        **{name: _chosen(values, name) for name in ("roles", "seat_types")},
        "durations": sorted(_chosen(values, "durations"), key=_WRITTEN.index),
        "policy": _option(values, "policy", VALUE),
        "owner": _state(values, "owner").get("selected_user"),
        "admins": _state(values, "admins").get("selected_users") or [],
        "connector": connector,
    }


# -- inputs ------------------------------------------------------------------------------------------------------------
def _form(callback_id: str, title: str, submit: str, blocks: Iterable[JSON], *, close: str = "Back") -> JSON:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": label(title),
        "submit": label(submit),
        "close": label(close),
        "blocks": list(blocks),
    }


def _connector_inputs(way: str) -> Iterator[JSON]:
    for name, required in asked_by(way).items():
        match name:
            case "workspace_id":
                hint = "In ChatGPT: Workspace settings, General."
                yield _input(name, "Workspace id", _text(None, most=100), hint=hint, need=required)
            case "integration_email":
                hint = "A mailbox of its own, such as it-chatgpt@example.com. Usher works as this account."
                yield _input(name, "Integration account", _text(None, most=254), hint=hint, need=required)
            case "base_url":
                hint = _ADDRESS_HINTS.get(way, _ADDRESS_HINTS[""])
                yield _input(name, "Address", _text("https://…", most=500), hint=hint, need=required)


def _manual_inputs() -> Iterator[JSON]:
    instructions = _text("How to give and take away access", most=2000) | {"multiline": True}
    yield _input("instructions", "Instructions", instructions, hint="They stand on every task card.", need=False)
    yield _input("link", "Link", _text("https://…", most=2000), hint="The page where it is done.", need=False)


def _several(name: str, words: str, options: Sequence[tuple[str, str]]) -> Iterator[JSON]:
    """What may be asked for; the lowest is ticked to begin with. Nothing where there is nothing to choose from."""
    if options:
        made = [_choice(value, said) for value, said in options]
        element = {"type": "checkboxes", "action_id": VALUE, "options": made, "initial_options": made[:1]}
        yield _input(name, words, element, hint="What may be asked for.")


def _durations() -> JSON:
    options = {seconds: _choice(write_duration(seconds), initial(say_duration(seconds))) for seconds in _DURATIONS}
    element = {
        "type": "multi_static_select",
        "action_id": VALUE,
        "placeholder": label("Choose durations"),
        "options": list(options.values()),
        "initial_options": [options[_USUAL]],
    }
    return _input("durations", "Durations", element, hint="For how long. The shortest is offered first.")


def _policies(policies: Mapping[str, PolicyRules]) -> JSON:
    options = [_choice(key, key, _in_words(rules)) for key, rules in policies.items()][:MOST_OPTIONS]
    first = next((each for each in options if each["value"] == "default"), options[0])
    element = {"type": "static_select", "action_id": VALUE, "options": options, "initial_option": first}
    return _input("policy", "Policy", element)


_ASKED: Final = {
    "manager": "the manager",
    "manager_of_manager": "the manager's manager",
    "app_admins": "its admins",
    "owner": "its owner",
    "users": "named people",
    "usergroup": "a user group",
}


def _in_words(rules: PolicyRules) -> str:
    """`Asks the manager, then its admins`."""
    if rules.auto_approve:
        return "Approves at once, without asking anybody"
    if rules.deny:
        return "Denies what no rule lets through"
    return f"Asks {', then '.join(' and '.join(_ASKED[one.kind] for one in stage.who) for stage in rules.approve)}"


def _in_file(catalog_in_file: bool) -> list[JSON]:
    return [small(mrkdwn(IN_FILE))] if catalog_in_file else []


def _input(name: str, words: str, element: JSON, *, hint: str | None = None, need: bool = True) -> JSON:
    return {
        "type": "input",
        "block_id": name,
        "label": label(words),
        "element": element,
        **({"hint": label(hint)} if hint else {}),
        **({} if need else {"optional": True}),
    }


def _text(placeholder: str | None, *, most: int) -> JSON:
    shown = {"placeholder": label(placeholder)} if placeholder else {}
    return {"type": "plain_text_input", "action_id": VALUE, "max_length": most, **shown}


def _radio(options: Sequence[JSON], chosen: str, action_id: str) -> JSON:
    first = next(each for each in options if each["value"] == chosen)
    return {"type": "radio_buttons", "action_id": action_id, "options": list(options), "initial_option": first}


def _choice(value: str, words: str, hint: str | None = None) -> JSON:
    described = {"description": label(one_line(hint, _OPTION))} if hint else {}
    return {"text": label(one_line(words, _OPTION)), "value": value, **described}


# -- what stands in them -----------------------------------------------------------------------------------------------
def _state(values: Values, name: str, action_id: str = VALUE) -> Mapping[str, Any]:
    return values.get(name, {}).get(action_id, {})


def _typed(values: Values, name: str) -> str:
    return (_state(values, name).get("value") or "").strip()


def _option(values: Values, name: str, action_id: str) -> str | None:
    option = _state(values, name, action_id).get("selected_option")
    return str(option["value"]) if option else None


def _one_of(possible: Iterable[str], wanted: str | None) -> str:
    """The wanted one if it is possible, else the first."""
    known = tuple(possible)
    return wanted if wanted in known else known[0]


def _chosen(values: Values, name: str) -> list[str]:
    return [str(option["value"]) for option in _state(values, name).get("selected_options") or []]
