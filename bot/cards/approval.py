"""What an approver sees: enough to decide, and afterwards what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.access import subjects
from bot.access.story import Asked, Story
from bot.cards import actions
from bot.cards.comments import comments
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.reason_form import reason_form
from bot.cards.rich import Line, bold, button, buttons, emoji, lines, listed, quote, small, user, when
from bot.cards.seat import seats_line
from bot.cards.telling import begins
from bot.cards.verdict import (
    NAMED,
    agreed_by,
    approval_line,
    changed_by,
    decided_line,
    rule_line,
    skipped_line,
    spoken_for,
    why_changed,
)
from bot.cards.voice import Voice
from bot.cards.words import NAME, Mark, application, asked_for, entitlement_words, ongoing, waiting_for
from storage.tables import AccountStatus, RequestState

#: how much of the reason is repeated once it is decided
_REASON_AFTERWARDS: Final = 600

#: the mark before the headline, and the word after it
_OUTCOMES: Final = {
    RequestState.PENDING: (Mark.WAITS, ""),
    RequestState.APPROVED: (Mark.GOOD, " · Approved"),
    RequestState.DENIED: (Mark.OVER, " · Denied"),
    RequestState.CANCELLED: (Mark.OVER, " · Cancelled"),
    RequestState.EXPIRED: (Mark.OVER, " · Expired"),
}


def approval_card(story: Story, *, approver_id: str, reminded_at: datetime | None = None) -> Content:
    """The card of one approver. Buttons stand on it only while this person's word is still wanted.

    Args:
        story: the request.
        approver_id: whose card it is.
        reminded_at: when they were last reminded of it; None where they were not.
    """
    voice = Voice(approver_id)
    mine = wanted_from(story, approver_id)
    mark, word = _OUTCOMES[story.state]
    answer = (story.decision_reason or "").strip() if story.state is RequestState.DENIED else ""
    title = request_title(story) + word
    return Content(
        text=mrkdwn(title),
        blocks=(
            lines([emoji(Mark.YOURS if mine else mark), " ", bold(title)], for_whom(story, voice)),
            *_reason(story, undecided=mine is not None),
            lines(*(_before(story, mine, voice) if mine else _after(story, voice))),
            *([quote(answer)] if answer else []),
            *comments(story, voice),
            small(date("Asked", story.created_at), *_step(story), *_reminded(reminded_at), *rule_line(story)),
            *buttons(approval_buttons(story) if mine else ()),
        ),
    )


def wanted_from(story: Story, approver_id: str) -> Asked | None:
    """What this person was asked, if their word is still wanted."""
    if story.state is not RequestState.PENDING or approver_id in (story.requester.id, story.beneficiary.id):
        return None
    return next((one for one in waiting_for(story) if one.who.id == approver_id), None)


def approval_buttons(story: Story) -> Iterator[JSON]:
    """Approve and Deny, and what else can be done before."""
    ballot = subjects.ballot(story.id, story.stage)
    yield button("Approve", actions.APPROVE, ballot, style="primary")
    yield button("Deny", actions.DENY, ballot)
    if story.leeway is not None and story.leeway.is_any:
        yield button("Approve with changes", actions.CHANGE, ballot)
    yield button("Ask a question", actions.ASK, ballot)


def for_whom(story: Story, voice: Voice) -> Line:
    """What is asked for, and for whom: `For Tom Okafor · Member · Codex seat · 30 days`."""
    whom: Line = ["For ", voice.name(story.beneficiary), " · "] if story.for_somebody_else else []
    return [*whom, asked_for(story), *begins(story), *changed_by(story, voice)]


def what_is_asked(story: Story) -> JSON:
    """The request as a form begins that is about it."""
    return lines([bold(request_title(story))], for_whom(story, Voice("")))


def why_you(story: Story, asked: Asked, voice: Voice) -> Line:
    """Why this person is asked."""
    return ["You are asked because you are ", *voice.why_asked(asked, story), "."]


def has_now(story: Story, voice: Voice) -> Line:
    """Whether the beneficiary has something in the application already."""
    whom, name = voice.name(story.beneficiary), application(story)
    if story.has_now is None:
        return [whom, f" has no access to {name} yet."]
    words = entitlement_words(story.has_now)
    held = f": {words}." if words else "."
    if story.has_status is AccountStatus.INVITED:
        return [whom, f" has an open invite to {name}{held}"]
    return [whom, f" has access to {name} already{held}"]


def takes_a_seat(story: Story) -> bool:
    """Would approving it take a seat that the person does not have yet?"""
    return story.has_now is None or story.has_now.seat_type != story.terms.entitlement.seat_type


def has_until(story: Story) -> Line:
    """Until when the access lasts that is to be extended, and would last then; nothing for other requests."""
    if story.extends is None or story.extends.ends_at is None:
        return []
    now = story.extends.ends_at
    if story.terms.duration_seconds is None:
        return ["What there is ", when("lasts until", now), ". With your approval it has no end date."]
    then = now + timedelta(seconds=story.terms.duration_seconds)
    return ["What there is ", when("lasts until", now), ". With your approval it ", when("lasts until", then), "."]


def takes_place(story: Story) -> Line:
    """What somebody would have no longer; nothing for other requests."""
    if story.replaces is None:
        return []
    there = entitlement_words(story.replaces.entitlement) or "what there is"
    until: Line = [", which ", when("lasts until", story.replaces.ends_at)] if story.replaces.ends_at else []
    return [f"With your approval it takes the place of {there}", *until, "."]


def given_first(story: Story) -> Iterator[Line]:
    """That there is access already, where it was given in an emergency."""
    if not story.emergency or story.grant is None:
        return
    if ongoing(story) is None:
        yield ["It was given at once, as an emergency, and has ended since. Was that right?"]
        return
    yield ["It was given at once, as an emergency, and still needs your word: Approve keeps it, Deny takes it back."]
    yield ["Without an answer it is taken back ", when("after", story.expires_at), "."]


def deny_form(story: Story) -> JSON:
    """The modal that asks for the reason of a denial."""
    names = dict.fromkeys(one_line(who.name, NAME) for who in (story.requester, story.beneficiary))
    return reason_form(
        callback_id=actions.DENY_FORM,
        about=subjects.ballot(story.id, story.stage),
        title="Deny request",
        submit="Deny",
        intro=what_is_asked(story),
        hint=f"{' and '.join(names)} will read this.",
    )


def request_title(story: Story) -> str:
    """`Lena Fischer asks for ChatGPT`, or for an extension of it, or a change."""
    what = "an extension of " if story.extends else "a change in " if story.replaces else ""
    if story.emergency:
        what = "emergency access to "
    return f"{one_line(story.requester.name, NAME)} asks for {what}{application(story)}"


def _reason(story: Story, *, undecided: bool) -> Iterator[JSON]:
    if story.reason.strip():
        yield quote(story.reason) if undecided else quote(story.reason, limit=_REASON_AFTERWARDS)


def _step(story: Story) -> Iterator[str]:
    if story.stages > 1:
        yield f"Step {min(story.stage + 1, story.stages)} of {story.stages}"


def _reminded(at: datetime | None) -> Iterator[str]:
    if at is not None:
        yield date("Reminded", at)


def _before(story: Story, mine: Asked, voice: Voice) -> Iterator[Line]:
    """What helps to decide."""
    yield from given_first(story)
    if story.grant is None:  # else that is what they have
        yield has_until(story) or has_now(story, voice)
    yield takes_place(story)
    if story.seats and takes_a_seat(story):
        yield seats_line(story.seats, story.terms.entitlement.seat_type)
    yield why_you(story, mine, voice)
    yield from _said_yes(story, voice)
    yield from skipped_line(story, voice)
    others = [one.who for one in waiting_for(story) if one is not mine]
    if others:
        verb = " was asked too." if len(others) == 1 else " were asked too."
        yield [*listed([[user(who)] for who in others], most=NAMED), verb]
    yield ["Please ", when("decide by", story.expires_at), "."]


def _after(story: Story, voice: Voice) -> Iterator[Line]:
    """What was decided, by whom, when and why."""
    match story.state:
        case RequestState.PENDING:
            yield from _said_yes(story, voice)
            yield ["Somebody else has to decide now. There is nothing left for you to do."]
        case RequestState.APPROVED:
            yield approval_line(story, voice)
        case RequestState.DENIED:
            yield [*decided_line("Denied", story, voice), ":" if story.decision_reason else "."]
        case RequestState.CANCELLED:
            yield [*decided_line("Cancelled", story, voice), ", so there is nothing to decide."]
        case RequestState.EXPIRED:
            yield ["Nobody ", when("decided by", story.expires_at), ", so nothing was given."]


def _said_yes(story: Story, voice: Voice) -> Iterator[Line]:
    agreed = agreed_by(story)
    if agreed:
        names = listed([spoken_for(one, voice, first=not place) for place, one in enumerate(agreed)], most=NAMED)
        yield [*names, " said yes already."]
    yield from why_changed(story, voice)
