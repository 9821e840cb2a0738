"""When somebody is told that their access ends soon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access.notices import due_notice, next_notice, notices
from tests.support.stories import DAY, NOW


@pytest.mark.parametrize(
    ("days", "names"),
    [(30, ["ends-in-3d", "ends-in-1d"]), (7, ["ends-in-3d", "ends-in-1d"]), (5, ["ends-in-1d"]), (1, []), (0.001, [])],
)
def test_a_grant_that_is_long_enough_has_notices(days: float, names: list[str]) -> None:
    """Only what comes in the second half of the time is worth a word."""
    assert [one.name for one in notices(NOW, NOW + days * DAY)] == names


def test_a_grant_without_an_end_has_none() -> None:
    """There is nothing to be told of."""
    assert list(notices(NOW, None)) == []
    assert due_notice(NOW, None, NOW) is next_notice(NOW, None, NOW) is None


@pytest.mark.parametrize(
    ("before_end", "due"),
    [
        (timedelta(days=3, seconds=1), None),
        (timedelta(days=3), "ends-in-3d"),
        (timedelta(days=1, seconds=1), "ends-in-3d"),
        (timedelta(days=1), "ends-in-1d"),
        (timedelta(seconds=1), "ends-in-1d"),
        (timedelta(), None),
        (-DAY, None),
    ],
)
def test_the_latest_that_is_due_counts(before_end: timedelta, due: str | None) -> None:
    """Late is better than never, the later one makes the earlier one needless, and after the end there is none."""
    end = NOW + 7 * DAY
    assert due_notice(NOW, end, end - before_end) == due


def test_the_next_one_is_known_in_advance() -> None:
    """At every moment it is known when to look again."""
    end = NOW + 7 * DAY
    assert next_notice(NOW, end, NOW) == end - 3 * DAY
    assert next_notice(NOW, end, end - 3 * DAY) == end - DAY
    assert next_notice(NOW, end, end - DAY) is None
