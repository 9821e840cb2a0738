"""At most one message a second for each recipient (docs.slack.dev, rate limits of chat.postMessage)."""

from __future__ import annotations

from typing import Final

#: seconds between two messages to one recipient
GAP: Final = 1.0
_MANY: Final = 1000
_FORGOTTEN_AFTER: Final = 60.0


class Pace:
    """Gives turns to those who post to one recipient. What it misses, as with several replicas, Slack answers 429.

    Times are seconds of one clock. Who has to wait is given a turn once and comes back at its time, so that a long line
    before one person, as the admin who approves for a whole company, keeps nobody else waiting.
    """

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._turns: dict[tuple[str, str], float] = {}
        self._seen = float("-inf")

    def pause(self, recipient: str, message: str, now: float) -> float:
        """Seconds until this message's turn; 0 when it has come. A turn is good for one message."""
        if now < self._seen:  # the clock was set back, and no turn means anything any more
            self._next, self._turns = {}, {}
        self._seen = now
        turn = self._turns.pop((recipient, message), None)
        if turn is None:
            turn = max(self._next.get(recipient, now), now)
            self._next[recipient] = turn + GAP
        if turn <= now:
            return 0.0
        self._turns[recipient, message] = turn
        self._forget(now)
        return turn - now

    def _forget(self, now: float) -> None:
        """Turns that nobody took: what was to be posted is not wanted any more."""
        if len(self._next) > _MANY:
            self._next = {name: at for name, at in self._next.items() if at > now}
        if len(self._turns) > _MANY:
            self._turns = {name: at for name, at in self._turns.items() if at > now - _FORGOTTEN_AFTER}
