"""Short replies under the status card. An edited card notifies nobody, a reply does: one sentence at each milestone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from bot.access.story import Story, Who
from bot.cards.content import Content
from bot.cards.escape import mrkdwn, shorten
from bot.cards.rich import Line, bold, code, lines, listed, quote, spoken, user, when
from bot.cards.telling import end_line, until_line
from bot.cards.verdict import NAMED, changed_by
from bot.cards.voice import Voice
from bot.cards.words import Phase, application, asked_for, initial, phase
from storage.tables import Decision, EndReason, RequestState

#: the longest text that an update of a message takes is 4,000 characters; a notification shows far less
_NOTIFICATION = 300


class Milestone(StrEnum):
    """What is worth a notification."""

    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    INVITED = "invited"
    ACTIVE = "active"
    EXTENDED = "extended"
    SCHEDULED = "scheduled"
    FAILED = "failed"
    ENDED = "ended"


#: the news of what is given
_OF_GIVING: Final = (Milestone.APPROVED, Milestone.INVITED, Milestone.ACTIVE, Milestone.EXTENDED)


def told(story: Story, event: str, *, viewer_id: str | None = None) -> Content | None:
    """The reply for a milestone; None while the request has not come to it, or when there is nothing to tell.

    Args:
        story: the request.
        event: a `Milestone`.
        viewer_id: who reads it: the beneficiary, or else the requester.
    """
    voice = Voice(viewer_id or story.requester.id)
    line = _line(story, Milestone(event), voice)
    if line is None:
        return None
    line = [*line, *_changes(story, Milestone(event), voice)]
    names = {who.id: who.name for who in _people(story)}
    said = _said(story, Milestone(event))
    return Content(
        text=mrkdwn(shorten(spoken(line, names), _NOTIFICATION)),
        blocks=(lines(line), *([quote(said)] if said else [])),
    )


def _line(story: Story, event: Milestone, voice: Voice) -> Line | None:
    where, name = phase(story), application(story)
    match event:
        case Milestone.APPROVED if story.state is RequestState.APPROVED and not story.auto_approved:
            agreed = [one.who for one in story.asked if one.decision is Decision.APPROVED]
            people = listed([[user(who)] for who in agreed], most=NAMED) or ["The policy"]
            return [*people, " approved ", *_request(story, voice), "."]
        case Milestone.DENIED if where is Phase.DENIED:
            who: Line = [user(story.decided_by)] if story.decided_by else ["Somebody"]
            return [*who, " denied ", *_request(story, voice), ":" if story.decision_reason else "."]
        case Milestone.EXPIRED if where is Phase.EXPIRED:
            return ["Nobody decided about ", *_request(story, voice), " in time. Ask again with ", _ASK, "."]
        case Milestone.INVITED if where is Phase.INVITED and voice.is_reader(story.beneficiary):
            mailbox = code(story.beneficiary_email)
            return [
                f"Your invite to {name} is in your mailbox ",
                mailbox,
                ": press ",
                bold("Join workspace"),
                " in it.",
            ]
        case Milestone.INVITED if where is Phase.INVITED:
            return [user(story.beneficiary), f" was sent an invite to {name} and has to accept it."]
        case Milestone.ACTIVE if where is Phase.ACTIVE:
            lasts = until_line(story.grant, story.terms.duration_seconds)
            return [*_access(story, voice), " is active. ", *lasts]
        case Milestone.SCHEDULED if where is Phase.SCHEDULED and story.grant:
            return [*_access(story, voice), " was approved. It ", when("starts", story.grant.starts_at), "."]
        case Milestone.EXTENDED if where is Phase.SCHEDULED and story.extends:
            lasts = until_line(story.grant, story.terms.duration_seconds)
            return [*_access(story, voice), " was extended. ", *lasts]
        case Milestone.FAILED if where is Phase.FAILED:
            return [*_access(story, voice), " is held up. The admins have been told; there is nothing you need to do."]
        case Milestone.ENDED if where is Phase.ENDED and story.grant and story.grant.end_reason is EndReason.GIVEN_UP:
            return [*_sentence(_request(story, voice)), " has ended. ", *end_line(story, voice)]
        case Milestone.ENDED if where is Phase.ENDED:
            return [*_access(story, voice), " has ended. ", *end_line(story, voice)]
        case _:
            return None


def _changes(story: Story, event: Milestone, voice: Voice) -> Line:
    """What is given instead of what was asked for, with the first news of it."""
    was_told = event is Milestone.ACTIVE and story.grant is not None and story.grant.invited_at is not None
    if story.granted is None or event not in _OF_GIVING or was_told:
        return []
    return [" Given: ", asked_for(story), *changed_by(story, voice), "."]


def _said(story: Story, event: Milestone) -> str | None:
    """What somebody wrote about it, where they did."""
    match event:
        case Milestone.DENIED:
            return story.decision_reason
        case Milestone.ENDED if story.grant:
            return story.grant.end_note
        case _:
            return None


_ASK = code("/request-access")


def _request(story: Story, voice: Voice) -> Line:
    """`your request for ChatGPT`, `Tom's request for ChatGPT for you`."""
    for_whom: Line = [" for ", voice.name(story.beneficiary)] if story.for_somebody_else else []
    return [*voice.own(story.requester), f" request for {application(story)}", *for_whom]


def _sentence(line: Line) -> Line:
    """The line with a capital letter, where it starts with a word and not with a mention."""
    first, *rest = line
    return [initial(first) if isinstance(first, str) else first, *rest]


def _access(story: Story, voice: Voice) -> Line:
    """`Your access to ChatGPT`."""
    own = ["Your"] if voice.is_reader(story.beneficiary) else voice.own(story.beneficiary)
    return [*own, f" access to {application(story)}"]


def _people(story: Story) -> Iterator[Who]:
    yield from (story.requester, story.beneficiary)
    yield from (one.who for one in story.asked)
    if story.decided_by:
        yield story.decided_by
