"""The form that asks for access, and what comes back from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import EllipsisType
from typing import Any, Final

from bot.access.durations import parse_duration, say_duration, write_duration
from bot.access.story import Choice, Story
from bot.cards import actions
from bot.cards.content import JSON, Values
from bot.cards.escape import one_line
from bot.cards.reason_form import read_reason, reason_input
from bot.cards.rich import Line, bold, fine_print, label, lines, when
from bot.cards.whom_and_when import (
    emergency_input,
    for_input,
    read_emergency,
    read_people,
    read_start,
    start_input,
)
from bot.cards.words import NAME, application, entitlement_words, initial, role_word, seat_word

#: what a select takes (docs.slack.dev, select menu element)
MOST_OPTIONS: Final = 100
_OPTION: Final = 75
_DESCRIPTION: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form holds so far. None, and `...` for the duration, where nothing is chosen yet."""

    application: str | None = None
    role: str | None = None
    seat_type: str | None = None
    duration_seconds: int | EllipsisType | None = ...  # None is a choice: no end date
    reason: str = ""
    people: tuple[str, ...] = ()  # nobody named: for the person who asks
    start: date | None = None  # no day: as soon as it is approved
    emergency: bool = False


def request_form(choices: Sequence[Choice], draft: Draft) -> JSON:
    """The modal, with what the chosen application offers and nothing else.

    Slack keeps what was entered for as long as block_id and action_id stay the same. The reason keeps its ids; what
    depends on the application has the application in its block_id, so that another one starts afresh.

    Args:
        choices: what can be asked for.
        draft: what is entered or known already. What the application does not offer is left out.
    """
    if not choices:
        return _empty()
    chosen = _find(choices, draft.application) or (choices[0] if len(choices) == 1 else None)
    return {
        "type": "modal",
        "callback_id": actions.REQUEST_FORM,
        "title": label("Request access"),
        "submit": label("Send request"),
        "close": label("Cancel"),
        "blocks": [
            _application(choices, chosen),
            *(entitlement_inputs(chosen, draft) if chosen else []),
            reason_input(
                hint="Whoever decides reads this.",
                placeholder="What do you need it for?",
                value=draft.reason,
            ),
            for_input(draft.people),
            start_input(draft.start),
            *(
                [emergency_input(chosen.key, chosen.emergency, chosen=draft.emergency)]
                if chosen and chosen.emergency
                else []
            ),
        ],
    }


def extension_form(story: Story, choice: Choice) -> JSON:
    """The modal by which access is asked to go on: for how long, and why. Everything else stays as it was granted.

    Args:
        story: the request whose grant is to go on.
        choice: its application, as it is offered now.
    """
    grant = story.grant
    until: Line = ["It now ", when("lasts until", grant.ends_at), "."] if grant and grant.ends_at else []
    durations, held = _durations(choice), entitlement_words(story.terms.entitlement)
    return {
        "type": "modal",
        "callback_id": actions.EXTEND_FORM,
        "private_metadata": story.id,
        "title": label("Extend access"),
        "submit": label("Send request"),
        "close": label("Cancel"),
        "blocks": [
            lines([bold(" · ".join(filter(None, (application(story), held))))], until),
            _select("Duration", f"{actions.DURATION_BLOCK}:{choice.key}", durations, durations[0])
            | {"hint": label("It is added to the end that there is now.")},
            reason_input(hint="Whoever decides reads this.", placeholder="What do you still need it for?"),
        ],
    }


def options_for(query: str, choices: Sequence[Choice]) -> list[JSON]:
    """The options for what somebody typed into Application, where there are too many to list."""
    word = query.strip().casefold()
    fitting = (one for one in choices if word in f"{one.name}\n{one.key}\n{one.description}".casefold())
    return [_application_option(one) for _, one in zip(range(MOST_OPTIONS), fitting, strict=False)]


def read_form(values: Values, choices: Sequence[Choice]) -> Draft:
    """What somebody entered, out of `view["state"]["values"]`. What is not offered counts as not chosen.

    Where the application leaves no choice, the only possibility is filled in.
    """
    chosen = _find(choices, _selected(values, actions.APPLICATION_BLOCK, actions.CHOOSE_APPLICATION))
    return Draft(
        application=chosen.key if chosen else None,
        role=_read(values, actions.ROLE_BLOCK, chosen, chosen.roles) if chosen else None,
        seat_type=_read(values, actions.SEAT_TYPE_BLOCK, chosen, chosen.seat_types) if chosen else None,
        duration_seconds=_read_duration(values, chosen) if chosen else ...,
        reason=read_reason(values),
        people=read_people(values),
        start=read_start(values),
        emergency=read_emergency(values, chosen.key if chosen else None),
    )


def read_entered(values: Values) -> Draft:
    """What somebody entered, as it is: whether that is offered is for the catalogue to say.

    What the form had no input for, because the application does not know it, is left out.
    """
    key = _selected(values, actions.APPLICATION_BLOCK, actions.CHOOSE_APPLICATION)
    return Draft(
        application=key,
        role=_selected(values, f"{actions.ROLE_BLOCK}:{key}", actions.VALUE),
        seat_type=_selected(values, f"{actions.SEAT_TYPE_BLOCK}:{key}", actions.VALUE),
        duration_seconds=_parsed(_selected(values, f"{actions.DURATION_BLOCK}:{key}", actions.VALUE)),
        reason=read_reason(values),
        people=read_people(values),
        start=read_start(values),
        emergency=read_emergency(values, key),
    )


