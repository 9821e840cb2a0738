"""What a prompt names: an application, a seat, for how long, and why. Words are matched; nothing is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


def pattern(*parts: str) -> re.Pattern[str]:
    """The parts in a row, in capitals or not."""
    return re.compile("".join(parts), re.IGNORECASE)


_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
#: in front and at the end
_POLITE: Final = pattern(
    r"^(?:(?:hi|hello|hey|ok|okay|please|usher)\b[\s,!.]*)+|[\s,]*\b(?:please|thanks|thank you)?[\s.!?]*$"
)
#: what a reason begins with; “to try it”, but neither “access to Figma” nor “I want to use Figma”
_REASON: Final = pattern(
    r"\s*(?:[,;:]|\.\s|\b(?:because|since|so that|as (?=i\b))|(?<!access )(?<!want )(?<!like )(?<!need )\bto\b)",
    r"\s*(?P<reason>.*)$",
)
_BECAUSE: Final = pattern(r"^(?:because|since|as|so that)\s+")
_DURATION: Final = pattern(
    r"\b(?:for\s+)?(?:the\s+next\s+|another\s+)?(?P<duration>",
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)[\s-]*",
    r"(?:second|minute|hour|day|week|fortnight|month|quarter|year)s?",
    r"|\d+[smhdw]|no end date|without an end(?: date)?|unlimited|for ?ever)\b",
)
_SEAT: Final = pattern(r"\b(?P<seat>codex|chatgpt|standard)[\s-]+(?:seat|licen[cs]e)\b")
_ROLE: Final = pattern(r"\b(?:(?:as\s+)?an?\s+)?(?P<role>member|admin|owner|editor|viewer)\b(?:\s+(?:role|rights)\b)?")
_TAG: Final = pattern(r"\b(?:tag|tagged)\s+[“\"']?(?P<tag>[\w-]+)")
_PURPOSE: Final = pattern(r"\b(?:helps?(?: me| us)?(?: with| to)?|for|to|with|about)\s+(?P<purpose>.+)$")
_WORD: Final = pattern(r"[^\s?!.,;:“”\"()]+(?:\.\w+)*")
#: what stands around the name of an application
_AROUND: Final = frozenset(
    _WORD.findall("""
    a about access account all an and any anymore app application are as ask asked at back be can cancel could describe
    did do does don't end ending extend extension for get give go going hand have how i i'd i'm in is it keep let
    licence license like longer make may me more my need no of off on our please prolong request return role seat set
    show status still tell that the them there this time to up us use want we what what's when where which will with
    withdraw would you your
    """)
)
#: what the seat that somebody names is called in the application that has such seats
_SEATS: Final[Mapping[str, str]] = {"codex": "codex", "chatgpt": "chatgpt", "standard": "chatgpt"}
_HAS_SEATS: Final = "ChatGPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a prompt names. `head` is what stands before its reason."""

    whole: str
    head: str
    app: str | None
    role: str | None
    seat_type: str | None
    duration: str | None
    reason: str | None
    query: str | None
    tag: str | None


def read(prompt: str) -> Reading:
    """Take a prompt apart. Whatever is not found is None."""
    whole = _POLITE.sub("", " ".join(prompt.replace(_APOSTROPHE, "'").split()))
    reason = _REASON.search(whole)
    head = whole[: reason.start()] if reason else whole
    seat, role, duration = (each.search(head) for each in (_SEAT, _ROLE, _DURATION))
    rest = head
    for found in (seat, role, duration):
        rest = rest.replace(found[0], " ") if found else rest
    tag = _TAG.search(whole)
    purpose = None if tag else _PURPOSE.search(whole)
    named = " ".join(word for word in _WORD.findall(rest) if word.lower() not in _AROUND)
    return Reading(
        whole=whole,
        head=head,
        app=named or (_HAS_SEATS if seat else None),
        role=role["role"].lower() if role else None,
        seat_type=_SEATS[seat["seat"].lower()] if seat else None,
        duration=duration["duration"] if duration else None,
        reason=_reason(reason["reason"]) if reason else None,
        query=purpose["purpose"] if purpose else None,
        tag=tag["tag"] if tag else None,
    )


def _reason(text: str) -> str | None:
    """`because I draw` is “I draw”; punctuation alone is no reason."""
    said = _BECAUSE.sub("", text).strip()
    return said if re.search(r"\w", said) else None
