"""The session cookie of NextAuth as a value that can be kept: out of Set-Cookie, into Cookie. Pure.

NextAuth splits a value that is too long for one cookie into `<name>.0`, `<name>.1`, ... and puts them together again.
What is kept is the whole value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bot.connectors.contract import SignInAgain

NAME: Final = "__Secure-next-auth.session-token"
_LONGEST: Final = 3933  # NextAuth's own: a cookie's 4096 bytes without room for its name and attributes
_PART: Final = re.compile(rf"{re.escape(NAME)}(?:\.(\d+))?")
_SENDABLE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")  # RFC 6265's cookie-octet


def session_value(secret: str) -> str:
    """The cookie's value out of what an admin handed over: the bare value, or a browser's `name=value` pairs.

    Raises:
        SignInAgain: it is no cookie value. Says so without quoting it.
    """
    value = secret.strip()
    if NAME in value:
        value = _joined(re.split(r"[;\s]+", value)) or ""
    if not _SENDABLE.fullmatch(value):
        raise SignInAgain("The stored secret is not the value of a session cookie.")
    return value


def cookie_header(value: str) -> str:
    """The Cookie header that carries the value, split where a browser would have it split."""
    if len(value) <= _LONGEST:
        return f"{NAME}={value}"
    parts = (value[start : start + _LONGEST] for start in range(0, len(value), _LONGEST))
    return "; ".join(f"{NAME}.{number}={part}" for number, part in enumerate(parts))


def rotated(set_cookies: Iterable[str]) -> str | None:
    """The value that the Set-Cookie headers put in the old one's place; None if they leave it alone."""
    return _joined(header.partition(";")[0] for header in set_cookies)


def _joined(pairs: Iterable[str]) -> str | None:
    parts = dict(_parts(pairs))
    if None in parts:
        return parts[None]
    return "".join(parts[number] for number in sorted(number for number in parts if number is not None)) or None


def _parts(pairs: Iterable[str]) -> Iterator[tuple[int | None, str]]:
    """The session cookies among name=value pairs. An empty value deletes a cookie (the other form's), so it is none."""
    for pair in pairs:
        name, _, value = pair.strip().partition("=")
        found = _PART.fullmatch(name.strip())
        text = value.strip().strip('"')
        if found and text:
            yield (int(found[1]) if found[1] else None), text
