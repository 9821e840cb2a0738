"""The one card that follows a request through every state, for the requester and for the beneficiary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bot.access.story import Story
from bot.cards import actions
from bot.cards.comments import answer_button, answer_hint, comments
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.progress import Stand, progress
from bot.cards.rich import Line, bold, button, buttons, confirmation, emoji, lines, quote, small
from bot.cards.telling import begins, extended, tell
from bot.cards.verdict import changed_by, rule_line
from bot.cards.voice import Voice
from bot.cards.words import (
    MARKS,
    NAME,
    Mark,
    Phase,
    application,
    asked_for,
    extendable,
    ongoing,
    phase,
    replaceable,
    waiting_for,
)

#: how much of the reason the requester's own card repeats; the approver's shows all of it
_REASON: Final = 600

#: while the goal is neither reached nor out of reach
_UNDER_WAY: Final = frozenset({Phase.PENDING, Phase.SCHEDULED, Phase.GRANTING, Phase.WAITING, Phase.INVITED})
_STANDS: Final[Mapping[Stand, str]] = {Stand.DONE: " ✓", Stand.NOW: " …", Stand.NEXT: "", Stand.STOPPED: " ✕"}


def status_card(story: Story, *, viewer_id: str) -> Content:
    """The card of one request, in the voice that speaks to `viewer_id`."""
    voice = Voice(viewer_id)
    where = phase(story)
    words = _words_to_quote(story, where)
    footer = [*_progress(story, where), date("Asked", story.created_at), *rule_line(story)]
    if MARKS[where] is Mark.OVER and not extended(story):
        footer.append("Ask again any time with `/request-access`")
    return Content(
        text=headline(story),
        blocks=(
            lines([emoji(MARKS[where]), " ", bold(f"{application(story)} · {where}")], what_line(story, voice)),
            lines(*tell(story, where, voice)),
            *([quote(words, limit=_REASON)] if words else []),
            *comments(story, voice),
            small(*footer),
            *buttons(status_buttons(story, viewer_id=viewer_id)),
            *answer_hint(story, viewer_id),
        ),
    )


def headline(story: Story) -> str:
    """The card in a line, for notifications: `ChatGPT for Lena Fischer: Active`."""
    whose = f" for {one_line(story.beneficiary.name, NAME)}" if story.for_somebody_else else ""
    return mrkdwn(f"{application(story)}{whose}: {phase(story)}")


def what_line(story: Story, voice: Voice, what: Line | None = None) -> Line:
    """What was asked for and what came of it, and for whom where that is not the reader's own wish for themselves.

    Args:
        story: the request.
        voice: that speaks to the reader.
        what: the same in other words.
    """
    what = what or [asked_for(story), *begins(story), *changed_by(story, voice)]
    if voice.is_reader(story.requester) and not story.for_somebody_else:
        return what
    if voice.is_reader(story.beneficiary):
        return [voice.name(story.requester, first=True), " asked for you: ", *what]
    return ["For ", voice.name(story.beneficiary), " · ", *what]


def status_buttons(story: Story, *, viewer_id: str) -> Iterator[JSON]:
    """What this person can do about it now."""
    yield from answer_button(story, viewer_id)
    if phase(story) is Phase.PENDING and story.unconfirmed and viewer_id == story.beneficiary.id:
        yield button("Yes, please", actions.CONFIRM, story.id, style="primary")
        yield button("No, thanks", actions.DECLINE, story.id)
    if phase(story) is Phase.PENDING and viewer_id == story.requester.id:
        if any(waiting_for(story)):
            yield button("Nudge", actions.NUDGE, story.id)
        yield button("Cancel request", actions.CANCEL, story.id)
    if phase(story) is Phase.EXPIRED and viewer_id == story.requester.id:
        yield button("Ask again", actions.ASK_ANEW, story.id)
    if story.by_directory and phase(story) is Phase.ACTIVE and viewer_id == story.beneficiary.id:
        if story.locked_out:
            yield button("It works now", actions.GOT_IN, story.id, style="primary")
        else:
            yield button("I cannot get in", actions.CANNOT_GET_IN, story.id)
    if extendable(story) and viewer_id in (story.requester.id, story.beneficiary.id):
        yield button("Extend", actions.EXTEND, story.id)
    if replaceable(story) and viewer_id in (story.requester.id, story.beneficiary.id):
        yield button("Change", actions.REPLACE, story.id)
    if ongoing(story) and viewer_id in (story.requester.id, story.beneficiary.id):
        whose = "You lose" if viewer_id == story.beneficiary.id else f"{one_line(story.beneficiary.name, NAME)} loses"
        yield button(
            "Give back",
            actions.RELEASE,
            story.id,
            confirm=confirmation(
                "Give it back?",
                f"{whose} this access to {application(story)}. It can be asked for again at any time.",
                yes="Give back",
                no="Keep it",
            ),
        )


def _words_to_quote(story: Story, where: Phase) -> str:
    """What somebody said that matters now: the reason while it is judged, the answer after that."""
    match where:
        case Phase.PENDING:
            return story.reason.strip()
        case Phase.DENIED:
            return (story.decision_reason or "").strip()
        case Phase.ENDING | Phase.ENDED:
            return ((story.grant.end_note if story.grant else None) or "").strip()
        case _:
            return ""


def _progress(story: Story, where: Phase) -> Iterator[str]:
    """`Request ✓ → Approval … → Invite → Access`."""
    if where in _UNDER_WAY:
        yield " → ".join(step.name + _STANDS[step.stand] for step in progress(story))
