"""When somebody is told that their access ends soon. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: how long before the end, and what the notice is called
_LEADS: Final = (("ends-in-3d", timedelta(days=3)), ("ends-in-1d", timedelta(days=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice that there is for a grant, and from when on it is due."""

    name: str
    due_at: datetime


def notices(began_at: datetime, ends_at: datetime | None) -> Iterator[Notice]:
    """The notices of a grant, in the order of their time: those that come when half of the time or more is over.

    A grant of two days is told of a day before its end, and one of two minutes not at all.
    """
    if ends_at is None:
        return
    for name, lead in _LEADS:
        if 2 * lead <= ends_at - began_at:
            yield Notice(name=name, due_at=ends_at - lead)


def due_notice(began_at: datetime, ends_at: datetime | None, now: datetime) -> str | None:
    """The notice for this moment: the latest whose time has come, however late, but none after the end."""
    if ends_at is None or ends_at <= now:
        return None
    return next((one.name for one in reversed(list(notices(began_at, ends_at))) if one.due_at <= now), None)


def next_notice(began_at: datetime, ends_at: datetime | None, now: datetime) -> datetime | None:
    """When the next one is due; None when there is none to come."""
    return next((one.due_at for one in notices(began_at, ends_at) if one.due_at > now), None)
