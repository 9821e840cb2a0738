"""When an approver who has not answered is reminded: with growing gaps, and never in their night. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: nobody is reminded before or after these, where they live
_MORNING: Final = time(8)
_EVENING: Final = time(19)


def in_daytime(moment: datetime, timezone: str) -> datetime:
    """That moment, or the next morning where it is night there.

    Args:
        moment: any time.
        timezone: the IANA name that Slack gives; an unknown one counts as UTC.
    """
    local = moment.astimezone(zone(timezone))
    if _MORNING <= local.time() < _EVENING:
        return moment
    day = local.date() + timedelta(days=1) if local.time() >= _EVENING else local.date()
    return datetime.combine(day, _MORNING, tzinfo=local.tzinfo).astimezone(moment.tzinfo)


def reminders(asked_at: datetime, expires_at: datetime, timezone: str, *, remind_after: int) -> Iterator[datetime]:
    """When somebody is reminded of what they were asked: after one, three, seven … times `remind_after` seconds, while
    there is still time to answer.
    """
    wait = timedelta(seconds=remind_after)
    due = asked_at + wait
    while in_daytime(due, timezone) < expires_at:
        yield in_daytime(due, timezone)
        wait *= 2
        due += wait


def zone(name: str) -> ZoneInfo:
    """The time zone that Slack names; UTC where nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
