"""The replies under an approver's card that notify them again: a reminder, and the requester's own word."""

from __future__ import annotations

from bot.access.story import Story
from bot.cards.approval import request_title
from bot.cards.content import Content
from bot.cards.escape import mrkdwn, shorten
from bot.cards.rich import Line, lines, spoken, user, when

#: a notification shows far less
_NOTIFICATION = 300


def reminder_to_decide(story: Story) -> Content:
    """It waits for this person, and until when."""
    return _content(story, [f"Still waiting for you: {request_title(story)}. Please ", *_by(story)])


def nudge_to_decide(story: Story) -> Content:
    """The requester asks them to look."""
    return _content(story, [user(story.requester), " asks you to take a look. Please ", *_by(story)])


def _by(story: Story) -> Line:
    return [when("decide by", story.expires_at), ". The buttons are on the card above."]


def _content(story: Story, line: Line) -> Content:
    return Content(
        text=mrkdwn(shorten(spoken(line, {story.requester.id: story.requester.name}), _NOTIFICATION)),
        blocks=(lines(line),),
    )
