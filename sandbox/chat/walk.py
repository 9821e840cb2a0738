"""Somebody's way through Connect without a browser: pages are opened, and the buttons of their forms are pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

import httpx2

from sandbox import company
from sandbox.chat.connection import TIMEOUT

#: what the pages on the way call their buttons: that of the app, and that of Slack
AGREE: Final = "Continue with Slack"
ALLOW: Final = "Allow"


class LostTheWay(Exception):
    """A page has no such button, or does not open. The message says which."""


@dataclass(slots=True)
class _Form(HTMLParser):
    """The form of a page: where it is sent, what it holds as it comes, and its buttons by their words."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    _button: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self._button = (given.get("name", ""), given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.buttons[data.strip()] = self._button
            self._button = None


class Walker:
    """Somebody at a window with cookies of its own."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.url = httpx2.URL("")
        self.text = ""

    async def connect(self, sandbox_url: str, person: company.Person) -> None:
        """The whole way, from Connect in the person's chat back to it. Raises LostTheWay."""
        asked = await self._http.post(f"{sandbox_url}/chat/page/connect", json={"as": person.id})
        url = asked.json().get("url")
        if url is None:
            raise LostTheWay(f"{person.name} cannot connect the app")
        await self.open(url)
        await self.press(AGREE)
        await self.press(ALLOW, user=person.id)

    async def open(self, url: str) -> None:
        """Go to an address. Raises LostTheWay."""
        self._arrive(await self._http.get(url))

    async def press(self, button: str, **filled: str) -> None:
        """Press a button of the page, with these fields filled in or chosen. Raises LostTheWay."""
        form = _Form()
        form.feed(self.text)
        if button not in form.buttons:
            raise LostTheWay(f"{self.url.copy_with(query=None)} has no button {button}")
        name, value = form.buttons[button]
        action = self.url.join(form.action) if form.action else self.url
        self._arrive(await self._http.post(action, data={**form.fields, **filled, name: value}))

    def _arrive(self, page: httpx2.Response) -> None:
        self.url, self.text = page.url, page.text
        if page.status_code != httpx2.codes.OK:
            raise LostTheWay(f"{page.url.copy_with(query=None)} answers with {page.status_code}")


@asynccontextmanager
async def walking() -> AsyncIterator[Walker]:
    """Somebody with a new window."""
    async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=True) as http:
        yield Walker(http)
