"""A version that grows, and a way to wait for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Changes:
    """Counts visible changes. Lives on one event loop; nothing here is safe across threads."""

    def __init__(self) -> None:
        self.version = 0
        self._next = asyncio.Event()

    def bump(self) -> None:
        """Something changed: wake everybody who waits."""
        self.version += 1
        self._next.set()
        self._next = asyncio.Event()

    async def beyond(self, since: int, *, seconds: float) -> int:
        """The version, as soon as it is greater than `since`, or as it stands after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.version <= since:
                    await self._next.wait()
        return self.version
