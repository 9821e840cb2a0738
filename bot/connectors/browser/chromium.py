"""Starting Chromium on a profile, through Playwright, which is only there for those who use it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from bot.connectors.browser.profile import Profile
from bot.connectors.contract import NoBrowser

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
#: milliseconds that a start may take on a busy machine
_START: Final = 60_000
#: seconds that it may take to write down what it has to keep
_CLOSE: Final = 20


@asynccontextmanager
async def chromium(
    profile: Profile, *, program: str | None, headless: bool = True, debug_port: int | None = None
) -> AsyncIterator[BrowserContext]:
    """Chromium on a profile that is held, until the block ends; then what it has to keep is on the disk.

    Args:
        profile: taken or borrowed.
        program: the Chromium to run, a path or a name on PATH; None finds the machine's, or Playwright's own.
        headless: without a window.
        debug_port: where DevTools on this machine may look into the browser; 0 takes a free port.

    Raises:
        NoBrowser: there is no Playwright or no Chromium, or it does not start; says what to do.
    """
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise NoBrowser(
            "This application is reached through a browser, and the part of Usher that drives it is not installed.",
            need="Playwright",
            remedy="Install it: pip install 'usher[browser]'. Then start Usher again.",
        ) from None
    found = next(filter(None, map(shutil.which, [program] if program else _PROGRAMS)), None)
    if program and not found:
        raise NoBrowser(
            f"There is no {program} to run.",
            need="Chromium",
            remedy="Correct USHER_BROWSER_PROGRAM, or leave it empty.",
        )
    async with async_playwright() as playwright:
        try:
            context = await playwright.chromium.launch_persistent_context(
                profile.data,
                executable_path=found,
                headless=headless,
                args=[] if debug_port is None else [f"--remote-debugging-port={debug_port}"],
                chromium_sandbox=os.geteuid() != 0,  # Chromium's own does not work for root
                # Ctrl+C and SIGTERM are ours to handle: the browser is closed after what runs in it is done.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                no_viewport=True,
                accept_downloads=False,
                timeout=_START,
            )
        except Error as error:
            raise NoBrowser(
                f"Chromium does not start: {_first_line(error)}",
                need="Chromium",
                remedy="Install it (on Debian: apt install chromium), or say where it is: USHER_BROWSER_PROGRAM.",
            ) from None
        try:
            yield context
        finally:
            # it may be gone already, or stuck: Playwright then ends it by force as it stops itself
            with suppress(Error, TimeoutError):
                async with asyncio.timeout(_CLOSE):
                    await context.close()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].removeprefix("BrowserType.launch_persistent_context: ")
