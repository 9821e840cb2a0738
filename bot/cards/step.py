"""A change that an app admin makes by hand: the task card, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.access.story import StepStory
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.reason_form import reason_form
from bot.cards.rich import Line, at, bold, button, buttons, emoji, instructions, lines, quote, small, user, when
from bot.cards.voice import Voice
from bot.cards.words import NAME, Mark, entitlement_words
from storage.tables import StepState

_REASON: Final = 600

_MARKS: Final = {
    StepState.OPEN: Mark.YOURS,
    StepState.DONE: Mark.GOOD,
    StepState.REFUSED: Mark.TROUBLE,
    StepState.OBSOLETE: Mark.OVER,
}
_STATES: Final = {
    StepState.OPEN: "",
    StepState.DONE: " · Done",
    StepState.REFUSED: " · Could not",
    StepState.OBSOLETE: " · No longer needed",
}


def step_card(step: StepStory, *, viewer_id: str) -> Content:
    """The card of one app admin."""
    is_open = step.state is StepState.OPEN
    title = step_title(step)
    words = step.reason if step.state is StepState.REFUSED else step.request_reason if is_open and step.wanted else None
    return Content(
        text=mrkdwn(title + _STATES[step.state]),
        blocks=(
            lines([emoji(_MARKS[step.state]), " ", bold(title + _STATES[step.state])], _what(step)),
            lines(*(_to_do(step) if is_open else _answered(step, Voice(viewer_id)))),
            *([quote(words, limit=_REASON)] if words and words.strip() else []),
            small(date("Asked", step.created_at)),
            *buttons(step_buttons(step)),
        ),
    )


def step_title(step: StepStory) -> str:
    """`Give Lena Fischer access to Figma`."""
    who, name = one_line(step.beneficiary.name, NAME), one_line(step.application_name, NAME)
    return f"Give {who} access to {name}" if step.wanted else f"Take {who} out of {name}"


def step_buttons(step: StepStory) -> Iterator[JSON]:
    """Done and Could not, while it is to be done."""
    if step.state is StepState.OPEN:
        yield button("Done", actions.STEP_DONE, step.id, style="primary")
        yield button("Could not", actions.STEP_COULD_NOT, step.id)


def could_not_form(step: StepStory) -> JSON:
    """The modal that asks why it could not be done."""
    return reason_form(
        callback_id=actions.COULD_NOT_FORM,
        about=step.id,
        title="Could not do it",
        submit="Send",
        intro=lines([bold(step_title(step))]),
        hint=f"{one_line(step.beneficiary.name, NAME)} will read this."
        if step.wanted
        else "The admins will read this: taking access away is never given up.",
    )


def _what(step: StepStory) -> Line:
    words = entitlement_words(step.wanted) if step.wanted else ""
    until: Line = [when("until", step.until)] if step.wanted and step.until else []
    both = " · " if words and until else ""
    return [user(step.beneficiary), *([" · "] if words or until else []), words, both, *until]


def _to_do(step: StepStory) -> Iterator[Line]:
    yield [bold("What to do: "), *instructions(step.instructions)]
    yield ["Then press ", bold("Done"), ". If you cannot do it, press ", bold("Could not"), " and say why."]


def _answered(step: StepStory, voice: Voice) -> Iterator[Line]:
    by: Line = [" by ", voice.name(step.answered_by)] if step.answered_by else []
    match step.state:
        case StepState.DONE:
            yield [*at("Done", step.answered_at), *by, "."]
        case StepState.REFUSED:
            yield [*at("Answered", step.answered_at), *by, ":" if step.reason else "."]
        case _:
            yield ["It is no longer needed: there is nothing to do."]
