"""Things that go wrong at Slack, on request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

FaultKind = Literal[
    "ratelimited",
    "server_error",
    "hang",
    "close_before_effect",
    "close_after_effect",
    "error",
    "claims",
    "forged",
]
#: what faults in the token that says who signed in are switched on for: it has no call of its own
ID_TOKEN: Final = "openid.id_token"


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to calls of `method` (`*`: of any), `times` times or, with None, until it is cleared.

    ratelimited: 429 with Retry-After of `retry_after` seconds. server_error: 500 with a body that is no JSON.
    hang: no answer ever, and no effect. close_before_effect and close_after_effect: the connection is closed without
    an answer. error: the answer is {"ok": false, "error": `error`}.

    Of ID_TOKEN. claims: it says `claims` in the place of what is true, and leaves out those that are None; another
    workspace, another nonce, expired. forged: somebody else signed it.
    """

    method: str
    kind: FaultKind
    error: str = "internal_error"
    retry_after: int = 1
    claims: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = None


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(
        self,
        method: str,
        kind: FaultKind,
        *,
        error: str = "internal_error",
        retry_after: int = 1,
        claims: Mapping[str, Any] | None = None,
        times: int | None = None,
    ) -> Fault:
        """Switch a fault on."""
        fault = Fault(method=method, kind=kind, error=error, retry_after=retry_after, claims=claims or {}, times=times)
        self.active.append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, now used once more."""
        for fault in self.active:
            if fault.method == method or (fault.method == "*" and method != ID_TOKEN):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.active.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Switch all off."""
        self.active.clear()


@dataclass(slots=True, kw_only=True)
class RateLimit:
    """About so many posts a second to one channel, with a short burst allowed (docs.slack.dev, rate limits).

    A token bucket per channel, in real time.
    """

    per_second: float = 1.0
    burst: int = 5
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_for(self, channel: str) -> float:
        """0 if a post to this channel may happen now (it is counted), else the seconds until it may."""
        now = time.monotonic()
        tokens, filled_at = self._buckets.get(channel, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - filled_at) * self.per_second)
        if tokens < 1:
            self._buckets[channel] = (tokens, now)
            return (1 - tokens) / self.per_second
        self._buckets[channel] = (tokens - 1, now)
        return 0.0
