"""Who decided about a request, for whom, what they changed, and by which rule it went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.access.policy import OVERRIDE
from bot.access.story import Asked, Story
from bot.cards.escape import mrkdwn, one_line, shorten
from bot.cards.rich import Line, at, listed
from bot.cards.voice import Voice
from storage.tables import Decision, RequestState

#: how much of a rule and its reasons is told
_RULE: Final = 200
#: how many people a line names
NAMED: Final = 4


def approval_line(story: Story, voice: Voice) -> Line:
    """Who agreed, and when."""
    if story.emergency and story.state is not RequestState.APPROVED:
        return ["Given at once, as an emergency, before anybody approved it."]
    if story.auto_approved:
        return ["Approved by the policy: “", story.auto_approved, "”"]
    agreed = [spoken_for(one, voice) for one in agreed_by(story)]
    if not agreed and story.decided_by:
        agreed = [[voice.name(story.decided_by)]]
    by = listed(agreed, most=NAMED)
    why: Line = [": “", story.decision_reason, "”"] if story.decision_reason else ["."]
    return [*at("Approved", story.decided_at), *([" by ", *by] if by else []), *why]


def agreed_by(story: Story) -> list[Asked]:
    """Those who said yes, each where they said it."""
    return [one for one in story.asked if one.decision is Decision.APPROVED and one.counted_from is None]


def spoken_for(asked: Asked, voice: Voice, *, first: bool = False) -> Line:
    """Who decided, and in whose place: `Grace for Maya`, `Ada as an admin`."""
    who = voice.name(asked.who, first=first)
    if asked.why == OVERRIDE:
        return [who, " as an admin"]
    return [who, " for ", voice.name(asked.for_whom)] if asked.for_whom else [who]


def changed_by(story: Story, voice: Voice) -> Line:
    """`, changed by Maya`, after what is given now instead of what was asked for; nothing where it is that."""
    changed = [spoken_for(one, voice) for one in story.asked if one.changes is not None]
    return [", changed by ", *listed(changed, most=NAMED)] if changed else []


def why_changed(story: Story, voice: Voice) -> Iterator[Line]:
    """Why, in the words of those who did; the latest few."""
    changed = [one for one in story.asked if one.changes is not None and one.reason]
    for one in changed[-NAMED:]:
        yield [*spoken_for(one, voice, first=True), " on the change: “", shorten(one.reason or "", _RULE), "”"]


def skipped_line(story: Story, voice: Voice) -> Iterator[Line]:
    """Who was asked at this stage and cannot answer."""
    gone = [one for one in story.asked if one.stage == story.stage and one.unreachable and one.decision is None]
    if gone:
        names = listed([[voice.name(one.who, first=not place)] for place, one in enumerate(gone)], most=NAMED)
        yield [*names, " cannot be reached."]


def rule_line(story: Story) -> Iterator[str]:
    """Which rule of the policy the request fell under, and why."""
    if story.matched is not None:
        because = " and ".join(story.matched.because)
        yield mrkdwn(one_line(f"Rule “{story.matched.name}”: {because}", _RULE))


def decided_line(word: str, story: Story, voice: Voice) -> Line:
    """`Denied today at 10:02 by Maya`, as far as it is known."""
    deciding = [one for one in story.asked if story.decided_by and one.who.id == story.decided_by.id and one.decision]
    by: Line = [" by ", voice.name(story.decided_by)] if story.decided_by else []
    if deciding:
        by = [" by ", *spoken_for(deciding[-1], voice)]
    return [*at(word, story.decided_at), *by]
