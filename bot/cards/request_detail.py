"""One request as Usher's admins see it: what was asked, who said what, what became of it, and what they can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.access.history import Happening
from bot.access.story import Asked, Story
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.escape import one_line
from bot.cards.items import headline, revoke_button
from bot.cards.rich import Line, bold, button, buttons, header, label, lines, quote, rich, running, user, when
from bot.cards.telling import tell
from bot.cards.voice import Voice
from bot.cards.words import NAME, asked_for, initial, phase
from storage.tables import Decision, RequestState

#: of those who were asked; a stage may name fifty
_ASKED: Final = 30
_REASON: Final = 1500
_WORD: Final = 200

_HAPPENED: Final = {
    "request.submitted": "asked",
    "request.confirmed": "said that they want it",
    "request.vote": "voted",
    "request.approved": "approved, and access granted",
    "request.denied": "denied",
    "request.cancelled": "cancelled",
    "request.expired": "nobody decided in time",
    "request.overridden": "decided in place of those who were asked",
    "request.escalated": "nobody had answered, so somebody above was asked too",
    "request.nudged": "asked the approvers to take a look",
    "request.given_first": "given at once, to be decided afterwards",
    "request.approver_skipped": "somebody who was asked cannot be reached",
    "grant.granting": "setting it up began",
    "grant.started": "it started",
    "grant.waiting": "no seat was free",
    "grant.invited": "the invite was sent",
    "grant.active": "the access was seen to be there",
    "grant.billed": "let a seat be added to the bill",
    "grant.kept_waiting": "let them wait for a seat",
    "grant.failed": "something was in the way",
    "grant.ending": "the access began to end",
    "grant.ended": "the access was seen to be gone",
}


def request_view(story: Story, history: Sequence[Happening], *, viewer_id: str) -> JSON:
    """The modal. Its buttons are those of `admin_buttons`."""
    voice = Voice("")  # an admin reads about others; where it is about them they are named, too
    whom: Line = [" for ", user(story.beneficiary)] if story.for_somebody_else else []
    return {
        "type": "modal",
        "title": label("Request"),
        "close": label("Close"),
        "blocks": [
            lines(
                headline(story),
                [user(story.requester), *whom, f" · {asked_for(story)} · ", when("asked", story.created_at)],
            ),
            *([quote(story.reason, limit=_REASON)] if story.reason.strip() else []),
            lines(*_where_it_stands(story, voice)),
            *buttons(admin_buttons(story, viewer_id=viewer_id)),
            *_asked(story, voice),
            *([header("History"), _each(*map(_happened, history))] if history else []),
        ],
    }


def admin_buttons(story: Story, *, viewer_id: str) -> Iterator[JSON]:
    """What an admin can do about a request now. Nobody decides about their own."""
    own = viewer_id in (story.requester.id, story.beneficiary.id)
    if story.state is RequestState.PENDING and not story.unconfirmed and not own:
        yield button("Decide for them", actions.OVERRIDE, story.id)
    yield from revoke_button(story)


def _where_it_stands(story: Story, voice: Voice) -> Iterator[Line]:
    if story.state is not RequestState.PENDING:
        yield from tell(story, phase(story), voice)
        return
    if story.nobody_to_ask:
        yield ["Nobody can be asked to approve it: the incident says what to do."]
    yield ["The answer ", when("is due by", story.expires_at), "."]


def _asked(story: Story, voice: Voice) -> Iterator[JSON]:
    if story.asked:
        more = len(story.asked) - _ASKED
        yield header("Who was asked")
        yield _each(
            *(_answer(one, story, voice) for one in story.asked[:_ASKED]), [f"and {more} more"] if more > 0 else []
        )


def _each(*many: Line) -> JSON:
    """A block of lines of which there may be more than one section takes elements."""
    return rich(*(running(line) for line in many if line))


def _answer(asked: Asked, story: Story, voice: Voice) -> Line:
    step = f"Step {asked.stage + 1}: " if story.stages > 1 else ""
    who: Line = [step, user(asked.who), " (", *voice.why_asked(asked, story), ") "]
    said = f": {one_line(asked.reason, _WORD)}" if asked.reason and asked.reason.strip() else ""
    if asked.decision is not None and asked.decided_at is not None:
        return [*who, when(_decision(asked), asked.decided_at), said]
    if asked.unreachable:
        return [*who, "could not be reached"]
    return [*who, when("was asked", asked.asked_at), ", and has not answered"]


def _decision(asked: Asked) -> str:
    if asked.decision is Decision.DENIED:
        return "denied"
    return "approved" if asked.changes is None else "approved with changes"


def _happened(one: Happening) -> Line:
    words = one.decision or _HAPPENED.get(one.event, one_line(one.event.replace(".", " ").replace("_", " "), NAME))
    by: Line = [user(one.by)] if one.by else ["An admin at the shell" if one.from_shell else "Usher"]
    return [*by, ": ", bold(initial(words)), " ", when("·", one.at)]