def read_extension(values: Values) -> Draft:
    """What somebody entered in the form that asks for more time: the duration and the reason."""
    return Draft(duration_seconds=_parsed(_selected_in(values, actions.DURATION_BLOCK)), reason=read_reason(values))


def read_change(values: Values) -> Draft:
    """What somebody entered in the form that asks for another role or seat type."""
    return Draft(
        role=_selected_in(values, actions.ROLE_BLOCK),
        seat_type=_selected_in(values, actions.SEAT_TYPE_BLOCK),
        duration_seconds=_parsed(_selected_in(values, actions.DURATION_BLOCK)),
        reason=read_reason(values),
    )


def field_errors(errors: Mapping[str, str], view: Mapping[str, Any]) -> dict[str, str]:
    """Errors by field (those of `WrongWish`), as Slack wants them: by block_id.

    A field that this view has no input for is told under the first one.
    """
    inputs = [str(block["block_id"]) for block in view.get("blocks", ()) if block.get("type") == "input"]
    if not inputs:
        return {}
    found: dict[str, str] = {}
    for name, message in errors.items():
        block_id = next((each for each in inputs if each.split(":")[0] == name), inputs[0])
        found[block_id] = f"{found[block_id]} {message}" if block_id in found else message
    return found


# -- inputs ------------------------------------------------------------------------------------------------------------
def _empty() -> JSON:
    return {
        "type": "modal",
        "callback_id": actions.REQUEST_FORM,
        "title": label("Request access"),
        "close": label("Close"),
        "blocks": [lines(["There is nothing to ask for yet. An admin has to add an application first."])],
    }


def _application(choices: Sequence[Choice], chosen: Choice | None) -> JSON:
    element: JSON = {
        "type": "static_select",
        "action_id": actions.CHOOSE_APPLICATION,
        "placeholder": label("Choose an application"),
    }
    if len(choices) > MOST_OPTIONS:
        element |= {"type": "external_select", "min_query_length": 0}
    else:
        element["options"] = [_application_option(choice) for choice in choices]
    if chosen:
        element["initial_option"] = _application_option(chosen)
    return _input("Application", actions.APPLICATION_BLOCK, element) | {"dispatch_action": True}


def entitlement_inputs(chosen: Choice, draft: Draft) -> Iterator[JSON]:
    """What the application offers, chosen already where there is one possibility; nothing for what it does not know."""
    if len(chosen.description) > _OPTION:  # shorter ones stand in the list
        yield fine_print(one_line(chosen.description, _DESCRIPTION))
    fields: list[tuple[str, str, Sequence[JSON], str | None]] = [
        ("Role", actions.ROLE_BLOCK, _options(chosen.roles, role_word), draft.role),
        ("Seat type", actions.SEAT_TYPE_BLOCK, _options(chosen.seat_types, seat_word), draft.seat_type),
        ("Duration", actions.DURATION_BLOCK, _durations(chosen), _written(draft.duration_seconds)),
    ]
    for name, block, options, wanted in fields:
        if options:
            first = next((one for one in options if one["value"] == wanted), options[0])
            yield _select(name, f"{block}:{chosen.key}", options, first)


def _select(name: str, block_id: str, options: Sequence[JSON], first: JSON) -> JSON:
    element: JSON = {
        "type": "static_select",
        "action_id": actions.VALUE,
        "options": list(options),
        "initial_option": first,
    }
    return _input(name, block_id, element)


def _input(name: str, block_id: str, element: JSON) -> JSON:
    return {"type": "input", "block_id": block_id, "label": label(name), "element": element}


def _application_option(choice: Choice) -> JSON:
    described = {"description": label(one_line(choice.description, _OPTION))} if choice.description.strip() else {}
    return option(choice.name, choice.key) | described


def _options(words: Sequence[str], say: Callable[[str], str]) -> list[JSON]:
    return [option(say(word), word) for word in words]


def _durations(choice: Choice) -> list[JSON]:
    return [option(initial(say_duration(one)), write_duration(one)) for one in choice.durations]


def option(words: str, value: str) -> JSON:
    """An option of a select, its words cut to what one takes."""
    return {"text": label(one_line(words, min(_OPTION, NAME))), "value": value}


# -- reading -----------------------------------------------------------------------------------------------------------
def _find(choices: Sequence[Choice], key: str | None) -> Choice | None:
    return next((choice for choice in choices if choice.key == key), None)


def _selected(values: Values, block_id: str, action_id: str) -> str | None:
    option = values.get(block_id, {}).get(action_id, {}).get("selected_option")
    return option["value"] if option else None


def _selected_in(values: Values, block: str) -> str | None:
    """The same where the form is about one application, whichever it is."""
    block_id = next((each for each in values if each.split(":")[0] == block), "")
    return _selected(values, block_id, actions.VALUE)


def _read(values: Values, block: str, chosen: Choice, offered: Sequence[str]) -> str | None:
    if len(offered) < 2:
        return offered[0] if offered else ""
    value = _selected(values, f"{block}:{chosen.key}", actions.VALUE)
    return value if value in offered else None


def _read_duration(values: Values, chosen: Choice) -> int | EllipsisType | None:
    written = _read(values, actions.DURATION_BLOCK, chosen, [write_duration(one) for one in chosen.durations])
    return _parsed(written)


def _parsed(written: str | None) -> int | EllipsisType | None:
    try:
        return parse_duration(written) if written else ...
    except ValueError:
        return ...


def _written(duration: int | EllipsisType | None) -> str | None:
    return None if isinstance(duration, EllipsisType) else write_duration(duration)
