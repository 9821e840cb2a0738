"""The replies under people's cards by which they hear of what others said about a request. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.access import subjects
from bot.access.story import Story
from bot.cards.comments import comment_reply
from bot.engine.board import Wanted


def comment_replies(story: Story) -> Iterator[Wanted]:
    """One for each comment and everybody who has a card, but for its author, and for those who were asked later."""
    listeners = _listeners(story)
    for comment in story.comments:
        for person, (slot, since) in listeners.items():
            if person != comment.author.id and since <= comment.at:
                yield Wanted(
                    slot=f"told:comment:{comment.id}:{person}",
                    recipient=person,
                    content=comment_reply(story, comment, reader_id=person),
                    reply_to=slot,
                )


def _listeners(story: Story) -> dict[str, tuple[str, datetime]]:
    """By Slack user id: the slot of their card, and since when they have it."""
    found = {who.id: (subjects.status_slot(who.id), story.created_at) for who in (story.requester, story.beneficiary)}
    for asked in story.asked:  # by stage, so the first time counts
        if not asked.unreachable:
            found.setdefault(asked.who.id, (subjects.approval_slot(asked.who.id), asked.asked_at))
    return found
