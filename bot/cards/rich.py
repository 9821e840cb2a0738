"""The pieces that cards are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from bot.access.story import Who
from bot.cards.content import JSON
from bot.cards.escape import ELLIPSIS, date_format, in_utc, plain, shorten

#: a piece of a line: a text, or an element of rich text
Piece = str | JSON
Line = Sequence[Piece]

#: the longest quotation: a reason of 3,000 characters fits even when each is an emoji of two UTF-16 units. Slack takes
#: about 13,200 characters in a message (bolt-js issue 2509).
LONGEST_QUOTE: Final = 6000


# -- elements of rich text ---------------------------------------------------------------------------------------------
def text(value: str, **style: bool) -> JSON:
    """A text that Slack shows as it is."""
    return {"type": "text", "text": plain(value), **({"style": style} if style else {})}


def bold(value: str) -> JSON:
    """The same in bold."""
    return text(value, bold=True)


def code(value: str) -> JSON:
    """Something to type or to copy."""
    return text(value, code=True)


def emoji(name: str) -> JSON:
    """One of the marks of `words.Mark`."""
    return {"type": "emoji", "name": name}


def user(who: Who) -> JSON:
    """A person: Slack shows the name."""
    return user_id(who.id)


def user_id(person_id: str) -> JSON:
    """A person of whom only the Slack user id is known."""
    return {"type": "user", "user_id": person_id}


def when(word: str, moment: datetime, *, day_only: bool = False) -> JSON:
    """A word and a moment, in the reader's own time zone: `until today at 10:02`."""
    return {
        "type": "date",
        "timestamp": int(moment.timestamp()),
        "format": date_format(word, day_only=day_only),
        "fallback": in_utc(word, moment),
    }


def at(word: str, moment: datetime | None) -> Line:
    """The same where the moment may not be known: then it is only the word."""
    return [when(word, moment)] if moment else [word]


def link(url: str, label: str) -> JSON:
    """A link with a label."""
    return {"type": "link", "url": url, "text": plain(label)}


#: of what a connector or the catalogue says
LONGEST_WORDS: Final = 3000
#: a rich text section takes a hundred elements
_MOST_MARKED: Final = 20
_CODE_OR_LINK: Final = re.compile(r"`([^`\n]+)`|(https?://[^\s<>]*[^\s<>.,;:!?)])")


def instructions(words: str) -> Line:
    """Words for admins, our own or the catalogue's: `backticks` become something to type, addresses become links."""
    pieces: list[Piece] = []
    end = 0
    words = shorten(words, LONGEST_WORDS)
    for found in islice(_CODE_OR_LINK.finditer(words), _MOST_MARKED):
        pieces.append(words[end : found.start()])
        pieces.append(code(found[1]) if found[1] else link(found[2], found[2]))
        end = found.end()
    return [*pieces, words[end:]]


def spoken(line: Line, names: Mapping[str, str]) -> str:
    """A line as plain words, for a notification: people by name, dates in UTC."""
    return "".join(piece if isinstance(piece, str) else _SPOKEN[piece["type"]](piece, names) for piece in line)


_SPOKEN: Final[Mapping[str, Callable[[JSON, Mapping[str, str]], str]]] = {
    "text": lambda piece, _names: str(piece["text"]),
    "user": lambda piece, names: names.get(piece["user_id"], "somebody"),
    "date": lambda piece, _names: str(piece["fallback"]),
    "link": lambda piece, _names: str(piece["text"]),
    "emoji": lambda _piece, _names: "",
}


def listed(items: Sequence[Line], *, most: int, total: int | None = None) -> Line:
    """`Ada, Grace and 38 others`: the first few of several things.

    Args:
        items: the things, or the first of them.
        most: how many are named at most.
        total: how many there are, if `items` does not hold all.
    """
    shown = items[:most]
    rest = (len(items) if total is None else total) - len(shown)
    others: list[Line] = [[f"{rest} other{'' if rest == 1 else 's'}"]] if rest else []
    every = [*shown, *others]
    pieces: list[Piece] = []
    for position, item in enumerate(every):
        if position:
            pieces.append(" and " if position == len(every) - 1 else ", ")
        pieces += item
    return pieces


# -- blocks ------------------------------------------------------------------------------------------------------------
def rich(*elements: JSON) -> JSON:
    """A rich_text block."""
    return {"type": "rich_text", "elements": list(elements)}


def running(*each: Line) -> JSON:
    """Lines inside a rich_text block. Empty texts, which Slack refuses, are left out, and so are empty lines."""
    elements: list[JSON] = []
    for line in each:
        pieces = [text(piece) if isinstance(piece, str) else piece for piece in line]
        said = [piece for piece in pieces if piece.get("text") != ""]
        elements += [text("\n"), *said] if elements and said else said
    return {"type": "rich_text_section", "elements": elements}


def quoted(words: str, *, limit: int = LONGEST_QUOTE) -> JSON:
    """What somebody wrote, exactly as they wrote it, inside a rich_text block."""
    shown = shorten(plain(words).strip("\n"), limit)
    return {"type": "rich_text_quote", "elements": [text(shown or ELLIPSIS)]}


def lines(*each: Line) -> JSON:
    """A block of lines."""
    return rich(running(*each))


def bullets(items: Iterable[Line]) -> JSON:
    """A block with points."""
    return rich({"type": "rich_text_list", "style": "bullet", "elements": [running(each) for each in items]})


def numbered(items: Iterable[Line]) -> JSON:
    """A block with steps, one after the other."""
    return rich({"type": "rich_text_list", "style": "ordered", "elements": [running(each) for each in items]})


def quote(words: str, *, limit: int = LONGEST_QUOTE) -> JSON:
    """A block with what somebody wrote."""
    return rich(quoted(words, limit=limit))


def small(*mrkdwn: str) -> JSON:
    """Small grey print. Our own words, mentions and dates only: it is mrkdwn."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join(mrkdwn)}]}


def fine_print(words: str) -> JSON:
    """Small grey print for what others wrote."""
    return {"type": "context", "elements": [label(words)]}


def header(words: str) -> JSON:
    """A heading."""
    return {"type": "header", "text": label(words)}


def label(words: str) -> JSON:
    """A plain_text object. People's `:tada:` stays text."""
    return {"type": "plain_text", "text": words, "emoji": False}


# -- buttons -----------------------------------------------------------------------------------------------------------
def button(
    words: str, action: str, value: str | None = None, *, style: str | None = None, confirm: JSON | None = None
) -> JSON:
    """A button. `value` is an opaque id."""
    made: JSON = {"type": "button", "text": label(words), "action_id": action}
    if value:
        made["value"] = value
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def confirmation(title: str, question: str, *, yes: str, no: str, danger: bool = False) -> JSON:
    """What is asked before a button acts."""
    return {
        "title": label(title),
        "text": label(question),
        "confirm": label(yes),
        "deny": label(no),
        **({"style": "danger"} if danger else {}),
    }


def buttons(each: Iterable[JSON]) -> list[JSON]:
    """A row of buttons as blocks: none if there is no button."""
    row = list(each)
    return [{"type": "actions", "elements": row}] if row else []
