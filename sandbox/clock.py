"""The time of the sandbox: the real time, plus what a visitor skipped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(slots=True, kw_only=True)
class SandboxClock:
    """Runs as fast as the real clock and can only be moved forward.

    Whoever must act on a skip (a clock of their own, a list that goes by date) appends a callback to
    `on_skip`; it is called without arguments, after the clock has moved.
    """

    ahead: timedelta = timedelta()
    on_skip: list[Callable[[], None]] = field(default_factory=list)

    def now(self) -> datetime:
        """The time in the sandbox: aware, in UTC."""
        return datetime.now(UTC) + self.ahead

    def skip(self, seconds: float) -> None:
        """Move the clock `seconds` ahead and tell everyone who asked to know.

        Raises ValueError if `seconds` is negative or not a number: time never runs back.
        """
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"the clock can only be moved forward, not by {seconds} seconds")
        self.ahead += timedelta(seconds=seconds)
        for callback in tuple(self.on_skip):
            callback()
