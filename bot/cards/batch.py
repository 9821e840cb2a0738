"""The one card by which somebody follows what they asked for several people in one form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.access.lists import ListName
from bot.access.refusals import Refused
from bot.access.story import BatchStory, Story, Who
from bot.cards.content import Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.lists import see_all
from bot.cards.refusals import refusal_line
from bot.cards.rich import Line, bold, bullets, buttons, emoji, lines, small, user, when
from bot.cards.telling import begins
from bot.cards.words import MARKS, NAME, Mark, Phase, given, ongoing, phase

#: how much of what an approver said stands in the list
_SAID: Final = 200


def batch_card(batch: BatchStory) -> Content:
    """Each person, with where their request stands; and for whom there is none, with why."""
    phases = [phase(story) for story in batch.requests]
    people = len(batch.requests) + len(batch.refused)
    title = f"{one_line(batch.application_name, NAME)} for {people} people"
    summary = _summary(phases, len(batch.refused))
    first = batch.requests[0]
    return Content(
        text=mrkdwn(f"{title}: {summary}"),
        blocks=(
            lines(
                [emoji(_mark(phases)), " ", bold(title)],
                [given(first), *begins(first)],
                [summary],
            ),
            bullets(
                [
                    *(_request(story) for story in batch.requests),
                    *(_refused(why, batch.requester) for _, why in batch.refused),
                ]
            ),
            small(date("Asked", batch.created_at), "Each of them is on Usher's Home tab, too"),
            *buttons([see_all(ListName.MY_REQUESTS, "See each request")]),
        ),
    )


def _mark(phases: Sequence[Phase]) -> Mark:
    """What is still on its way counts most, then what has come to something."""
    marks = {MARKS[each] for each in phases}
    order = (Mark.TROUBLE, Mark.MAIL, Mark.WAITS, Mark.GOOD)
    return next((mark for mark in order if mark in marks), Mark.OVER)


def _summary(phases: Sequence[Phase], refused: int) -> str:
    """`2 active, 1 waiting for approval, 1 could not be asked for`."""
    counted = [f"{count} {where.lower()}" for where, count in Counter(phases).items()]
    return ", ".join([*counted, *([f"{refused} could not be asked for"] if refused else [])])


def _request(story: Story) -> Line:
    grant = story.grant
    until: Line = [" ", when("until", grant.ends_at)] if grant and grant.ends_at and ongoing(story) else []
    said = one_line(story.decision_reason, _SAID) if phase(story) is Phase.DENIED and story.decision_reason else ""
    return [user(story.beneficiary), ": ", bold(phase(story)), *until, f" (“{said}”)" if said else ""]


def _refused(why: Refused, requester: Who) -> Line:
    """The refusal names the person itself."""
    return [bold("Not asked for: "), *refusal_line(why, reader_id=requester.id)]
