"""Reads what somebody chose from what they said, and takes the default where they said nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.access.catalog import ApplicationEntry
from bot.access.durations import parse_duration, say_duration
from bot.access.wish import Wish
from bot.cards.words import role_word, seat_word

_COUNTED: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS: Final = {"a": 1, "an": 1} | {word: number for number, word in enumerate(_COUNTED, start=1)}
_UNITS: Final = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "fortnight": 14 * 86_400,
    "month": 30 * 86_400, "quarter": 90 * 86_400, "year": 365 * 86_400,
}  # fmt: skip
_SAID: Final = re.compile(rf"(?:for )?(\d{{1,6}}|{'|'.join(_NUMBERS)})[ -]?({'|'.join(_UNITS)})s?")
_FOR_EVER: Final = frozenset({
    "no end date", "no end", "without end", "without an end date", "unlimited", "indefinite", "indefinitely",
    "permanent", "permanently", "forever", "for ever", "none",
})  # fmt: skip


class NotOffered(Exception):
    """Somebody chose what an application does not offer; the text is a sentence for them."""


@dataclass(slots=True)
class Choices:
    """What was chosen in an application, and what was taken because nothing was said."""

    entry: ApplicationEntry
    assumed: list[str] = field(default_factory=list)

    def role(self, said: str | None) -> str | None:
        """The role. Raises NotOffered."""
        return self._one("role", said, self.entry.roles, role_word)

    def seat_type(self, said: str | None) -> str | None:
        """The seat type. Raises NotOffered."""
        return self._one("seat type", said, self.entry.seat_types, seat_word)

    def duration(self, said: str | None) -> int | None:
        """Seconds, or None for no end date. Raises NotOffered."""
        offered = self.entry.durations
        if not said or not said.strip():
            self._assume("duration", say_duration(offered[0]), len(offered))
            return offered[0]
        try:
            seconds = understand_duration(said)
        except ValueError:
            raise NotOffered(f"“{said}” is not a duration that Usher understands. {self._durations()}") from None
        if seconds not in offered:
            raise NotOffered(f"{self.entry.name} is not given for {said}. {self._durations()}")
        return seconds

    def _durations(self) -> str:
        return f"Possible: {', '.join(map(say_duration, self.entry.durations))}."

    def _one(self, what: str, said: str | None, offered: Sequence[str], word: Callable[[str], str]) -> str | None:
        if not said or not said.strip():
            if offered:
                self._assume(what, word(offered[0]), len(offered))
            return offered[0] if offered else None
        if not offered:
            raise NotOffered(f"{self.entry.name} has no {what} to choose: leave it out.")
        meant = {
            _spelled(name): each
            for each in offered
            for name in (each, word(each), f"{each} {what.split(maxsplit=1)[0]}")
        }
        chosen = meant.get(_spelled(said))
        if chosen is None:
            raise NotOffered(f"{self.entry.name} has no {what} “{said}”. Possible: {', '.join(map(word, offered))}.")
        return chosen

    def _assume(self, what: str, value: str, possible: int) -> None:
        if possible > 1:
            self.assumed.append(f"No {what} was named, so the default was taken: {value}.")


def choose(
    entry: ApplicationEntry,
    *,
    role: str | None,
    seat_type: str | None,
    duration: str | None,
    reason: str,
    person_id: str,
) -> tuple[Wish, tuple[str, ...]]:
    """What somebody asks for, complete, and what had to be assumed for that, in sentences.

    Raises:
        NotOffered: something that they chose is not possible, or there is no reason.
    """
    demand_reason(reason)
    choices = Choices(entry)
    wish = Wish(
        application=entry.key,
        role=choices.role(role),
        seat_type=choices.seat_type(seat_type),
        duration_seconds=choices.duration(duration),
        reason=reason,
        beneficiary_id=person_id,
    )
    return wish, tuple(choices.assumed)


def demand_reason(reason: str) -> None:
    """Raises NotOffered where it says nothing."""
    if not reason.strip():
        raise NotOffered("Ask the user what they need it for: whoever decides reads that.")


def understand_duration(text: str) -> int | None:
    """Seconds for `14d`, `14 days`, `two weeks` or `a month` (30 days); None for `no end date`.

    Raises:
        ValueError: it is no duration.
    """
    said = " ".join(text.casefold().strip(" .").split())
    if said in _FOR_EVER:
        return None
    found = _SAID.fullmatch(said)
    if found is None:
        return parse_duration(said)
    count = int(found[1]) if found[1].isdigit() else _NUMBERS[found[1]]
    return count * _UNITS[found[2]]


def _spelled(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
