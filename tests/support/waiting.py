"""Waiting for something to become true, instead of for time to pass."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], object] | Callable[[], Awaitable[object]], *, within: float = 60.0) -> None:
    """Returns as soon as the condition holds; raises AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        held = condition()
        if inspect.isawaitable(held):
            held = await held
        if held:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within} seconds: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.005)
