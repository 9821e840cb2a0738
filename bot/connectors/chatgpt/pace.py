"""Keeping within a provider's limit of calls, so that none is wasted on being told to slow down."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.connectors.contract import TryLater


class Pace:
    """At most `limit` calls of each route within any `per`, first come, first served.

    A slot is free again only when `per` has passed since its call was *answered*: however long calls are on their way,
    the provider never sees more than `limit` within its own `per`, be its window fixed or sliding. Others who call with
    the same key are not counted; what they use up, the provider says itself (`hold`).
    """

    def __init__(self, *, limit: int, per: timedelta) -> None:
        self._limit = limit
        self._per = per.total_seconds()
        self._routes: defaultdict[str, asyncio.Queue[float]] = defaultdict(lambda: _all_free(limit))
        self._answered: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=limit))
        self._held: dict[str, float] = {}
        self._on_their_way: Counter[str] = Counter()  # calls, and those who wait to make one
        self._lines: defaultdict[str, dict[str, float]] = defaultdict(dict)  # who was sent away, and until when

    @asynccontextmanager
    async def turn(self, route: str) -> AsyncIterator[None]:
        """Waits until a call of this route may be sent, and counts the one that is made inside.

        Raises:
            TryLater: the provider itself has asked to wait, and that time is not over.
        """
        self._heed(route)
        slots, loop = self._routes[route], asyncio.get_running_loop()
        self._on_their_way[route] += 1
        try:
            free_at = await slots.get()
            try:
                await asyncio.sleep(max(0.0, free_at - loop.time()))
                self._heed(route)
                free_at = float("inf")  # the call is on its way: its end sets the time
                yield
            finally:
                if free_at == float("inf"):
                    self._answered[route].append(loop.time())
                slots.put_nowait(min(free_at, loop.time() + self._per))
        finally:
            self._on_their_way[route] -= 1

    def pause(self, route: str, who: str) -> timedelta:
        """For how long somebody had better do something else before they call this route; zero: let them come.

        Whoever is sent away has a place in line: those who ask later are let in later. It is kept until they come back,
        and for `per` after their time.
        """
        now = asyncio.get_running_loop().time()
        line = self._lines[route]
        for late in [each for each, at in line.items() if at < now - self._per and each != who]:
            del line[late]
        turn = line.get(who)
        if turn is None:
            turn = line[who] = self._turn_of(len(line), route, now)
        if turn <= now:
            del line[who]
            return timedelta()
        return timedelta(seconds=turn - now)

    def _turn_of(self, place: int, route: str, now: float) -> float:
        """When there is a slot for whoever has so many before them in line, as far as one can see."""
        taken = [at + self._per for at in self._answered[route] if at > now - self._per]
        taken += [now + self._per] * self._on_their_way[route]
        free = max(0, self._limit - len(taken))
        slots = [now] * free + sorted(taken)[-self._limit :]
        windows, slot = divmod(place, self._limit)
        return max(slots[slot] + windows * self._per, self._held.get(route, 0.0))

    def spent(self, route: str) -> float:
        """Which part of the limit the calls of this route have used up lately, from 0 to 1."""
        since = asyncio.get_running_loop().time() - self._per
        return sum(at > since for at in self._answered[route]) / self._limit

    def hold(self, route: str, wait: timedelta) -> None:
        """The provider asked not to be called on this route for so long."""
        until = asyncio.get_running_loop().time() + wait.total_seconds()
        self._held[route] = max(until, self._held.get(route, until))

    def _heed(self, route: str) -> None:
        remaining = self._held.get(route, 0.0) - asyncio.get_running_loop().time()
        if remaining > 0:
            raise TryLater("ChatGPT has asked to slow down.", after=timedelta(seconds=remaining))


def _all_free(limit: int) -> asyncio.Queue[float]:
    slots: asyncio.Queue[float] = asyncio.Queue()
    for _ in range(limit):
        slots.put_nowait(0.0)
    return slots
