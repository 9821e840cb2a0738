"""Many who look into one list at the same time share the reading of it.

Whoever is alone searches for their own address at once: that is the shortest way. When many look, searching for each is
what uses up a provider's limit, so those who come while others read wait for the end of that, and are then served
together by one reading of the whole list. Where calls have become scarce, the first of them waits a moment for others,
too. Nobody is ever served by a read that had begun before they asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Final, Generic, TypeVar

from bot.connectors.chatgpt.wire import same_address

#: searches that go side by side, for each page of the whole list. To wait for the end of another read takes as long as
#: one's own search, so it is only worth its while where calls are counted, or when a crowd comes.
FEW: Final = 8
#: and where calls are scarce
_ALONE: Final = 2
#: seconds for which others are waited for where calls are scarce
GATHER: Final = 1.0

Item = TypeVar("Item")


class SharedReads(Generic[Item]):
    """One list, for everybody who looks for one address in it."""

    def __init__(
        self,
        *,
        search: Callable[[str], Awaitable[list[Item]]],
        everything: Callable[[], Awaitable[list[Item]]],
        address: Callable[[Item], str | None],
        page: int,
        scarce: Callable[[], bool] = lambda: False,
        few: int = FEW,
    ) -> None:
        """Reads nothing yet.

        Args:
            search: the items with one address.
            everything: the whole list.
            address: of an item; None where it is hidden.
            page: how many items one call brings at most.
            scarce: whether so many calls were made lately that the rest had better be shared.
            few: how many searches go side by side for each page of the whole list, where calls are not scarce.
        """
        self._search = search
        self._everything = everything
        self._address = address
        self._page = page
        self._scarce = scarce
        self._few = few
        self._pages = 1  # of the whole list, when it was last read
        self._searching = 0
        self._waiting: list[asyncio.Future[list[Item] | None]] = []
        self._whole: asyncio.Task[None] | None = None
        self._gathering: asyncio.TimerHandle | None = None
        self._served: list[asyncio.Future[list[Item] | None]] = []  # by the whole list that is being read

    async def about(self, email: str) -> list[Item]:
        """The items with this address, by a read that begins after this call.

        Raises:
            ConnectorError: what went wrong; everybody who shared the read gets it.
        """
        if self._whole is not None or self._searching >= self._worth_sharing or self._scarce():
            listed = await self._share()
            if listed is not None:
                found = [item for item in listed if same_address(self._address(item), email)]
                if found or all(self._address(item) is not None for item in listed):
                    return found
                # "not there" would be a guess among hidden addresses: the search knows how to tell
        self._searching += 1
        try:
            return await self._search(email)
        finally:
            self._searching -= 1
            self._next()

    @property
    def _worth_sharing(self) -> int:
        """So many searches cost what the whole list costs: in calls, where those are counted; in time, where not.

        Searches go side by side, the pages of a list one after the other, and a full page is much to read.
        """
        return max(_ALONE, self._pages) if self._scarce() else self._few * self._pages

    async def _share(self) -> list[Item] | None:
        """The whole list, read for all who wait by then; None where each had better search for themselves."""
        waiter: asyncio.Future[list[Item] | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._next()
        try:
            return await waiter
        finally:
            if self._whole is not None and self._served and all(each.cancelled() for each in self._served):
                self._whole.cancel()  # nobody is left who wants it

    def _next(self) -> None:
        """When whatever was being read is read, it is the turn of those who have come meanwhile."""
        if self._searching or self._whole is not None or self._gathering is not None:
            return
        if self._waiting and self._scarce():
            self._gathering = asyncio.get_running_loop().call_later(GATHER, self._gathered)
        else:
            self._serve()

    def _gathered(self) -> None:
        self._gathering = None
        if not self._searching and self._whole is None:
            self._serve()

    def _serve(self) -> None:
        waiting = [each for each in self._waiting if not each.done()]
        self._waiting = []
        if len(waiting) > self._worth_sharing:
            self._served = waiting
            self._whole = asyncio.create_task(self._read_for(waiting))
            return
        for each in waiting:
            each.set_result(None)

    async def _read_for(self, waiting: list[asyncio.Future[list[Item] | None]]) -> None:
        try:
            listed = await self._everything()
        except Exception as error:
            for each in waiting:
                if not each.done():
                    each.set_exception(error)
        else:
            self._pages = ceil(len(listed) / self._page)
            for each in waiting:
                if not each.done():
                    each.set_result(listed)
        finally:
            self._whole, self._served = None, []
            self._next()
