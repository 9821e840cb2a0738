"""The word about an invite that its person has not accepted: where to look, what to press, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from bot.access.story import Story
from bot.cards.content import Content
from bot.cards.escape import mrkdwn
from bot.cards.rich import Line, bold, code, lines, spoken, when
from bot.cards.words import application
from storage.tables import GrantState


def reminder(story: Story) -> Content:
    """The reply under the beneficiary's status card."""
    told = list(_lines(story))
    return Content(text=mrkdwn(spoken(told[0], {})), blocks=(lines(*told),))


def _lines(story: Story) -> Iterator[Line]:
    grant, name = story.grant, application(story)
    if grant is None or grant.state is not GrantState.INVITED:
        yield [f"You were reminded of your invite to {name}. It does not wait any more."]
        return
    yield [f"Your invite to {name} still waits in your mailbox ", code(story.beneficiary_email), "."]
    yield [
        "Look for an e-mail about joining the workspace, also among the spam, and press ",
        bold("Join workspace"),
        ".",
    ]
    if grant.lapses_at is not None:
        yield [
            "If you do not need it, press ",
            bold("Give back"),
            "; otherwise it ",
            when("lapses", grant.lapses_at),
            ".",
        ]
