"""The messages that approvers of a request should have: a card each, and the words that remind them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.access import subjects
from bot.access.reminders import in_daytime, reminders
from bot.access.story import Asked, Story
from bot.cards.approval import approval_card
from bot.cards.content import Content
from bot.cards.prompt import nudge_to_decide, reminder_to_decide
from bot.cards.words import waiting_for
from bot.engine.board import Wanted
from storage.tables import RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prompt:
    """A word that notifies an approver again."""

    slot: str
    due_at: datetime
    content: Content


def approver_messages(story: Story, now: datetime) -> Iterator[Wanted]:
    """One card for everybody who was ever asked, and under it what reminded them, while their word is wanted."""
    wanted = {one.who.id: one for one in waiting_for(story)} if story.state is RequestState.PENDING else {}
    for asked in {one.who.id: one for one in story.asked}.values():
        approver = asked.who.id
        mine = wanted.get(approver)
        due = [one for one in _prompts(story, mine) if one.due_at <= now] if mine else []
        latest = max(due, key=lambda one: one.due_at, default=None)
        yield Wanted(
            slot=subjects.approval_slot(approver),
            recipient=approver,
            content=approval_card(story, approver_id=approver, reminded_at=latest.due_at if latest else None),
            approver=approver if mine else None,
            only_edit=asked.unreachable or asked.counted_from is not None,
        )
        if latest:
            yield Wanted(
                slot=f"told:{latest.slot}:{story.stage}:{approver}",
                recipient=approver,
                content=latest.content,
                reply_to=subjects.approval_slot(approver),
            )


def next_prompt(story: Story, now: datetime) -> datetime | None:
    """When somebody will have to be reminded next; None when nobody will."""
    if story.state is not RequestState.PENDING:
        return None
    later = (one.due_at for asked in waiting_for(story) for one in _prompts(story, asked) if one.due_at > now)
    return min(later, default=None)


def _prompts(story: Story, asked: Asked) -> Iterator[_Prompt]:
    """Every word that reminds this person, in the order of their kind."""
    times = reminders(asked.asked_at, story.expires_at, asked.timezone, remind_after=story.remind_after)
    for number, due_at in enumerate(times, start=1):
        yield _Prompt(slot=f"reminder-{number}", due_at=due_at, content=reminder_to_decide(story))
    if story.nudged_at is not None and story.nudged_at >= asked.asked_at:
        due_at = in_daytime(story.nudged_at, asked.timezone)
        yield _Prompt(slot=f"nudge-{story.nudged_at.timestamp():.0f}", due_at=due_at, content=nudge_to_decide(story))
