"""How often one network address may ask. In memory: a limit protects the process that it is kept in."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Awaitable, Callable
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]
#: what to answer somebody who has to wait for so many seconds
Refusal = Callable[[int], Response]

#: bits of an IPv6 address that one subscriber has; the rest they choose
_SUBSCRIBER: Final = 64


class Limits:
    """Counts calls by network address. Behind a proxy that is the client's only if uvicorn trusts the proxy."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def limited(self, endpoint: Endpoint, name: str, *, per_minute: int, refusal: Refusal) -> Endpoint:
        """The endpoint, for at most so many calls a minute from one address."""
        item = RateLimitItemPerMinute(per_minute)

        async def limited(request: Request) -> Response:
            who = network(request.client.host if request.client else "")
            if await self._limiter.hit(item, name, who):
                return await endpoint(request)
            stats = await self._limiter.get_window_stats(item, name, who)
            seconds = max(1, round(stats.reset_time - time.time()))
            answer = refusal(seconds)
            answer.status_code = 429
            answer.headers["Retry-After"] = str(seconds)
            return answer

        return limited


def network(host: str) -> str:
    """Whom an address belongs to, as far as one can see from it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _SUBSCRIBER), strict=False))
