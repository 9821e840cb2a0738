"""At most one message a second for each channel (docs.slack.dev, rate limits of chat.postMessage)."""

from __future__ import annotations

import asyncio

#: seconds between two messages in one channel
GAP = 1.0


class Pace:
    """Makes those who post to one channel take turns. What it misses, as with several replicas, Slack answers 429."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    async def wait(self, channel: str) -> None:
        """Returns when it is this caller's turn."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next.get(channel, 0.0), now)
        self._next[channel] = turn + GAP
        if len(self._next) > 1000:
            self._next = {name: at for name, at in self._next.items() if at > now}
        if turn > now:
            await asyncio.sleep(turn - now)
