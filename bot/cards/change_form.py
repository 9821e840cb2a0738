"""The form in which an approver gives less than was asked for, and what comes back from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any

from bot.access import subjects
from bot.access.durations import parse_duration, say_duration, write_duration
from bot.access.leeway import Changes
from bot.access.story import Leeway, Story
from bot.cards import actions
from bot.cards.approval import what_is_asked
from bot.cards.content import JSON
from bot.cards.escape import one_line
from bot.cards.form import option
from bot.cards.reason_form import reason_input
from bot.cards.rich import label
from bot.cards.words import NAME, initial, role_word, seat_word

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


def change_form(story: Story, limits: Leeway) -> JSON:
    """The modal: a select for each that can be changed, on what stands. Sent as it is, it is a plain approval."""
    names = dict.fromkeys(one_line(who.name, NAME) for who in (story.requester, story.beneficiary))
    reason = reason_input(hint=f"{' and '.join(names)} will read this.")
    return {
        "type": "modal",
        "callback_id": actions.CHANGE_FORM,
        "private_metadata": subjects.ballot(story.id, story.stage),
        "title": label("Approve with changes"),
        "submit": label("Approve"),
        "close": label("Back"),
        "blocks": [
            what_is_asked(story),
            *_selects(limits),
            reason | {"label": label("Why the change"), "optional": True},
        ],
    }


def read_changes(values: Values) -> Changes:
    """What somebody chose, out of `view["state"]["values"]`; what the form had no select for stays as it stands."""
    return Changes(
        role=_chosen(values, actions.ROLE_BLOCK),
        seat_type=_chosen(values, actions.SEAT_TYPE_BLOCK),
        duration_seconds=_duration(_chosen(values, actions.DURATION_BLOCK)),
    )


def _selects(limits: Leeway) -> Iterator[JSON]:
    if len(limits.roles) > 1:
        yield _select("Role", actions.ROLE_BLOCK, [option(role_word(each), each) for each in limits.roles])
    if len(limits.seat_types) > 1:
        seats = [option(seat_word(each), each) for each in limits.seat_types]
        yield _select("Seat type", actions.SEAT_TYPE_BLOCK, seats)
    if len(limits.durations) > 1:
        durations = [option(initial(say_duration(each)), write_duration(each)) for each in limits.durations]
        yield _select("Duration", actions.DURATION_BLOCK, durations)


def _select(name: str, block_id: str, options: Sequence[JSON]) -> JSON:
    element = {
        "type": "static_select",
        "action_id": actions.VALUE,
        "options": list(options),
        "initial_option": options[0],
    }
    return {"type": "input", "block_id": block_id, "label": label(name), "element": element}


def _chosen(values: Values, block_id: str) -> str | None:
    chosen = values.get(block_id, {}).get(actions.VALUE, {}).get("selected_option")
    return str(chosen["value"]) if chosen else None


def _duration(written: str | None) -> int | EllipsisType | None:
    return ... if written is None else parse_duration(written)
