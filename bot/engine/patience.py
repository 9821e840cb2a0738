"""While what cannot wait is begun, what can is begun at intervals. Pure.

Otherwise it would take the processor from it: cards are much to read and to write down.
"""

from __future__ import annotations

from typing import Final

from storage.task_queue import ClaimedTask

#: seconds for which something urgent that was begun keeps what can wait from being begun freely
INSTANT: Final = 0.1
#: seconds from one that can wait to the next, beside what is urgent
BETWEEN: Final = 0.25


class Patience:
    """Knows what was begun last, and says how much that can wait there is room for. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._crowded_until = float("-inf")
        self._next_at = float("-inf")

    def began(self, task: ClaimedTask, now: float) -> None:
        """A task was begun."""
        if task.patient:
            self._next_at = now + BETWEEN
        else:
            self._crowded_until = now + INSTANT

    def room(self, now: float) -> int | None:
        """How many that can wait may be begun; None for any number."""
        if now >= self._crowded_until:
            return None
        return 1 if now >= self._next_at else 0

    def more_room_at(self, now: float) -> float | None:
        """When there is more; None when there is room for all."""
        if now >= self._crowded_until:
            return None
        return min(self._crowded_until, self._next_at) if self._next_at > now else self._crowded_until
