"""The product's words for what the tables call by short names, and the few marks that stand before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.access.desired import Entitlement, Terms
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
    """Where it stands: where its grant does, which in an emergency is there before anybody approved it."""
    if story.grant is not None:
        return Phase[story.grant.state.name]
    return Phase.GRANTING if story.state is RequestState.APPROVED else Phase[story.state.name]


def ongoing(story: Story) -> GrantStory | None:
    """The grant that can be given back: one that has not ended, nor is about to."""
    grant = story.grant
    return grant if grant and grant.state in LIVING - {GrantState.ENDING} else None


def extendable(story: Story) -> GrantStory | None:
    """The grant that can be asked to go on: one with an end, for which nobody has asked that yet."""
    grant = story.grant
    has_end = grant and grant.state is GrantState.ACTIVE and grant.ends_at
    return grant if has_end and story.extension is None else None


def replaceable(story: Story) -> GrantStory | None:
    """The grant in whose place something else can be asked for, where there is something else."""
    grant = story.grant
    settled = grant and grant.state is GrantState.ACTIVE and story.state is RequestState.APPROVED
    return grant if settled and story.offers_others and story.replacement is None else None


def starts_later(story: Story) -> datetime | None:
    """The day from which it was asked for, while that has not come about."""
    waits = story.grant is None or story.grant.state is GrantState.SCHEDULED
    return story.starts_at if waits else None


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
    """What was asked for, and what an approver made of it: `Member · ChatGPT seat · 30 days → 7 days`."""
    asked = Terms(entitlement=story.entitlement, duration_seconds=story.duration_seconds)
    pairs = zip(_terms(asked), _terms(story.terms), strict=True)
    return _joined(story, (was if was == now else f"{was} → {now}" for was, now in pairs))


def given(story: Story) -> str:
    """What is given, or would be: `Member · ChatGPT seat · 7 days`, `No end date`, `Extension · Member · 7 days`."""
    return _joined(story, _terms(story.terms))


def _terms(terms: Terms) -> tuple[str, str, str]:
    known = (role_word(terms.entitlement.role), seat_word(terms.entitlement.seat_type))
    role, seat_type = (one_line(word, NAME) if word else "" for word in known)
    return role, seat_type, say_duration(terms.duration_seconds)


def _joined(story: Story, parts: Iterable[str]) -> str:
    kind = "Extension" if story.extends else "Change" if story.replaces else ""
    return initial(" · ".join(part for part in (kind, *parts) if part))


def application(story: Story) -> str:
    """The application's name, fit for a sentence."""
    return one_line(story.application_name, NAME)


def waiting_for(story: Story) -> Iterator[Asked]:
    """Who can still decide at the stage that the request is at."""
    return (one for one in story.asked if one.stage == story.stage and one.decision is None and not one.unreachable)


def initial(sentence: str) -> str:
    """The sentence with a capital letter: `You are …`."""
    return sentence[:1].upper() + sentence[1:]
