"""One item of a list, on the Home tab and in the lists that open from it: at most two blocks each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.access.durations import say_duration, say_time_left
from bot.access.story import IncidentStory, SeatStory, Story
from bot.cards import actions
from bot.cards.approval import approval_buttons, for_whom, has_now, has_until, request_title, wanted_from, why_you
from bot.cards.comments import last_word
from bot.cards.content import JSON
from bot.cards.escape import one_line, shorten
from bot.cards.incident import concerns_line, incident_buttons, incident_title
from bot.cards.rich import (
    Line,
    bold,
    button,
    buttons,
    emoji,
    instructions,
    lines,
    link,
    quoted,
    rich,
    running,
    user,
    when,
)
from bot.cards.seat import seat_buttons
from bot.cards.status import status_buttons, what_line
from bot.cards.voice import Voice
from bot.cards.words import (
    MARKS,
    NAME,
    Mark,
    Phase,
    application,
    asked_for,
    entitlement_words,
    given,
    ongoing,
    phase,
    seat_word,
)
from storage.tables import RequestState

#: how much of a reason is shown here; the card in the messages has all of it
_REASON: Final = 300
#: likewise of what is broken: ten such items stay within the 250,000 bytes of a view
_TROUBLE: Final = 600

Item = list[JSON]


def time_left(story: Story, now: datetime) -> Line:
    """`6 days left`, or when it ends where that has no number yet."""
    if phase(story) is not Phase.ACTIVE or story.grant is None or story.grant.ends_at is None:
        return []
    left = say_time_left((story.grant.ends_at - now).total_seconds())
    if story.extension is None:
        return [" · ", left]
    goes_on = "extension asked for" if story.extension.state is RequestState.PENDING else "extended"
    return [" · ", left, ", ", goes_on]


def headline(story: Story) -> Line:
    """`ChatGPT · Active`."""
    where = phase(story)
    return [emoji(MARKS[where]), " ", bold(f"{application(story)} · {where}")]


def card_link(story: Story) -> Line:
    """The way to the card that tells everything."""
    return [" · ", link(story.permalink, "Open the card")] if story.permalink else []


def my_access(story: Story, voice: Voice, now: datetime) -> Item:
    """What I have, for how long, and what I can do about it."""
    what = [*what_line(story, voice, [given(story)]), *time_left(story, now), *card_link(story)]
    return [lines(headline(story), what), *buttons(status_buttons(story, viewer_id=voice.reader_id))]


def my_request(story: Story, voice: Voice) -> Item:
    """What I asked for, and where that stands."""
    what = [*what_line(story, voice), " · ", when("asked", story.created_at, day_only=True), *card_link(story)]
    return [lines(headline(story), what), *buttons(status_buttons(story, viewer_id=voice.reader_id))]


def to_decide(story: Story, voice: Voice) -> Item:
    """What waits for my word: enough to decide."""
    mine = wanted_from(story, voice.reader_id)
    why = [*why_you(story, mine, voice), " "] if mine else []
    return [
        rich(
            running([emoji(Mark.YOURS), " ", bold(request_title(story))], for_whom(story, voice)),
            quoted(story.reason, limit=_REASON),
            running(
                [*(has_until(story) or has_now(story, voice)), " ", *why],
                last_word(story, voice),
                ["Please ", when("decide by", story.expires_at), "."],
            ),
        ),
        *buttons(approval_buttons(story) if mine else ()),
    ]


def others_access(story: Story) -> Item:
    """Who has what until when, and Revoke."""
    held, where, grant = entitlement_words(story.terms.entitlement), phase(story), story.grant
    until: Line = [when("until", grant.ends_at)] if grant and grant.ends_at else [_no_end(story)]
    return [
        lines(
            [emoji(MARKS[where]), " ", user(story.beneficiary), " · ", bold(f"{application(story)} · {where}")],
            [f"{held} · " if held else "", *until],
        ),
        *buttons(revoke_button(story)),
    ]


def revoke_button(story: Story) -> Iterator[JSON]:
    """While there is something to take back."""
    if grant := ongoing(story):
        yield button("Revoke", actions.REVOKE, grant.id, style="danger")


def waiting_for_seat(seat: SeatStory) -> Item:
    """Who waits for what kind of seat, since when, and how many are before them."""
    word = seat_word(seat.entitlement.seat_type) or "Seat"
    before = "first in line" if not seat.before else f"{seat.before} before them"
    return [
        lines(
            [
                emoji(Mark.WAITS),
                " ",
                user(seat.beneficiary),
                " · ",
                bold(f"{one_line(seat.application_name, NAME)} · {one_line(word, NAME)}"),
            ],
            [when("In line since", seat.waiting_since), f" · {before}"],
        ),
        *buttons(seat_buttons(seat, keep_waiting=False)),
    ]


def any_request(story: Story) -> Item:
    """A request as an admin finds it among all: who asked for what, when, and Open."""
    whom: Line = [" for ", user(story.beneficiary)] if story.for_somebody_else else []
    return [
        lines(
            headline(story),
            [user(story.requester), *whom, f" · {asked_for(story)} · ", when("asked", story.created_at)],
        ),
        *buttons([button("Open", actions.OPEN_REQUEST, story.id)]),
    ]


def open_incident(incident: IncidentStory) -> Item:
    """What is broken, for whom, and what to do."""
    return [
        lines(
            [emoji(Mark.TROUBLE), " ", bold(incident_title(incident))],
            [shorten(incident.explanation, _TROUBLE)],
            concerns_line(incident),
            [bold("What to do: "), *instructions(shorten(incident.remedy, _TROUBLE))],
            [bold("Last answer: "), shorten(incident.note, _TROUBLE)] if incident.note else [],
        ),
        *buttons(incident_buttons(incident)),
    ]


def _no_end(story: Story) -> str:
    """How long it is for, where that has no date."""
    seconds = story.terms.duration_seconds
    how_long = say_duration(seconds)
    return how_long if seconds is None else f"{how_long} from when it begins"
