"""What the messages of a subject should be: values that `wanted_cards.py` fills in and `messages.py` brings about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.cards.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A message that should exist.

    Attributes:
        slot: which of the subject's messages it is.
        recipient: a Slack user id or channel id.
        content: what it shows; None for one that stays as it is, if it was posted.
        reply_to: the slot of the message in whose thread it belongs.
        approver: the person who is asked by it, who can be skipped when it does not reach them.
        only_edit: it is kept right where it was posted, and not posted any more where it was not.
    """

    slot: str
    recipient: str
    content: Content
    reply_to: str | None = None
    approver: str | None = None
    only_edit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The messages of a subject, and where else it is to be seen.

    Attributes:
        wanted: the messages.
        concerned: whose Home tab shows it too.
        also: subjects whose messages show it too.
        next_at: when time alone will want another message; None for never.
    """

    wanted: tuple[Wanted, ...]
    concerned: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where alerts go: the channel, and the admins in person where there is none or it cannot be reached."""

    channel: str | None
    admins: Collection[str]  # Slack user ids or e-mail addresses
    #: the catalogue is applied from a file at every start, so what is added here has to go there, too
    catalog_in_file: bool = False
