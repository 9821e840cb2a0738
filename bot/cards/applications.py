"""An application as Usher's admins see it: how it is connected, whether that works, and the steps of its set-up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.access.connections import Condition, Manual
from bot.access.story import ApplicationStory
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line, shorten
from bot.cards.rich import (
    Line,
    bold,
    button,
    buttons,
    code,
    emoji,
    instructions,
    label,
    lines,
    rich,
    running,
    small,
    when,
)
from bot.cards.set_up_steps import connection, steps
from bot.cards.words import NAME, Mark

#: of what a connector says about one condition; ten of them stay within what a message takes
_DETAIL: Final = 300
_REMEDY: Final = 500
_MOST: Final = 12

IN_FILE: Final = (
    "This catalogue is kept in a file that Usher applies at every start. So that what you add here stays, run "
    "`usher catalog export` and put the result into that file."
)


def application_item(story: ApplicationStory) -> list[JSON]:
    """An application in the list on the Home tab."""
    about = lines(_headline(story), _connected(story), *_trouble(story))
    return [about, *buttons([_check(story), button("Set-up steps", actions.SET_UP_STEPS, story.key)])]


def needs_hand(story: ApplicationStory) -> bool:
    """Is something missing, as far as is known?"""
    return story.outage is not None or _missing(story) is not None


def set_up_card(story: ApplicationStory, *, catalog_in_file: bool) -> Content:
    """The card of an admin who sets an application up: the steps, until everything is there, and what was found."""
    title = f"Set-up of {one_line(story.name, NAME)}"
    if story.retired:
        gone = "It was taken out of the catalogue, so nobody can ask for it any more."
        return Content(text=mrkdwn(title), blocks=(lines([emoji(Mark.OVER), " ", bold(title)], [gone]),))
    mark, state = _health(story)
    works = state == _WORKS
    return Content(
        text=mrkdwn(f"{title} · {state}"),
        blocks=(
            lines([emoji(mark), " ", bold(f"{title} · {state}")], [connection(story.connector)]),
            *([lines(_ready(story))] if works else steps(story.connector, key=story.key)),
            *_findings(story.findings),
            *([small(mrkdwn(IN_FILE))] if catalog_in_file else []),
            small(date("Checked", story.checked_at) if story.checked_at else "Not checked yet"),
            *buttons([_check(story, style=None if works else "primary")]),
        ),
    )


def steps_view(story: ApplicationStory, *, catalog_in_file: bool) -> JSON:
    """The modal with the steps of the set-up: at the end of the assistant, and from the Home tab."""
    return {
        "type": "modal",
        "title": label("Set-up steps"),
        "close": label("Close"),
        # whoever closes it is done with the assistant below it, too
        "clear_on_close": True,
        "blocks": [
            lines([bold(f"Set-up of {one_line(story.name, NAME)}")], [connection(story.connector), "."]),
            *steps(story.connector, key=story.key),
            *_findings(story.findings),
            *([small(mrkdwn(IN_FILE))] if catalog_in_file else []),
        ],
    }


_WORKS: Final = "Works"
_NEEDS_YOU: Final = "Needs you"
_NOT_CHECKED: Final = "Not checked yet"


def _health(story: ApplicationStory) -> tuple[Mark, str]:
    if needs_hand(story):
        return Mark.TROUBLE, _NEEDS_YOU
    if story.findings or isinstance(story.connector, Manual):  # by hand, nothing can be missing
        return Mark.GOOD, _WORKS
    return Mark.YOURS, _NOT_CHECKED


def _headline(story: ApplicationStory) -> Line:
    mark, state = _health(story)
    return [emoji(mark), " ", bold(f"{one_line(story.name, NAME)} · {state}")]


def _connected(story: ApplicationStory) -> Line:
    checked: Line = [" · ", when("checked", story.checked_at)] if story.checked_at else []
    return [connection(story.connector), *checked]


def _trouble(story: ApplicationStory) -> Iterator[Line]:
    """What is missing, and what to do about it."""
    if story.outage is not None:
        yield [shorten(story.outage, _DETAIL)]
    elif (missing := _missing(story)) is not None:
        yield [f"{one_line(missing.name, NAME)}: {shorten(missing.detail, _DETAIL)}"]
        if missing.remedy:
            yield [bold("What to do: "), *instructions(shorten(missing.remedy, _REMEDY))]


def _missing(story: ApplicationStory) -> Condition | None:
    return next((each for each in story.findings if not each.ok), None)


def _ready(story: ApplicationStory) -> Line:
    name = one_line(story.name, NAME)
    if isinstance(story.connector, Manual):
        return [f"People can ask for {name} with ", code("/request-access"), "."]
    return [f"Everything is there. People can ask for {name} with ", code("/request-access"), "."]


def _findings(found: Sequence[Condition]) -> list[JSON]:
    """A line for each condition, and the exact next step below what is missing."""
    return [rich(*(running(*_finding(each)) for each in found[:_MOST]))] if found else []


def _finding(found: Condition) -> Iterator[Line]:
    yield ["✓ " if found.ok else "✗ ", bold(one_line(found.name, NAME)), f": {shorten(found.detail, _DETAIL)}"]
    if not found.ok and found.remedy:
        yield ["→ ", *instructions(shorten(found.remedy, _REMEDY))]


def _check(story: ApplicationStory, *, style: str | None = None) -> JSON:
    return button("Check", actions.CHECK_APPLICATION, story.key, style=style)
