"""Short answers that only the person who typed sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.access.story import Choice, Story
from bot.cards.content import Content
from bot.cards.escape import mrkdwn, one_line
from bot.cards.items import card_link, headline, time_left
from bot.cards.rich import Line, bold, code, lines, listed, small, user, when
from bot.cards.words import NAME, given

COMMAND: Final = "/request-access"
#: how many requests the list shows: one block each, of the 50 that a message takes
_LISTED: Final = 12
#: how many applications are named
_NAMED: Final = 8


def status_list(stories: Sequence[Story], now: datetime) -> Content:
    """My requests and my access, as `status` lists them.

    Args:
        stories: newest first.
        now: when they were read; time left is counted from here.
    """
    if not stories:
        return _answer(["You have not asked for anything yet. ", code(COMMAND), " opens the form."])
    rest = len(stories) - _LISTED
    return Content(
        text=f"Your requests: {len(stories)}",
        blocks=(
            lines([bold("Your requests")]),
            *(lines(headline(story), _details(story, now)) for story in stories[:_LISTED]),
            *([small(f"and {rest} more, on Usher's Home tab")] if rest > 0 else []),
        ),
    )


def help_text() -> Content:
    """What can be typed after the command."""
    return Content(
        text="How to ask for access",
        blocks=(
            lines(
                [bold("Usher gets you access to applications")],
                [code(COMMAND), "  opens the form"],
                [code(f"{COMMAND} chatgpt codex 30d to try the new agent"), "  opens it filled in"],
                [code(f"{COMMAND} status"), "  lists what you asked for"],
                [code(f"{COMMAND} help"), "  shows this"],
                ["What you write under the card of a request is passed on to the others"],
            ),
            small("Usher's Home tab shows what you have and for how long"),
        ),
    )


def not_understood(text: str, choices: Sequence[Choice] = ()) -> Content:
    """The answer to words that name no application. `choices` is what can be asked for."""
    typed = one_line(text, NAME)
    known: Line = (
        ["You can ask for ", *listed([[one_line(one.name, NAME)] for one in choices], most=_NAMED), "."]
        if choices
        else []
    )
    return _answer(
        [f"“{typed}” is not an application that Usher knows. ", *known],
        [code(COMMAND), " lets you choose from the list, ", code(f"{COMMAND} help"), " shows what can be typed."],
    )


def _details(story: Story, now: datetime) -> Line:
    whom: Line = ["For ", user(story.beneficiary), " · "] if story.for_somebody_else else []
    asked = when("asked", story.created_at, day_only=True)
    return [*whom, given(story), *time_left(story, now), " · ", asked, *card_link(story)]


def _answer(*each: Line) -> Content:
    first = "".join(piece if isinstance(piece, str) else piece.get("text", "") for piece in each[0])
    return Content(text=mrkdwn(first.strip()), blocks=(lines(*each),))
