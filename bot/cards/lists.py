"""The modal that shows one page of one list, with what narrows it and the way to the other pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from bot.access.lists import LOOKED_THROUGH, Item, ListName, Look, Sheet
from bot.access.paging import Turn
from bot.cards import actions, items
from bot.cards.applications import application_item
from bot.cards.content import JSON
from bot.cards.form import option
from bot.cards.rich import button, buttons, label, lines, small
from bot.cards.voice import Voice
from storage.tables import RequestState

#: the words of the states that all requests are narrowed to; "" is every state
_STATES: Final = {
    "": "In every state",
    RequestState.PENDING: "Waiting for approval",
    RequestState.APPROVED: "Approved",
    RequestState.DENIED: "Denied",
    RequestState.CANCELLED: "Cancelled",
    RequestState.EXPIRED: "Expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    title: str
    nothing: str
    item: Callable[[Any, Voice, datetime], list[JSON]]
    #: a person can be chosen
    by_person: bool = False
    #: the state and the application can be chosen, too
    by_state: bool = False


_WORDS: Final[Mapping[ListName, _Words]] = {
    ListName.MY_ACCESS: _Words(
        title="My access",
        nothing="You have no access through Usher at the moment.",
        item=items.my_access,
    ),
    ListName.MY_REQUESTS: _Words(
        title="My requests",
        nothing="You have not asked for anything yet.",
        item=lambda story, voice, _now: items.my_request(story, voice),
    ),
    ListName.TO_DECIDE: _Words(
        title="Waiting for me",
        nothing="Nothing is waiting for you.",
        item=lambda story, voice, _now: items.to_decide(story, voice),
    ),
    ListName.TEAM: _Words(
        title="My team's access",
        nothing="Nobody has access through Usher here.",
        item=lambda story, _voice, _now: items.others_access(story),
        by_person=True,
    ),
    ListName.LOOKED_AFTER: _Words(
        title="Somebody's access",
        nothing="Nobody has access through Usher here, in what you look after.",
        item=lambda story, _voice, _now: items.others_access(story),
        by_person=True,
    ),
    ListName.SEATS: _Words(
        title="Waiting for a seat",
        nothing="Nobody is waiting for a seat.",
        item=lambda seat, _voice, _now: items.waiting_for_seat(seat),
    ),
    ListName.REQUESTS: _Words(
        title="All requests",
        nothing="No requests match.",
        item=lambda story, _voice, _now: items.any_request(story),
        by_person=True,
        by_state=True,
    ),
    ListName.INCIDENTS: _Words(
        title="Incidents",
        nothing="Everything works.",
        item=lambda incident, _voice, _now: items.open_incident(incident),
    ),
    ListName.APPLICATIONS: _Words(
        title="Applications",
        nothing="There is nothing to ask for yet.",
        item=lambda story, _voice, _now: application_item(story),
    ),
}


def list_title(name: ListName) -> str:
    """What a list is called, on the Home tab and at the top of its modal."""
    return _WORDS[name].title


def list_item(name: ListName, item: Item, voice: Voice, now: datetime) -> list[JSON]:
    """The blocks of one of its items."""
    return _WORDS[name].item(item, voice, now)


def see_all(name: ListName, words: str = "See all") -> JSON:
    """The button that opens a list."""
    return button(words, f"{actions.SEE_LIST}:{name}", name.value)


def list_view(sheet: Sheet, *, reader_id: str, now: datetime) -> JSON:
    """One page of a list.

    What it shows is in `private_metadata`. The choices have a block_id of their own for every such state, because Slack
    keeps what was chosen for as long as the block_id stays: so they always say what is shown.
    """
    words, look, voice = _WORDS[sheet.look.name], sheet.look, Voice(reader_id)
    shown = [block for item in sheet.items for block in words.item(item, voice, now)]
    return {
        "type": "modal",
        "callback_id": actions.LIST,
        "private_metadata": write_look(look),
        "title": label(words.title),
        "close": label("Close"),
        "blocks": [
            *_choices(sheet, words),
            *(shown or [lines([words.nothing])]),
            *_turns(sheet),
        ],
    }


def write_look(look: Look) -> str:
    """What a modal shows, to be read again when something in it is pressed."""
    said = {
        "list": look.name.value,
        "person": look.person_id,
        "application": look.application,
        "state": look.state,
        "after": look.turn.after,
        "before": look.turn.before,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None})


def read_look(text: str) -> Look:
    """The same back.

    Raises:
        ValueError: it is nothing that `write_look` wrote.
    """
    said = cast("dict[str, str]", json.loads(text))
    return Look(
        name=ListName(said.get("list", "")),
        person_id=said.get("person"),
        application=said.get("application"),
        state=RequestState(said["state"]) if "state" in said else None,
        turn=Turn(after=said.get("after"), before=said.get("before")),
    )


def _choices(sheet: Sheet, words: _Words) -> Iterator[JSON]:
    look = sheet.look
    elements: list[JSON] = []
    if words.by_person:
        element: JSON = {
            "type": "users_select",
            "action_id": actions.LIST_PERSON,
            "placeholder": label("Everybody"),
        }
        elements.append(element | ({"initial_user": look.person_id} if look.person_id else {}))
    if words.by_state:
        options = [option(text, state or actions.ANY) for state, text in _STATES.items()]
        chosen = option(_STATES[look.state or ""], look.state or actions.ANY)
        elements.insert(
            0,
            {
                "type": "static_select",
                "action_id": actions.LIST_STATE,
                "options": options,
                "initial_option": chosen,
            },
        )
        element = {
            "type": "external_select",
            "action_id": actions.LIST_APPLICATION,
            "placeholder": label("Every application"),
            "min_query_length": 0,
        }
        if look.application and sheet.application_name:
            element["initial_option"] = option(sheet.application_name, look.application)
        elements.append(element)
    if elements and (look.person_id or look.application):
        elements.append(button("Show all", actions.LIST_RESET))
    if elements:
        of_this = hashlib.sha256(write_look(look).encode()).hexdigest()[:16]
        yield {"type": "actions", "block_id": f"{actions.LIST}:{of_this}", "elements": elements}
        yield {"type": "divider"}


def _turns(sheet: Sheet) -> Iterator[JSON]:
    if sheet.look.application and not sheet.look.person_id and sheet.look.name is ListName.REQUESTS:
        yield small(f"Looked for among the latest {LOOKED_THROUGH:,} requests")
    turns = []
    if sheet.previous:
        turns.append(button("Previous", actions.LIST_PREVIOUS, sheet.previous.before))
    if sheet.next:
        turns.append(button("Next", actions.LIST_NEXT, sheet.next.after))
    if turns:
        yield {"type": "divider"}
    yield from buttons(turns)
