"""What the status card says about where a request stands: a few short lines for each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.access.durations import say_duration
from bot.access.story import GrantStory, Story
from bot.cards.rich import Line, at, bold, code, link, listed, user, when
from bot.cards.voice import Voice
from bot.cards.words import Phase, application, waiting_for
from storage.tables import Decision, EndReason, RequestState

#: how many people a line names
NAMED: Final = 4


def tell(story: Story, where: Phase, voice: Voice) -> Iterator[Line]:
    """The lines for the phase that the request is in."""
    return _TELL[where](story, voice)


def approval_line(story: Story, voice: Voice) -> Line:
    """Who agreed, and when."""
    if story.auto_approved:
        return ["Approved by the policy: “", story.auto_approved, "”"]
    agreed = [one.who for one in story.asked if one.decision is Decision.APPROVED]
    if not agreed and story.decided_by:
        agreed = [story.decided_by]
    by = listed([[voice.name(who)] for who in agreed], most=NAMED)
    why: Line = [": “", story.decision_reason, "”"] if story.decision_reason else ["."]
    return [*at("Approved", story.decided_at), *([" by ", *by] if by else []), *why]


def decided_line(word: str, story: Story, voice: Voice) -> Line:
    """`Denied today at 10:02 by Maya`, as far as it is known."""
    by: Line = [" by ", voice.name(story.decided_by)] if story.decided_by else []
    return [*at(word, story.decided_at), *by]


def end_line(story: Story, voice: Voice) -> Line:
    """Why access ended."""
    grant = story.grant
    why = grant.end_reason if grant else None
    match why:
        case None:
            return []
        case EndReason.EXPIRED if extended(story):
            return ["The access went on. ", *extension_line(story, voice)]
        case EndReason.EXPIRED if grant and grant.ends_at:
            return ["The time ", when("was over", grant.ends_at), "."]
        case EndReason.REVOKED if grant and grant.ending and grant.ending.by:
            return [voice.name(grant.ending.by, first=True), " took it back."]
        case EndReason.LEFT:
            return [voice.name(story.beneficiary, first=True), " left, so the access went too."]
        case EndReason.REMOVED_OUTSIDE:
            return [f"It was removed in {application(story)} itself, not through Usher."]
        case _:
            return [_ENDS[why]]


_ENDS: Final[Mapping[EndReason, str]] = {
    EndReason.EXPIRED: "The time was over.",
    EndReason.RELEASED: "It was given back. Thank you!",
    EndReason.REVOKED: "An admin took it back.",
    EndReason.REPLACED: "A newer request took its place.",
    EndReason.GIVEN_UP: "It could not be set up, and an admin closed it.",
    EndReason.NOT_ACCEPTED: "The invite was not accepted in time, so it was taken back. Ask again when you are ready.",
    EndReason.NO_SEAT: "No seat was free, and an admin decided not to add one.",
}


def extended(story: Story) -> bool:
    """Does this access go on, or did it, on another request?"""
    return story.extension is not None and story.extension.state is RequestState.APPROVED


def extension_line(story: Story, voice: Voice) -> Line:
    """Where the extension of this access stands, and the way to its card; nothing where there is none."""
    extension = story.extension
    if extension is None:
        return []
    see = extension.permalinks.get(voice.reader_id)
    way: Line = [" ", link(see, "See its card.")] if see else []
    if extension.state is RequestState.PENDING:
        return ["An extension is waiting for approval. Until then nothing changes.", *way]
    if extension.ends_at is None:
        return ["It was extended: it has no end date now.", *way]
    return ["It was ", when("extended until", extension.ends_at), ".", *way]


def until_line(grant: GrantStory | None, duration_seconds: int | None) -> Line:
    """How long it lasts; nothing where that is not known yet."""
    if grant and grant.ends_at:
        return ["It ", when("lasts until", grant.ends_at), " and then ends by itself."]
    if duration_seconds is None:
        return ["It has no end date."]
    return []


# -- one for each phase ------------------------------------------------------------------------------------------------
def _pending(story: Story, voice: Voice) -> Iterator[Line]:
    if story.extends and story.extends.ends_at:
        yield ["What there is now ", when("lasts until", story.extends.ends_at), ", whatever comes of this."]
    agreed = [one.who for one in story.asked if one.decision is Decision.APPROVED]
    if agreed:
        yield [*listed([[user(who)] for who in agreed], most=NAMED), " said yes already."]
    waiting = list(waiting_for(story))
    if story.nobody_to_ask or not waiting:
        yield ["Nobody can be asked to approve it right now. The admins have been told and will see to it."]
        yield ["The request ", when("stays open until", story.expires_at), "."]
        return
    asked = listed([[user(one.who), " (", *voice.why_asked(one, story), ")"] for one in waiting], most=NAMED)
    verb = "was asked" if len(waiting) == 1 else "were asked"
    yield [*asked, " ", when(verb, max(one.asked_at for one in waiting)), "."]
    yield ["The answer ", when("is due by", story.expires_at), ". You will hear it here."]


def _denied(story: Story, voice: Voice) -> Iterator[Line]:
    yield [*decided_line("Denied", story, voice), ":" if story.decision_reason else "."]


def _cancelled(story: Story, voice: Voice) -> Iterator[Line]:
    yield [*decided_line("Cancelled", story, voice), ". Nothing was given."]
    if story.decision_reason:
        yield [story.decision_reason]


def _expired(story: Story, _voice: Voice) -> Iterator[Line]:
    yield ["Nobody ", when("decided by", story.expires_at), ", so nothing was given."]


def _scheduled(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    if story.grant and story.extends:
        yield ["It takes over ", when("from what ends", story.grant.starts_at), ", without a gap."]
    elif story.grant:
        yield ["It ", when("starts", story.grant.starts_at), "."]
    yield until_line(story.grant, story.duration_seconds)


def _granting(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    if story.problem:
        yield from _held_up(story)
    elif story.by_hand:
        yield [f"An admin of {application(story)} sets it up by hand. You will hear here when it is done."]
    else:
        yield ["The account is being set up. You will hear here what comes next."]


def _waiting(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    yield ["Every seat is taken right now. The approval holds, and the next free seat is given by itself."]
    yield ["The admins have been told, and can add one."]


def _invited(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    grant = story.grant
    sent = at("went", grant.invited_at if grant else None)
    if voice.is_reader(story.beneficiary):
        yield ["An invite ", *sent, " to ", code(story.beneficiary_email), "."]
        yield ["Open the mail from OpenAI (noreply@tm.openai.com) and press ", bold("Join workspace"), "."]
        yield ["Not there? Look in the spam folder, and sign in with exactly that address."]
    else:
        yield ["An invite ", *sent, " to ", user(story.beneficiary), ", who has to accept it."]
    if story.problem:
        yield from _held_up(story)
    elif story.duration_seconds is not None and grant and grant.ends_at is None:
        yield [f"The time ({say_duration(story.duration_seconds)}) starts to count after that."]
    else:
        yield until_line(grant, story.duration_seconds)


def _active(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    if not extended(story):
        yield until_line(story.grant, story.duration_seconds)
    yield extension_line(story, voice)


def _failed(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    yield from _held_up(story)


def _ending(story: Story, voice: Voice) -> Iterator[Line]:
    yield end_line(story, voice)
    if story.problem:
        yield from _held_up(story)
    else:
        yield ["The access is being taken back now."]


def _ended(story: Story, voice: Voice) -> Iterator[Line]:
    yield end_line(story, voice)
    grant = story.grant
    went_on = extended(story) and grant is not None and grant.end_reason is EndReason.EXPIRED
    if grant and grant.ended_at and (grant.invited_at or grant.active_at) and not went_on:
        yield ["The access ", when("was gone by", grant.ended_at), "."]


def _held_up(story: Story) -> Iterator[Line]:
    yield ["Something is in the way: ", story.problem or "a change did not go through."]
    yield ["The admins have been told. There is nothing you need to do."]


_TELL: Final[Mapping[Phase, Callable[[Story, Voice], Iterator[Line]]]] = {
    Phase.PENDING: _pending,
    Phase.DENIED: _denied,
    Phase.CANCELLED: _cancelled,
    Phase.EXPIRED: _expired,
    Phase.SCHEDULED: _scheduled,
    Phase.GRANTING: _granting,
    Phase.WAITING: _waiting,
    Phase.INVITED: _invited,
    Phase.ACTIVE: _active,
    Phase.FAILED: _failed,
    Phase.ENDING: _ending,
    Phase.ENDED: _ended,
}
