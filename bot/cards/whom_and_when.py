"""The inputs of the form that ask for whom it is, from when on, and whether it is an emergency; and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.access.durations import say_duration
from bot.access.wish import MOST_PEOPLE
from bot.cards import actions
from bot.cards.content import JSON, Values
from bot.cards.rich import label

_EMERGENCY: Final = "emergency"


def for_input(people: Sequence[str]) -> JSON:
    """For whom. Nobody chosen means: for whoever asks."""
    element: JSON = {
        "type": "multi_users_select",
        "action_id": actions.VALUE,
        "placeholder": label("Me"),
        "max_selected_items": MOST_PEOPLE,
    }
    if people:
        element["initial_users"] = list(people)
    return _optional("For", actions.FOR_BLOCK, element, f"Leave empty if it is for you. Up to {MOST_PEOPLE} people.")


def start_input(start: date | None) -> JSON:
    """From when on. No day means: as soon as it is approved."""
    element: JSON = {"type": "datepicker", "action_id": actions.VALUE, "placeholder": label("As soon as possible")}
    if start is not None:
        element["initial_date"] = start.isoformat()
    return _optional("Start", actions.START_BLOCK, element, "Only when it should begin on a later day.")


def emergency_input(application: str, longest: int, *, chosen: bool) -> JSON:
    """Whether it is an emergency, where the policy knows any. `longest` is in seconds."""
    option = {"text": label("This is an emergency: give it now, decide afterwards"), "value": _EMERGENCY}
    element: JSON = {"type": "checkboxes", "action_id": actions.VALUE, "options": [option]}
    if chosen:
        element["initial_options"] = [option]
    hint = f"For at most {say_duration(longest)}. It is taken back if it is not approved afterwards."
    return _optional("Emergency", f"{actions.EMERGENCY_BLOCK}:{application}", element, hint)


def read_people(values: Values) -> tuple[str, ...]:
    """Those who were chosen, by Slack user id. A form from before several could be chosen has one or none."""
    chosen = values.get(actions.FOR_BLOCK, {}).get(actions.VALUE, {})
    one = chosen.get("selected_user")
    return tuple(chosen.get("selected_users") or ([one] if one else []))


def read_start(values: Values) -> date | None:
    """The day that was chosen."""
    chosen = values.get(actions.START_BLOCK, {}).get(actions.VALUE, {}).get("selected_date")
    return date.fromisoformat(chosen) if chosen else None


def read_emergency(values: Values, application: str | None) -> bool:
    """Was it ticked?"""
    ticked = values.get(f"{actions.EMERGENCY_BLOCK}:{application}", {}).get(actions.VALUE, {})
    return bool(ticked.get("selected_options"))


def _optional(name: str, block_id: str, element: JSON, hint: str) -> JSON:
    return {
        "type": "input",
        "block_id": block_id,
        "label": label(name),
        "element": element,
        "optional": True,
        "hint": label(hint),
    }
