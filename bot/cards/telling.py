"""What the status card says about where a request stands: a few short lines for each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.access.durations import say_duration
from bot.access.story import GrantStory, Link, Story
from bot.cards.rich import Line, at, bold, code, link, listed, user, when
from bot.cards.verdict import NAMED, agreed_by, approval_line, decided_line, skipped_line, spoken_for, why_changed
from bot.cards.voice import Voice
from bot.cards.words import Phase, application, entitlement_words, ongoing, starts_later, waiting_for
from storage.tables import EndReason, RequestState


def tell(story: Story, where: Phase, voice: Voice) -> Iterator[Line]:
    """The lines for the phase that the request is in."""
    yield from _TELL[where](story, voice)
    yield from _to_be_decided(story, where, voice)
    yield _takes_place_line(story, where)
    yield _replacement_line(story, voice)


def begins(story: Story) -> Line:
    """From which day it was asked for, to go after what was asked for."""
    later = starts_later(story)
    return [" · ", when("from", later, day_only=True)] if later else []


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
            return ["The time ", when("ran out", grant.ends_at), "."]
        case EndReason.REVOKED if grant and grant.ending and grant.ending.by:
            return [voice.name(grant.ending.by, first=True), " took it back."]
        case EndReason.REPLACED if story.replacement:
            return _replaced_by(story.replacement, "took its place", voice)
        case EndReason.LEFT:
            return [voice.name(story.beneficiary, first=True), " left, so the access went too."]
        case EndReason.REMOVED_OUTSIDE:
            return [f"It was removed in {application(story)} itself, not through Usher."]
        case _:
            return [_ENDS[why]]


_ENDS: Final[Mapping[EndReason, str]] = {
    EndReason.EXPIRED: "The time ran out.",
    EndReason.RELEASED: "It was given back. Thank you!",
    EndReason.REVOKED: "An admin took it back.",
    EndReason.REPLACED: "A newer request took its place.",
    EndReason.GIVEN_UP: "It could not be set up, and an admin closed it.",
    EndReason.NOT_ACCEPTED: "The invite was not accepted in time, so it was taken back. Ask again when you are ready.",
    EndReason.NOT_CONFIRMED: "It was given in an emergency, and nobody approved it in time afterwards.",
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


def _to_be_decided(story: Story, where: Phase, voice: Voice) -> Iterator[Line]:
    """Whose approval access still needs that was given in an emergency."""
    if not story.emergency or story.state is not RequestState.PENDING or story.grant is None:
        return
    asked = listed([[voice.name(one.who)] for one in waiting_for(story)], most=NAMED) or ["the admins"]
    over = where in (Phase.ENDING, Phase.ENDED)
    left: Line = ["."] if over else ["; else it is taken back."]
    yield [when("Still to be approved by", story.expires_at), ", by ", *asked, *left]


def _takes_place_line(story: Story, where: Phase) -> Line:
    """Whose place this takes, or took."""
    if story.replaces is None:
        return []
    there = entitlement_words(story.replaces.entitlement) or "what there was"
    if where is Phase.ACTIVE:
        return [f"It took the place of {there}."]
    if where in (Phase.PENDING, Phase.SCHEDULED, Phase.GRANTING, Phase.WAITING, Phase.INVITED, Phase.FAILED):
        return [f"It takes the place of {there}, which stays until then."]
    return []


def _replacement_line(story: Story, voice: Voice) -> Line:
    """What is to take the place of this."""
    other = story.replacement
    if other is None or not ongoing(story):
        return []
    if other.state is RequestState.PENDING:
        return _replaced_by(other, "may take its place: that is waiting for approval, and until then this stays", voice)
    return _replaced_by(other, "takes its place as soon as that is set up", voice)


def _replaced_by(other: Link, how: str, voice: Voice) -> Line:
    """`Member · Codex seat took its place.`, and the way to its card."""
    see = other.permalinks.get(voice.reader_id)
    way: Line = [" ", link(see, "See its card.")] if see else []
    return [f"{entitlement_words(other.entitlement) or 'Another one'} {how}.", *way]


# -- one for each phase ------------------------------------------------------------------------------------------------
def _pending(story: Story, voice: Voice) -> Iterator[Line]:
    if story.unconfirmed:
        yield from _to_be_confirmed(story, voice)
        return
    if story.extends and story.extends.ends_at:
        yield ["What there is now ", when("lasts until", story.extends.ends_at), ", whatever comes of this."]
    agreed = agreed_by(story)
    if agreed:
        names = listed([spoken_for(one, voice, first=not place) for place, one in enumerate(agreed)], most=NAMED)
        yield [*names, " said yes already."]
    yield from why_changed(story, voice)
    yield from skipped_line(story, voice)
    waiting = list(waiting_for(story))
    if story.nobody_to_ask or not waiting:
        yield ["Nobody can be asked to approve it right now. The admins have been told and will see to it."]
        yield ["The request ", when("stays open until", story.expires_at), "."]
        return
    asked = listed([[user(one.who), " (", *voice.why_asked(one, story), ")"] for one in waiting], most=NAMED)
    verb = "was asked" if len(waiting) == 1 else "were asked"
    yield [*asked, " ", when(verb, max(one.asked_at for one in waiting)), "."]
    if story.nudged_at is not None:
        yield [when("They were asked to take a look", story.nudged_at), "."]
    yield ["The answer ", when("is due by", story.expires_at), f". You will hear it {voice.here}."]


def _to_be_confirmed(story: Story, voice: Voice) -> Iterator[Line]:
    """What is asked of whoever would get it, before anybody else is asked."""
    if voice.is_reader(story.beneficiary):
        yield ["Do you want it? Nobody is asked to approve it before you say so."]
    else:
        yield [voice.name(story.beneficiary, first=True), " was asked whether they want it, and comes first."]
    yield ["The request ", when("stays open until", story.expires_at), "."]


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
    yield until_line(story.grant, story.terms.duration_seconds)


def _granting(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    if story.problem:
        yield from _held_up(story)
    elif story.by_hand:
        yield [f"An admin of {application(story)} sets it up by hand. You will hear {voice.here} when it is done."]
    else:
        yield [f"The account is being set up. You will hear {voice.here} what comes next."]


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
    elif story.terms.duration_seconds is not None and grant and grant.ends_at is None:
        yield [f"The time ({say_duration(story.terms.duration_seconds)}) starts to count after that."]
    else:
        yield until_line(grant, story.terms.duration_seconds)


def _active(story: Story, voice: Voice) -> Iterator[Line]:
    yield approval_line(story, voice)
    if not extended(story):
        yield until_line(story.grant, story.terms.duration_seconds)
    yield extension_line(story, voice)
    if story.by_directory:
        yield from _let_in(story, voice)


def _let_in(story: Story, voice: Voice) -> Iterator[Line]:
    """What Usher cannot see: whether they are in."""
    if story.locked_out:
        yield [voice.name(story.beneficiary, first=True), " cannot get in: the admins have been told what to look at."]
        return
    whom = voice.name(story.beneficiary)
    yield [f"It can take up to 40 minutes until {application(story)} lets ", whom, " in, after an invite by e-mail."]
    if voice.is_reader(story.beneficiary):
        yield ["Usher cannot see that: press ", bold("I cannot get in"), " if it takes longer."]


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
    if not grant or not grant.ended_at or not (grant.invited_at or grant.active_at) or went_on:
        return
    if story.by_directory:
        yield ["It was taken out of the directory ", when("by", grant.ended_at), "."]
        yield [f"{application(story)} follows within 40 minutes or so. Usher cannot see that: its admins can check."]
    else:
        yield ["The access ", when("was confirmed gone", grant.ended_at), "."]


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
