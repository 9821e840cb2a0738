"""The pages that people see when they connect ChatGPT: consent, and what went wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from starlette.responses import HTMLResponse, Response

from sandbox import company
from sandbox.server import Sandbox
from storage.database import Database
from tests.browser.conftest import DESKTOP, FAINT_TEXTS, PHONE, window
from tests.support.authorization import Connect, connecting, know, website
from tests.support.clock import MovableClock


@pytest_asyncio.fixture(loop_scope="session")
async def connect(sandbox: Sandbox, sqlite_url: str) -> AsyncIterator[Connect]:
    """Everybody who takes part when somebody connects."""
    database = await Database.open(sqlite_url, clock=MovableClock(datetime.now(UTC)))
    await know(database)
    async with website() as site, connecting(database, sandbox, site) as connect:
        site.document()
        site.documents["/favicon.ico"] = lambda: Response(status_code=204)
        site.documents["/return"] = lambda: HTMLResponse("<title>Back</title><h1>Back in the program</h1>")
        yield connect
    await database.close()


def said_to_the_program(page: Page) -> dict[str, list[str]]:
    """What the address at which the person came back tells the program."""
    return parse_qs(urlsplit(page.url).query)


async def test_a_person_connects_with_the_keyboard_alone(browser: Browser, connect: Connect) -> None:
    """The page names the program and its host; Tab and Enter lead through consent and Slack to the program."""
    async with window(browser) as page:
        await page.goto(f"{connect.config.public_url}{connect.asking()}")
        await expect(page.get_by_role("heading", name="Connect ChatGPT to Usher?")).to_be_visible()
        await expect(page.get_by_text(urlsplit(connect.site.origin).netloc)).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Continue with Slack")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Allow")).to_be_visible()
        await page.get_by_label(company.LENA.name).focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Back in the program")).to_be_visible()
        told = said_to_the_program(page)
        assert told["iss"] == [connect.config.issuer]
        tokens = (await connect.exchange(told["code"][0])).json()
        holder = await connect.holder(tokens["access_token"])
        assert holder is not None
        assert holder.person_id == company.LENA.id


async def test_who_cancels_is_sent_back_with_a_sentence(browser: Browser, connect: Connect) -> None:
    """Cancel connects nothing, and the program can say so."""
    async with window(browser) as page:
        await page.goto(f"{connect.config.public_url}{connect.asking()}")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("heading", name="Back in the program")).to_be_visible()
        told = said_to_the_program(page)
        assert told["error"] == ["access_denied"]
        assert told["error_description"] == ["You cancelled. Nothing was connected."]


async def test_the_address_of_a_consent_page_is_worth_nothing_elsewhere(browser: Browser, connect: Connect) -> None:
    """A page that was opened in one browser cannot be agreed to in another, which is told what to do."""
    async with window(browser) as page, window(browser) as other:
        await page.goto(f"{connect.config.public_url}{connect.asking()}")
        await expect(page.get_by_role("button", name="Continue with Slack")).to_be_visible()
        shown = await other.request.get(page.url)
        assert shown.status == 400
        assert "This sign-in is over" in await shown.text()


async def test_a_program_that_usher_does_not_know_gets_nobody(browser: Browser, connect: Connect) -> None:
    """The person is not sent on, reads that nothing was connected, and what to do."""
    async with window(browser) as page:
        asking = connect.asking(redirect_uri="https://evil.example/return")
        answer = await page.request.get(f"{connect.config.public_url}{asking}")
        await page.set_content(await answer.text())
        await expect(page.get_by_role("heading", name="This program cannot be connected")).to_be_visible()
        await expect(page.get_by_text("press Connect there again")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_can_be_read_everywhere(browser: Browser, connect: Connect, scheme: str) -> None:
    """Contrast of 4.5 to 1 in both colour schemes; a phone does not scroll sideways; nothing comes from elsewhere."""
    async with window(browser, viewport=PHONE, color_scheme=scheme) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{connect.config.public_url}{connect.asking()}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await page.evaluate(FAINT_TEXTS) == []
        root = "document.documentElement"
        assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        assert await page.evaluate("document.scripts.length") == 0
        assert [url for url in asked if not url.startswith(connect.config.public_url)] == []


async def test_the_page_cannot_be_framed(browser: Browser, connect: Connect) -> None:
    """Another site cannot lay the consent page under its own, where a click would agree to it."""
    asking = f"{connect.config.public_url}{connect.asking()}"
    connect.site.documents["/trap"] = lambda: HTMLResponse(f'<h1>Win a prize</h1><iframe src="{asking}"></iframe>')
    context = await browser.new_context(viewport=DESKTOP)
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    await page.goto(f"{connect.site.origin}/trap")
    await expect(page.get_by_role("heading", name="Win a prize")).to_be_visible()
    frame = page.frames[-1]
    assert await frame.get_by_role("button", name="Continue with Slack").count() == 0
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in refused), refused
    await context.close()
