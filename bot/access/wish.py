"""What somebody asks for, read from words, and held against what the catalogue offers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import EllipsisType

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement, Terms
from bot.access.durations import parse_duration, say_duration
from bot.access.story import Choice

#: Slack's own limit on what a text input takes (docs.slack.dev, plain-text input element)
LONGEST_REASON = 3000
#: for how many people one form asks
MOST_PEOPLE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for: an entitlement in an application, for somebody, for a while, with a reason.

    A role or seat type that is None, and a duration that is `...`, was not chosen; `terms` fills it in where the
    application leaves no choice.
    """

    application: str
    role: str | None = None
    seat_type: str | None = None
    duration_seconds: int | EllipsisType | None = ...  # None is a choice: no end date
    reason: str
    beneficiary_id: str
    starts_at: datetime | None = None  # None: as soon as it is approved
    emergency: bool = False  # to be given at once, and decided about afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the words after a command said; None where they said nothing."""

    application: str | None = None
    role: str | None = None
    seat_type: str | None = None
    duration: str | None = None  # as written, such as 30d
    reason: str = ""


class WrongWish(Exception):
    """A wish that the catalogue does not offer.

    Attributes:
        fields: what is wrong, by field (application, role, seat_type, duration, start, emergency, reason, for), each
            a sentence.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def terms(wish: Wish, entry: ApplicationEntry) -> Terms:
    """Holds a wish against what an application offers, and fills in what it leaves no choice about.

    Raises:
        WrongWish: it is not offered, or something has still to be chosen.
    """
    found: dict[str, str] = {}
    role = _chosen("role", wish.role, entry.roles or ("",), found)
    seat_type = _chosen("seat_type", wish.seat_type, entry.seat_types or ("",), found)
    duration = wish.duration_seconds
    if isinstance(duration, EllipsisType):
        duration = entry.durations[0] if len(entry.durations) == 1 else ...
    if isinstance(duration, EllipsisType) or duration not in entry.durations:
        found["duration"] = f"Choose one of: {', '.join(say_duration(one) for one in entry.durations)}."
    if not wish.reason.strip():
        found["reason"] = "Say in a few words what you need it for: the approver reads this."
    elif len(wish.reason) > LONGEST_REASON:
        found["reason"] = f"Keep it under {LONGEST_REASON:,} characters (this has {len(wish.reason):,})."
    if found or isinstance(duration, EllipsisType):
        raise WrongWish(found)
    return Terms(entitlement=Entitlement(role=role, seat_type=seat_type), duration_seconds=duration)


def _chosen(field: str, word: str | None, offered: Sequence[str], found: dict[str, str]) -> str:
    if word is None and len(offered) == 1:
        return offered[0]
    if word is None or word not in offered:
        found[field] = f"Choose one of: {', '.join(offered)}." if offered != ("",) else "There is no choice here."
    return word or ""


def read_words(text: str, choices: Sequence[Choice]) -> Words | None:
    """Reads `chatgpt codex 30d to try the new agent`: an application first, then its choices in any order, then why.

    Returns:
        None when the first word is no application: the caller then says what can be asked for.
    """
    words = text.split()
    if not words:
        return Words()
    named = {name.casefold(): choice for choice in choices for name in (choice.key, choice.name)}
    # names may have several words: the longest that fits wins
    for count in range(min(len(words), 6), 0, -1):
        choice = named.get(" ".join(words[:count]).casefold())
        if choice is not None:
            return _read_choices(words[count:], choice)
    return None


def _read_choices(words: Sequence[str], choice: Choice) -> Words:
    read = Words(application=choice.key)
    rest = list(words)
    while rest:
        word = rest[0].casefold()
        if read.seat_type is None and word in choice.seat_types:
            read = replace(read, seat_type=word)
        elif read.role is None and word in choice.roles:
            read = replace(read, role=word)
        elif read.duration is None and _is_offered(word, choice):
            read = replace(read, duration=word)
        else:
            break
        rest.pop(0)
    return replace(read, reason=" ".join(rest))


def _is_offered(word: str, choice: Choice) -> bool:
    try:
        return parse_duration(word) in choice.durations
    except ValueError:
        return False
