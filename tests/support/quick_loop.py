"""An event loop whose seconds are short, for tests in which everybody waits politely: four in one of the machine's.

Every pause, timeout and limit that is counted by the loop shrinks alike, so what happens and in which order stays as it
is; only nobody has to watch it. What the machine itself needs for its work does not shrink.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Final

#: seconds of the loop in one of the machine
PER_SECOND: Final = 4.0


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / PER_SECOND if timeout and timeout > 0 else timeout)


class QuickLoop(asyncio.SelectorEventLoop):
    """A selector loop with its own idea of a second."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        return super().time() * PER_SECOND


def factories() -> Mapping[str, type[QuickLoop]]:
    """What pytest-asyncio wants to be told."""
    return {"quick": QuickLoop}
