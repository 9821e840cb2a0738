"""The record of the Web API calls that the app made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Call:
    """A call of the Web API: what was asked, what was answered (None while it is under way or if nothing was)."""

    method: str
    arguments: JSON
    at: float  # time.monotonic()
    response: JSON | None = None
    status: int | None = None
    effect: bool = False  # whether it did what it asks for, whatever the caller was told

    @property
    def ok(self) -> bool:
        """Whether Slack said yes."""
        return bool(self.response and self.response.get("ok"))


Hook = Callable[[Call], Awaitable[None]]
