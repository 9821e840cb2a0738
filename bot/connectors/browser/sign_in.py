"""A person signs in, once, in the browser that Usher uses from then on."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import httpx

from bot.connectors.browser.browser import same_origin
from bot.connectors.browser.chromium import chromium
from bot.connectors.browser.fetch import fetch
from bot.connectors.browser.profile import Profile
from bot.connectors.browser.transport import HOME
from bot.connectors.contract import NotPermitted, SignInAgain, TryLater

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

#: seconds between two looks at who is signed in, and for one look
_LOOK: Final = 1.5
_ANSWER: Final = 10.0


async def sign_in(
    profile: Profile,
    base_url: str,
    email: str,
    *,
    program: str | None,
    debug_port: int | None,
    say: Callable[[str], None],
) -> None:
    """Opens the browser at the application and waits until somebody is signed in there with this address.

    Args:
        profile: borrowed from a running Usher, and given back at the end.
        base_url: the connector's.
        email: the integration account's.
        program: see `chromium`.
        debug_port: without a window; DevTools at this port of this machine are the window.
        say: tells the person what to do.

    Raises:
        SignInAgain: the window was closed before that.
        TryLater, NotPermitted: the browser or the application could not be opened.
    """
    if debug_port is None and not _has_screen():
        raise NotPermitted(
            "This machine has no screen to open a browser on.",
            need="a screen",
            remedy="Add --debug-port 9222 to reach it by the developer tools of a browser elsewhere; "
            "docs/connect-chatgpt.md says how.",
        )
    try:
        await profile.borrow()
        async with chromium(
            profile, program=program, headless=debug_port is not None, debug_port=debug_port
        ) as context:
            from playwright.async_api import Error  # it is there: the browser runs

            closed = asyncio.Event()
            context.on("close", lambda _: closed.set())
            page = context.pages[0] if context.pages else await context.new_page()
            page.on("close", lambda _: closed.set())
            try:
                await page.goto(f"{base_url}/")
            except Error as error:
                reason = str(error).partition("\n")[0].removeprefix("Page.goto: ")
                raise TryLater(
                    f"{base_url} could not be opened: {reason}.",
                    remedy="Check the network, and base_url in the catalogue; then run this again.",
                ) from None
            if debug_port is not None:
                say(f"The browser has no window; its DevTools, on this machine: {_devtools(profile, debug_port)}")
            say(f"Sign in as {email} in the browser at {base_url}, and pass its check if it asks for one.")
            say("This ends by itself when you are signed in. Ctrl+C gives up.")
            await _until_signed_in(context, base_url, email, closed=closed, say=say)
    finally:
        profile.give_back()


async def _until_signed_in(
    context: BrowserContext, base_url: str, email: str, *, closed: asyncio.Event, say: Callable[[str], None]
) -> None:
    told = None
    while True:
        found = await _who(context, base_url)
        if found is not None and found.casefold() == email.casefold():
            return
        if found is not None and found != told:
            say(f"That is {found}. Sign out there, and sign in as {email}.")
            told = found
        try:
            await asyncio.wait_for(closed.wait(), _LOOK)
        except TimeoutError:
            continue
        raise SignInAgain(f"The browser was closed before anybody was signed in as {email}.", remedy="Run this again.")


async def _who(context: BrowserContext, base_url: str) -> str | None:
    """The address of whoever is signed in. Asks from a page that the person has at the application, if there is one."""
    for page in context.pages:
        if same_origin(page.url, base_url):
            try:
                answer = await fetch(page, httpx.Request("GET", base_url + HOME), within=_ANSWER)
                session: Any = answer.json()
            except (httpx.TransportError, ValueError):  # on its way to another page, or a check stands in the way
                return None
            user = session.get("user") if isinstance(session, dict) and session.get("accessToken") else None
            found = user.get("email") if isinstance(user, dict) else None
            return found if isinstance(found, str) else None
    return None


def _has_screen() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _devtools(profile: Profile, debug_port: int) -> str:
    if not debug_port:  # Chromium writes down which one it took
        debug_port = int((profile.data / "DevToolsActivePort").read_text().split()[0])
    return f"http://127.0.0.1:{debug_port}"
