"""Timestamps and ids that look like Slack's."""

from __future__ import annotations

import itertools
import secrets
import time

_counter = itertools.count(1)
_last_ts = 0


def next_ts() -> str:
    """A message timestamp: real time in seconds with six decimals, never the same twice."""
    global _last_ts  # noqa: PLW0603 - a ts must be unique in the process, whoever asks
    _last_ts = max(time.time_ns() // 1000, _last_ts + 1)
    return f"{_last_ts // 1_000_000}.{_last_ts % 1_000_000:06d}"


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
