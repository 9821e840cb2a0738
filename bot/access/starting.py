"""When access begins that is wanted for a later day. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from bot.access.reminders import zone
from bot.access.wish import WrongWish

#: when a day begins, where the person lives
_MORNING: Final = time(8)
LATEST: Final = timedelta(days=365)


def start_of(day: date, timezone: str, now: datetime) -> datetime:
    """The morning of a day that is still to come.

    Args:
        day: as it was chosen.
        timezone: where the person lives who would get the access: the IANA name that Slack gives.
        now: the time.

    Raises:
        WrongWish: it is not after today there, or more than a year away.
    """
    there = zone(timezone)
    today = now.astimezone(there).date()
    if day <= today:
        raise WrongWish({"start": "Choose a day after today, or leave it empty: then it starts at once."})
    if day > today + LATEST:
        raise WrongWish({"start": "Choose a day within a year."})
    return datetime.combine(day, _MORNING, tzinfo=there).astimezone(now.tzinfo)
