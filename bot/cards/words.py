"""The product's words for what the tables call by short names, and the few marks that stand before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from bot.access.desired import Entitlement
from bot.access.durations import say_duration
from bot.access.lifecycle import LIVING
from bot.access.story import Asked, GrantStory, Story
from bot.cards.escape import one_line
from storage.tables import GrantState, RequestState

NAME: Final = 80  # the longest name of a person or an application inside a sentence


class Mark(StrEnum):
    """The emoji of the cards, by Slack's names. One stands before a headline, and nowhere else."""

    #: it is your turn
    YOURS = "bell"
    #: your turn, in your mailbox
    MAIL = "mailbox_with_mail"
    #: somebody or something else is at it
    WAITS = "clock1"
    GOOD = "white_check_mark"
    TROUBLE = "warning"
    #: over, nothing follows
    OVER = "white_circle"


class Phase(StrEnum):
    """Where a request and what follows from it stand: the one word that a person wants to read."""

    PENDING = "Waiting for approval"
    DENIED = "Denied"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    SCHEDULED = "Scheduled"
    GRANTING = "Being set up"
    WAITING = "Waiting for a seat"
    INVITED = "Invited"
    ACTIVE = "Active"
    FAILED = "Held up"
    ENDING = "Ending"
    ENDED = "Ended"


MARKS: Final[Mapping[Phase, Mark]] = {
    Phase.PENDING: Mark.WAITS,
    Phase.DENIED: Mark.OVER,
    Phase.CANCELLED: Mark.OVER,
    Phase.EXPIRED: Mark.OVER,
    Phase.SCHEDULED: Mark.WAITS,
    Phase.GRANTING: Mark.WAITS,
    Phase.WAITING: Mark.WAITS,
    Phase.INVITED: Mark.MAIL,
    Phase.ACTIVE: Mark.GOOD,
    Phase.FAILED: Mark.TROUBLE,
    Phase.ENDING: Mark.WAITS,
    Phase.ENDED: Mark.OVER,
}

_ROLES: Final = {"member": "Member", "admin": "Admin", "owner": "Owner"}
_SEAT_TYPES: Final = {"chatgpt": "ChatGPT seat", "codex": "Codex seat"}


def phase(story: Story) -> Phase:
    """Where it stands. Approved without a grant yet is being set up."""
    if story.state is not RequestState.APPROVED:
        return Phase[story.state.name]
    return Phase[story.grant.state.name] if story.grant else Phase.GRANTING


def ongoing(story: Story) -> GrantStory | None:
    """The grant that can be given back: one that has not ended, nor is about to."""
    grant = story.grant
    return grant if grant and grant.state in LIVING - {GrantState.ENDING} else None


def extendable(story: Story) -> GrantStory | None:
    """The grant that can be asked to go on: one with an end, for which nobody has asked that yet."""
    grant = story.grant
    has_end = grant and grant.state is GrantState.ACTIVE and grant.ends_at
    return grant if has_end and story.extension is None else None


def role_word(role: str) -> str:
    """`Member` for member; a word that only the provider knows stays as it is."""
    return _ROLES.get(role, role)


def seat_word(seat_type: str) -> str:
    """`ChatGPT seat` for chatgpt; a word that only the provider knows stays as it is."""
    return _SEAT_TYPES.get(seat_type, seat_type)


def entitlement_words(entitlement: Entitlement) -> str:
    """`Member · ChatGPT seat`; "" where the application knows neither."""
    known = (role_word(entitlement.role), seat_word(entitlement.seat_type))
    return " · ".join(one_line(word, NAME) for word in known if word)


def asked_for(story: Story) -> str:
    """`Member · ChatGPT seat · 30 days`, `No end date`, `Extension · Member · 7 days`."""
    kind = "Extension" if story.extends else ""
    parts = (kind, entitlement_words(story.entitlement), say_duration(story.duration_seconds))
    return initial(" · ".join(part for part in parts if part))


def application(story: Story) -> str:
    """The application's name, fit for a sentence."""
    return one_line(story.application_name, NAME)


def waiting_for(story: Story) -> Iterator[Asked]:
    """Who can still decide at the stage that the request is at."""
    return (one for one in story.asked if one.stage == story.stage and one.decision is None and not one.unreachable)


def initial(sentence: str) -> str:
    """The sentence with a capital letter: `You are …`."""
    return sentence[:1].upper() + sentence[1:]
