"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: when tests begin, unless they say otherwise
START = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)


class MovableClock:
    """`storage.clock.Clock` for tests."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward."""
        self._now += by
