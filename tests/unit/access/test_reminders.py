"""When an approver is reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.reminders import in_daytime, reminders

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = 86_400


@pytest.mark.parametrize(
    ("moment", "timezone", "expected"),
    [
        (NOON, "Europe/Stockholm", NOON),
        (NOON.replace(hour=22), "Europe/Stockholm", NOON.replace(day=25, hour=7)),
        (NOON.replace(hour=2), "Europe/Stockholm", NOON.replace(hour=7)),
        (NOON, "Pacific/Auckland", NOON.replace(hour=19)),
        (NOON.replace(hour=22), "No/Where", NOON.replace(day=25, hour=8)),
    ],
)
def test_the_night_is_waited_out(moment: datetime, timezone: str, expected: datetime) -> None:
    """Between seven in the evening and eight in the morning, where they live; an unknown zone counts as UTC."""
    assert in_daytime(moment, timezone) == expected


def test_the_gaps_grow() -> None:
    """After one day, three, and seven, as long as there is time to answer."""
    due = list(reminders(NOON, NOON + timedelta(days=14), "UTC", remind_after=DAY))
    assert [(one - NOON).days for one in due] == [1, 3, 7]
    assert list(reminders(NOON, NOON + timedelta(hours=20), "UTC", remind_after=DAY)) == []


@given(
    asked=st.integers(0, 4 * 365 * DAY).map(lambda seconds: NOON - timedelta(seconds=seconds)),
    days=st.integers(1, 60),
    after=st.integers(600, 10 * DAY),
    timezone=st.sampled_from(["UTC", "America/St_Johns", "Europe/Stockholm", "Asia/Kathmandu", "Pacific/Chatham"]),
)
def test_never_at_night_and_never_too_late(asked: datetime, days: int, after: int, timezone: str) -> None:
    """Whatever the policy says and wherever they live, through every change of the clocks."""
    expires = asked + timedelta(days=days)
    due = list(reminders(asked, expires, timezone, remind_after=after))
    assert due == sorted(due)
    for one in due:
        assert asked < one < expires
        assert 8 <= one.astimezone(ZoneInfo(timezone)).hour < 19
