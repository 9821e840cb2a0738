"""Timestamps and ids that look like Slack's."""

from __future__ import annotations

import itertools
import secrets
import time

from sandbox.clock import SandboxClock

_counter = itertools.count(1)


class Timestamps:
    """Gives every message its `ts`: the sandbox's time in seconds with six decimals, never the same twice."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """The next one, above all before it."""
        self._last = max(int(self._clock.now().timestamp() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def new_id(prefix: str) -> str:
    """An id such as V0A1B2C3D4: the kind's letters and ten more characters."""
    return f"{prefix}{secrets.token_hex(5).upper()}"


def new_hash() -> str:
    """The `hash` of a view."""
    return f"{int(time.time())}.{secrets.token_hex(4)}"


def new_block_id() -> str:
    """What Slack puts where an app gave no block_id or action_id."""
    return secrets.token_urlsafe(4)


def new_trigger_id() -> str:
    """A trigger id in Slack's form: 132456.7890123.abcdef."""
    return f"{next(_counter)}.{int(time.time())}.{secrets.token_hex(16)}"
