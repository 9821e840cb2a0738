"""The signed-in browser of one application: started when it is first needed, and again when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import httpx

from bot.connectors.browser.chromium import chromium
from bot.connectors.browser.profile import LOOK, Profile

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

#: seconds that a browser may take to end
_END: Final = 20.0


def same_origin(one: str, other: str) -> bool:
    """Do two addresses have scheme, host and port in common?"""
    first, second = httpx.URL(one), httpx.URL(other)
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


class Browser:
    """One Chromium with one page in it, which all calls share."""

    def __init__(self, profile: Profile, *, program: str | None = None, borrow: bool = False) -> None:
        """Starts nothing yet.

        Args:
            profile: where the sign-in is.
            program: see `chromium`.
            borrow: whether to ask another process for the profile, for the few calls of a check.
        """
        self._profile = profile
        self._program = program
        self._borrow = borrow
        self._changing = asyncio.Lock()  # it is being started or ended
        self._running = AsyncExitStack()
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._address = ""
        self._opening: asyncio.Task[None] | None = None
        self._giving_way: asyncio.Task[None] | None = None
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @asynccontextmanager
    async def page(self, address: str, *, within: float) -> AsyncIterator[Page]:
        """A page that stands at this address, for the length of the block.

        Raises:
            httpx.ConnectTimeout: not within this many seconds; it goes on opening for whoever asks next.
            httpx.ConnectError: nothing usable is at the address.
            TryLater, NoBrowser: there is no browser now, or none at all.
        """
        page = await self._opened(address, within)
        self._users += 1
        self._unused.clear()
        try:
            yield page
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def close(self) -> None:
        """Ends the browser once nobody uses it, and lets others have the profile."""
        await self._unused.wait()
        for task in (self._opening, self._giving_way):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        await self._end()

    # -- opening -------------------------------------------------------------------------------------------------------
    async def _opened(self, address: str, within: float) -> Page:
        self._profile.demand_turn()
        try:
            async with asyncio.timeout(within):
                while self._page is None or self._page.is_closed() or self._address != address:
                    if self._opening is None:
                        # Shared, and it outlives a caller who is cancelled: a start takes seconds.
                        self._opening = asyncio.create_task(self._open(address))
                        self._opening.add_done_callback(self._opening_is_over)
                    await asyncio.shield(self._opening)
                return self._page
        except TimeoutError:
            raise httpx.ConnectTimeout("the browser is still opening the page") from None

    def _opening_is_over(self, opening: asyncio.Task[None]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # seen, even where every caller has gone

    async def _open(self, address: str) -> None:
        async with self._changing:
            context = self._context or await self._start()
            from playwright.async_api import Error  # it is there: the browser runs

            try:
                page = await context.new_page()
                page.on("crash", self._lose)
                for other in context.pages:
                    if other is not page:
                        await other.close()
                await page.goto(address)
            except Error as error:
                raise httpx.ConnectError(f"the browser could not open the page: {error}") from None
            if not same_origin(page.url, address):
                raise httpx.ConnectError("the browser was sent elsewhere")
            self._page, self._address = page, address

    async def _start(self) -> BrowserContext:
        await self._stop()  # what is left of one that is gone
        try:
            if self._borrow:
                await self._profile.borrow()
            else:
                self._profile.take()
            context = await self._running.enter_async_context(chromium(self._profile, program=self._program))
        except BaseException:
            self._profile.give_back()
            raise
        context.on("close", self._lose_everything)
        self._context = context
        self._giving_way = asyncio.create_task(self._give_way())
        return context

    def _lose(self, _: Page) -> None:
        self._page = None

    def _lose_everything(self, context: BrowserContext) -> None:
        if self._context is context:
            self._context = self._page = None

    # -- ending --------------------------------------------------------------------------------------------------------
    async def _give_way(self) -> None:
        """Ends the browser when somebody wants the profile: no new call begins meanwhile, those that run may finish."""
        while not self._profile.is_wanted():  # noqa: ASYNC110 - it is another process that wants it
            await asyncio.sleep(LOOK)
        await self._unused.wait()
        await self._end()

    async def _end(self) -> None:
        async with self._changing:
            await self._stop()

    async def _stop(self) -> None:
        self._context = self._page = None
        if self._giving_way is not None and self._giving_way is not asyncio.current_task():
            self._giving_way.cancel()
        with suppress(Exception):  # one that is gone complains, one that hangs must not hold up the end
            async with asyncio.timeout(_END):
                await self._running.aclose()
        self._profile.give_back()
