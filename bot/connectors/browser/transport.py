"""The `httpx` transport whose requests run inside a signed-in page, and the browsers of a process behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import httpx

from bot.connectors.browser.browser import Browser, same_origin
from bot.connectors.browser.fetch import fetch
from bot.connectors.browser.profile import Profile

#: What the page stands at: as small as an address that is always there can be, and without scripts that could leave it.
HOME: Final = "/api/auth/session"
#: Seconds: to start the browser and open the page, and for one answer.
TIMEOUT: Final = httpx.Timeout(15.0, connect=30.0)


class BrowserTransport(httpx.AsyncBaseTransport):
    """Sends each request as a `fetch()` inside a page at one origin, and only to that origin."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        """Starts nothing yet.

        Args:
            browser: shared by all transports of its profile, and closed with any of them.
            base_url: the connector's, without a slash at the end.
        """
        self._browser = browser
        self._home = base_url + HOME

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of one request.

        Raises:
            httpx.TransportError: there was none.
            TryLater, NoBrowser: there is no browser now, or none at all.
        """
        if not same_origin(str(request.url), self._home):
            raise httpx.UnsupportedProtocol("this browser is signed in elsewhere")
        timeouts = request.extensions.get("timeout") or TIMEOUT.as_dict()
        async with self._browser.page(self._home, within=timeouts["connect"] or 30.0) as page:
            return await fetch(page, request, within=timeouts["read"] or 30.0)

    async def aclose(self) -> None:
        """Ends the browser."""
        await self._browser.close()


class Browsers:
    """The browsers of this process, one for each application that has one."""

    def __init__(self, directory: Path, *, program: str | None = None, borrow: bool = False) -> None:
        """Starts nothing yet.

        Args:
            directory: where the profiles are, one sub-directory for each application.
            program: the Chromium to run; None finds the machine's.
            borrow: see `Browser`.
        """
        self._directory = directory
        self._program = program
        self._borrow = borrow
        self._browsers: dict[str, Browser] = {}

    def profile(self, application: str) -> Profile:
        """The profile of an application, by its key."""
        return Profile(self._directory / application)

    def client(self, application: str, base_url: str) -> httpx.AsyncClient:
        """An HTTP client whose calls run in the application's browser; it remembers no cookie, the browser does."""
        if application not in self._browsers:
            self._browsers[application] = Browser(self.profile(application), program=self._program, borrow=self._borrow)
        transport = BrowserTransport(self._browsers[application], base_url)
        return httpx.AsyncClient(transport=transport, follow_redirects=False, timeout=TIMEOUT)

    async def close(self) -> None:
        """Ends all of them."""
        for browser in self._browsers.values():
            await browser.close()
