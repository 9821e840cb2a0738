"""While I am away: the part of the Home tab, and the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.access.story import Absence, HomeStory
from bot.cards import actions
from bot.cards.actions import VALUE
from bot.cards.content import JSON
from bot.cards.rich import Line, button, buttons, header, label, lines, user, when

_DELEGATE: Final = "delegate"
_FROM: Final = "from"
_UNTIL: Final = "until"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayDraft:
    """What the form holds; None where nothing was chosen. Days are whole days where the person lives."""

    delegate_id: str | None
    first_day: date | None
    last_day: date | None


def away_part(home: HomeStory) -> list[JSON]:
    """Who decides for me, and for whom I do."""
    mine = home.absence
    said: Line = (
        ["Nobody else decides for you. Going away? Say who does meanwhile."]
        if mine is None
        else [user(mine.delegate), " decides for you, ", *_span(mine), "."]
    )
    others: list[Line] = [["You decide for ", user(each.who), ", ", *_span(each), "."] for each in home.stands_in_for]
    press = "I am going away" if mine is None else "Change"
    back = [] if mine is None else [button("I am back", actions.COME_BACK)]
    return [
        {"type": "divider"},
        header("While I am away"),
        lines(said, *others),
        *buttons([button(press, actions.GO_AWAY), *back]),
    ]


def away_form(standing: Absence | None, *, today: date) -> JSON:
    """The modal.

    Args:
        standing: what was said before, if it still counts.
        today: where the person lives.
    """
    chosen: JSON = {"initial_user": standing.delegate.id} if standing else {}
    return {
        "type": "modal",
        "callback_id": actions.AWAY_FORM,
        "title": label("While I am away"),
        "submit": label("Save"),
        "close": label("Cancel"),
        "blocks": [
            lines(
                ["What you would be asked to decide is asked of a colleague instead, and they are told for whom."],
                ["What you were asked already stays with you. Nobody decides about their own request."],
            ),
            _input(_DELEGATE, "Who decides for me", {"type": "users_select", **chosen}),
            _input(_FROM, "First day", {"type": "datepicker", "initial_date": today.isoformat()}),
            _input(_UNTIL, "Last day", {"type": "datepicker"}),
        ],
    }


def read_away(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> AwayDraft:
    """What was entered, out of `view["state"]["values"]`."""
    return AwayDraft(
        delegate_id=values.get(_DELEGATE, {}).get(VALUE, {}).get("selected_user"),
        first_day=_day(values.get(_FROM, {}).get(VALUE, {}).get("selected_date")),
        last_day=_day(values.get(_UNTIL, {}).get(VALUE, {}).get("selected_date")),
    )


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None


def _span(absence: Absence) -> Line:
    return [when("from", absence.starts_at, day_only=True), " ", when("until", absence.ends_at, day_only=True)]


def _input(name: str, words: str, element: JSON) -> JSON:
    return {"type": "input", "block_id": name, "label": label(words), "element": {**element, "action_id": VALUE}}
