"""Other people's text, made fit for Slack."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

ELLIPSIS: Final = "…"

_ZERO_WIDTH_JOINER: Final = "\u200d"
#: what Slack drops or refuses; line breaks and tabs are kept
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: variation selectors, skin tones and the tags that flags are spelled with: they belong to the character before
_JOINED: Final = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_REGIONAL: Final = re.compile("[\U0001f1e6-\U0001f1ff]")


def mrkdwn(text: str) -> str:
    """Text for mrkdwn and for a message's `text`: the three characters that Slack's docs ask to escape, escaped.

    Formatting characters (`*`, `_`, `~`, a backtick) cannot be escaped there. That is why what people wrote is shown in
    rich_text and plain_text instead, and only notifications carry it here.
    """
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> str:
    """Text for rich_text and plain_text, where nothing is interpreted: as written, without control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis in place of what was cut.

    Characters are counted as Slack's clients count them, in UTF-16 units, and no emoji, flag or accented letter is cut
    in two.
    """
    if _units(text) <= limit:
        return text
    room = limit - 1
    end = 0
    for end, character in enumerate(text):  # noqa: B007 - `end` is what the loop is for
        room -= _units(character)
        if room < 0:
            break
    while end and _continues(text, end):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def one_line(text: str, limit: int) -> str:
    """The same without line breaks, for a label or a notification; never empty, because Slack refuses empty texts."""
    return shorten(" ".join(plain(text).split()), limit) or ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _continues(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before."""
    before, here = text[at - 1], text[at]
    if _REGIONAL.match(here):
        first = at
        while first and _REGIONAL.match(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 1
    return _ZERO_WIDTH_JOINER in (before, here) or unicodedata.combining(here) != 0 or _JOINED.match(here) is not None


# -- dates -------------------------------------------------------------------------------------------------------------
#: the word before a date is part of its format: Slack writes a date that stands first with a capital, `Today`
_MOMENT: Final = "{} {{date_short_pretty}} at {{time}}"
_DAY: Final = "{} {{date_short_pretty}}"


def date_format(word: str, *, day_only: bool = False) -> str:
    """The format of a date after a word, as Slack's docs describe it: `until {date_short_pretty} at {time}`."""
    return (_DAY if day_only else _MOMENT).format(word)


def date(word: str, moment: datetime) -> str:
    """A word and a moment in mrkdwn: `until today at 10:02`, for every reader in their own time zone."""
    return f"<!date^{int(moment.timestamp())}^{date_format(word)}|{in_utc(word, moment)}>"


def in_utc(word: str, moment: datetime) -> str:
    """The same for whoever cannot show it: `until 24 Nov 2026 at 10:02 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{word} {utc.day} {utc:%b %Y} at {utc:%H:%M} UTC"
