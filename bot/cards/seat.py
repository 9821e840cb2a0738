"""The admins' card about somebody for whom no seat is free, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.access.durations import say_duration
from bot.access.story import SeatsLeft, SeatStory
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.rich import Line, bold, button, buttons, confirmation, emoji, lines, quote, small, user
from bot.cards.words import NAME, Mark, entitlement_words, seat_word
from storage.tables import EndReason, GrantState


def seat_card(seat: SeatStory) -> Content:
    """Who waits for what, how many seats there are, and what each answer means."""
    waits = seat.state is GrantState.WAITING
    title = f"No free seat in {one_line(seat.application_name, NAME)} for {one_line(seat.beneficiary.name, NAME)}"
    mark, word = (Mark.YOURS, "") if waits else _outcome(seat)
    wanted = " · ".join([entitlement_words(seat.entitlement), say_duration(seat.duration_seconds)])
    return Content(
        text=mrkdwn(title + word),
        blocks=(
            lines([emoji(mark), " ", bold(title + word)], [user(seat.beneficiary), " · ", wanted]),
            lines(*(_to_do(seat) if waits else _over(seat))),
            *([quote(seat.reason, limit=600)] if waits and seat.reason.strip() else []),
            small(date("In line since", seat.waiting_since)),
            *buttons(seat_buttons(seat) if waits else ()),
        ),
    )


def kept_waiting() -> Content:
    """The answer to Keep waiting."""
    words = "They keep their place in line: Usher gives them the next free seat by itself, and asks nobody again."
    return Content(text=mrkdwn(words), blocks=(lines([words]),))


def seats_line(left: SeatsLeft, seat_type: str) -> Line:
    """`3 of 20 ChatGPT seats are free.`, or what taking one more means."""
    word = seat_word(seat_type) or "seat"
    if left.free:
        return [f"{left.free} of {left.paid} {word}s {'is' if left.free == 1 else 'are'} free."]
    return [f"No {word} of {left.paid} is free: this will add a seat to the bill, or wait until one is."]


def seat_buttons(seat: SeatStory, *, keep_waiting: bool = True) -> Iterator[JSON]:
    """What an admin can answer. In a list nobody has to say that somebody keeps waiting."""
    who = one_line(seat.beneficiary.name, NAME)
    yield button(
        "Invite anyway",
        actions.INVITE_ANYWAY,
        seat.grant_id,
        style="primary",
        confirm=confirmation(
            "Add a seat to the bill?",
            "One more seat will be billed until the renewal: removing somebody later does not lower the bill before.",
            yes="Invite anyway",
            no="Not now",
        ),
    )
    if keep_waiting:
        yield button("Keep waiting", actions.KEEP_WAITING, seat.grant_id)
    yield button(
        "Decline",
        actions.DECLINE_SEAT,
        seat.grant_id,
        confirm=confirmation(
            "Decline?",
            f"{who} is told that there is no seat for them, and can ask again later.",
            yes="Decline",
            no="Keep waiting",
            danger=True,
        ),
    )


def _to_do(seat: SeatStory) -> Iterator[Line]:
    left, word = seat.left, seat_word(seat.entitlement.seat_type) or "seat"
    if left is not None:
        invited = f", {left.invited} promised by open invites" if left.invited else ""
        yield [bold(f"{word}s: "), f"{left.paid} paid for, {left.used} in use{invited}, {left.free} free."]
    if left is not None and left.free and not seat.before:
        yield ["One is counted as free: Usher is about to give it to them, and tries again while ChatGPT refuses."]
    elif seat.before:
        yield [
            f"{seat.before} {'person waits' if seat.before == 1 else 'people wait'} longer and will be served first."
        ]
    renewal = f" ({left.renews_on.day} {left.renews_on:%B %Y})" if left is not None and left.renews_on else ""
    yield [
        bold("Invite anyway"),
        f" adds a seat to the bill until the renewal{renewal}; removing somebody does not lower it before. ",
        bold("Keep waiting"),
        " gives them the next seat that becomes free.",
    ]


def _outcome(seat: SeatStory) -> tuple[Mark, str]:
    if seat.end_reason is EndReason.NO_SEAT:
        return Mark.OVER, " · Declined"
    if seat.state in (GrantState.ENDING, GrantState.ENDED):
        return Mark.OVER, " · No longer needed"
    return Mark.GOOD, " · Seat added" if seat.billed_by else " · Seat found"


def _over(seat: SeatStory) -> Iterator[Line]:
    if seat.end_reason is EndReason.NO_SEAT:
        yield ["They have been told that there is no seat for them now."]
    elif seat.state in (GrantState.ENDING, GrantState.ENDED):
        yield ["The access was given back or taken back before a seat was free."]
    elif seat.billed_by is not None:
        yield [user(seat.billed_by), " let a seat be added to the bill."]
    else:
        yield ["A seat became free, and they were next in line."]
