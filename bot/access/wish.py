"""What somebody asks for, read from words, and held against what the catalogue offers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement
from bot.access.durations import parse_duration, write_duration
from bot.access.story import Choice

#: Slack's own limit on what a text input takes (docs.slack.dev, plain-text input element)
LONGEST_REASON = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A complete wish: an entitlement in an application, for somebody, for a while, with a reason."""

    application: str
    role: str
    seat_type: str
    duration_seconds: int | None
    reason: str
    beneficiary_id: str

    @property
    def entitlement(self) -> Entitlement:
        return Entitlement(role=self.role, seat_type=self.seat_type)


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
        fields: what is wrong, by field (application, role, seat_type, duration, reason), each a sentence.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def problems(wish: Wish, entry: ApplicationEntry) -> dict[str, str]:
    """What is wrong with a wish, by field; empty when it can be asked for."""
    found: dict[str, str] = {}
    if wish.role not in (entry.roles or ("",)):
        found["role"] = f"Choose one of: {', '.join(entry.roles)}." if entry.roles else "There are no roles here."
    if wish.seat_type not in (entry.seat_types or ("",)):
        offered = ", ".join(entry.seat_types)
        found["seat_type"] = f"Choose one of: {offered}." if offered else "There are no seat types here."
    if wish.duration_seconds not in entry.durations:
        offered = ", ".join(write_duration(duration) for duration in entry.durations)
        found["duration"] = f"Choose one of: {offered}."
    if not wish.reason.strip():
        found["reason"] = "Say in a few words what you need it for: the approver reads this."
    elif len(wish.reason) > LONGEST_REASON:
        found["reason"] = f"Keep it under {LONGEST_REASON:,} characters (this has {len(wish.reason):,})."
    return found


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
