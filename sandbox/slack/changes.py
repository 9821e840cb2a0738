"""Waiting for something to change, without polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
HEARTBEAT: Final = 0.05  # seconds between looks at what does not announce itself


class Changes:
    """A version that grows with each visible change, and a way to wait for the next one."""

    def __init__(self) -> None:
        self.version = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def bump(self) -> None:
        """Something that people see has changed."""
        self.version += 1
        self.wake()

    def wake(self) -> None:
        """Something happened that only watchers of the inside care for: waiters look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _next(self, patience: float | None = None) -> None:
        """Until something happens, or for `patience` seconds."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=patience)
        finally:
            self._waiting.discard(waiter)

    async def after(self, since: int, *, timeout: float) -> int:  # noqa: ASYNC109 - a long poll has a length
        """The version as soon as it is above `since`, or as it stands after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while self.version <= since:
                    await self._next()
        except TimeoutError:
            pass
        return self.version

    async def until(self, predicate: Callable[[], T], *, timeout: float) -> T:  # noqa: ASYNC109
        """What `predicate` returns, as soon as it is true.

        It is looked at again with every change here, and twenty times a second for what happens elsewhere. LookupError,
        StopIteration and AssertionError inside it mean "not yet". Raises TimeoutError after `timeout` seconds.
        """
        last: Exception | None = None
        try:
            async with asyncio.timeout(timeout):
                while True:
                    try:
                        if found := predicate():
                            return found
                        last = None
                    except (LookupError, AssertionError, StopIteration) as error:
                        last = error
                    await self._next(HEARTBEAT)
        except TimeoutError:
            raise TimeoutError(f"not within {timeout} s" + (f": {last}" if last else "")) from last
