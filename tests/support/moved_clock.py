"""`usher run` on a machine whose clock can be set: `python -m tests.support.moved_clock`, then SIGUSR1 and SIGUSR2.

SIGUSR1 sets the clock of the whole process back by an hour, SIGUSR2 sets it right again. What only counts seconds
(pauses, timeouts) goes on as before, as it does when an admin sets a machine's clock.
"""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from bot.cli import main

#: how far the clock is set back
BACK = timedelta(hours=1)


class _Clock:
    def __init__(self) -> None:
        self._moved: time_machine.travel | None = None

    def set_back(self, *_: Any) -> None:
        if self._moved is None:
            self._moved = time_machine.travel(datetime.now(UTC) - BACK, tick=True)
            self._moved.start()

    def set_right(self, *_: Any) -> None:
        if self._moved is not None:
            self._moved.stop()
            self._moved = None


if __name__ == "__main__":
    clock = _Clock()
    signal.signal(signal.SIGUSR1, clock.set_back)
    signal.signal(signal.SIGUSR2, clock.set_right)
    sys.argv[1:] = ["run"]
    main()
