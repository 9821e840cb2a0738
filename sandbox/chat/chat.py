"""The chat of the simulated ChatGPT: a window for each person, and their way to Connect and back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

import httpx2

from sandbox import company
from sandbox.chat import oauth
from sandbox.chat.client import Host
from sandbox.chat.connection import TIMEOUT, Connection
from sandbox.chat.oauth import Failed, NotConnected
from sandbox.chat.window import Window

#: seconds that somebody may take from Connect to the way back
_PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnTheWay:
    """Somebody has pressed Connect in their window, in this browser."""

    window: Window
    browser: str
    pending: oauth.Pending
    mcp_url: str
    since: float  # time.monotonic()


class Foreign(Exception):
    """Somebody comes back who was not sent from here, or from another browser. The message is a sentence for them."""

    def __init__(self) -> None:
        super().__init__("This way back was not begun in this browser, or is over: nothing was connected.")


class Chat:
    """The chat at this origin.

    `mcp_url` is the app that people can connect, the address of its MCP server; None while there is none.
    """

    def __init__(self, origin: str, *, mcp_url: str | None = None) -> None:
        self.host = Host(origin=origin)
        self.mcp_url = mcp_url
        self._http = httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._windows = {person.id: Window(person) for person in company.PEOPLE}
        self._on_the_way: dict[str, _OnTheWay] = {}  # by state

    async def close(self) -> None:
        """End the calls to the app."""
        await self._http.aclose()

    def window(self, who: str) -> Window:
        """Somebody's window, by their Slack user id or first name. Raises LookupError."""
        for window in self._windows.values():
            if who in {window.person.id, window.person.first_name.lower()}:
                return window
        nobody = f"Nobody called “{who}” works at {company.COMPANY_NAME}." if who else "The address names nobody."
        raise LookupError(nobody)

    async def begin(self, window: Window, *, browser: str) -> str:
        """Somebody presses Connect: the address at which they agree.

        `browser` is what only their browser knows; they have to come back with it. Raises Failed.
        """
        if self.mcp_url is None:
            raise Failed("There is no app to connect here.")
        pending = await oauth.begin(self._http, self.mcp_url, self.host)
        now = time.monotonic()
        going = _OnTheWay(window=window, browser=browser, pending=pending, mcp_url=self.mcp_url, since=now)
        still = {state: each for state, each in self._on_the_way.items() if now - each.since < _PATIENCE}
        self._on_the_way = {**still, pending.state: going}
        return pending.url

    async def come_back(self, answer: Mapping[str, str], *, browser: str) -> Window:
        """Somebody is back from the app, with its answer: the window from which they went.

        What came of it is told there. Raises Foreign, and then nothing was changed.
        """
        state = answer.get("state", "")
        found = self._on_the_way.get(state)
        if found is None or time.monotonic() - found.since > _PATIENCE:
            raise Foreign
        if not compare_digest(found.browser.encode(), browser.encode()):
            raise Foreign
        del self._on_the_way[state]
        try:
            tokens = await oauth.finish(self._http, found.pending, answer)
            await found.window.connect(Connection(self._http, found.mcp_url, found.pending.server, tokens))
        except (NotConnected, Failed) as error:
            found.window.tell(str(error), connect=True)
        return found.window
