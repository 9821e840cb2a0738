"""Durations as people write them (`90s`, `15m`, `8h`, `7d`, `2w`, `unlimited`) and as they read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WRITTEN = re.compile(r"([1-9]\d{0,8})\s*([smhdw])", re.IGNORECASE)
_NAMES = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

UNLIMITED = "unlimited"


def parse_duration(text: str) -> int | None:
    """Seconds, or None for `unlimited`.

    Raises:
        ValueError: the text is no duration; the message says how one is written.
    """
    word = text.strip().lower()
    if word == UNLIMITED:
        return None
    match = _WRITTEN.fullmatch(word)
    if match is None:
        raise ValueError(f"“{text}” is not a duration: write 90s, 15m, 8h, 7d, 2w or unlimited")
    return int(match[1]) * _UNITS[match[2]]


def write_duration(seconds: int | None) -> str:
    """The shortest way to write it: `7d` for 604800, `unlimited` for None (weeks are written as days)."""
    if seconds is None:
        return UNLIMITED
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def say_duration(seconds: int | None) -> str:
    """How a person says it: `7 days`, `1 hour 30 minutes`, `no end date`."""
    if seconds is None:
        return "no end date"
    parts: list[str] = []
    rest = seconds
    for size, name in _NAMES:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def say_time_left(seconds: float) -> str:
    """How long something still lasts, in its largest unit: `6 days left`, `less than a minute left`."""
    if seconds < 60:
        return "less than a minute left"
    size, name = next((size, name) for size, name in _NAMES if seconds >= size)
    count = int(seconds // size)
    return f"{count} {name}{'' if count == 1 else 's'} left"


def longest(durations: Iterable[int | None]) -> int | None:
    """The longest of several durations; None (unlimited) is longer than all."""
    known = list(durations)
    return None if None in known else max(duration for duration in known if duration is not None)
