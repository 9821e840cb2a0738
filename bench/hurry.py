"""Time that passes several times as fast, the same for everybody who is told about it; and `usher run` in such a time.

`python -m bench.hurry TIMES ORIGIN` is `usher run`, but for two things that it cannot be told from outside: the clock
that the grants' ends are compared with, and the seconds that its event loop counts (pauses, timeouts, the limit of
calls a minute). Both pass TIMES as fast as the machine's.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class HurriedClock:
    """`storage.clock.Clock`, and the sandbox's: from a common origin on (`time.time()`), `times` as fast."""

    times: float
    origin: float

    def now(self) -> datetime:
        passed = (time.time() - self.origin) * self.times
        return datetime.fromtimestamp(self.origin, UTC) + timedelta(seconds=passed)


def hurried_loop(times: float) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes event loops whose seconds are that much shorter."""

    class Selector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            return super().select(timeout / times if timeout and timeout > 0 else timeout)

    class Loop(asyncio.SelectorEventLoop):
        def __init__(self) -> None:
            super().__init__(Selector())

        def time(self) -> float:
            return super().time() * times

    return Loop


async def _run(clock: HurriedClock) -> None:
    from bot import logs
    from bot.app import running
    from bot.settings import Settings

    settings = Settings.load().for_run()
    logs.set_up(settings)
    async with running(settings, clock=clock):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asked_for, begun_at = map(float, sys.argv[1:])
    with asyncio.Runner(loop_factory=hurried_loop(asked_for)) as runner:
        runner.run(_run(HurriedClock(times=asked_for, origin=begun_at)))
