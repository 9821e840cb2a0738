"""The sandbox, a small Slack app on it, and a browser that looks at the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.server import Sandbox
from sandbox.slack.faults import RateLimit
from tests.browser import toy_app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 30_000  # milliseconds; the machine may be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, and so one browser: starting one takes seconds."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start() as sandbox:
        sandbox.slack.rate_limit = RateLimit(per_second=1000, burst=1000)
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """The Web API, with the bot's token."""
    return AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])


@pytest_asyncio.fixture(loop_scope="session")
async def toy(sandbox: Sandbox, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    """The app of `toy_app.py`, connected by Socket Mode."""
    app = AsyncApp(client=client, signing_secret=company.SLACK_APP.signing_secret)
    toy_app.add_listeners(app)
    handler = AsyncSocketModeHandler(app, company.SLACK_APP.app_token, web_client=client)
    await handler.connect_async()
    await sandbox.slack.until(lambda: sandbox.slack.socket.is_open)
    yield app
    await handler.close_async()
    await handler.client.aiohttp_client_session.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        absent = "Chromium is not installed"
        if os.environ.get("USHER_REQUIRE_ALL_PARTS") == "1":
            pytest.fail(absent)
        pytest.skip(absent)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """A browser window with cookies of its own. What it logs as an error is raised when the block ends."""
    context = await browser.new_context(
        **{"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    await context.close()
    assert complaints == []


@asynccontextmanager
async def opened(browser: Browser, url: str, **options: Any) -> AsyncIterator[Page]:
    """A window at the sandbox's page."""
    async with window(browser, **options) as page:
        await page.goto(url)
        await page.get_by_text("ChatGPT seats").wait_for(state="attached")
        await page.get_by_role("log").wait_for()
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The sandbox's page, open at Lena. Whatever it complains of fails the test."""
    async with opened(browser, sandbox.url, viewport=DESKTOP) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The same page on a phone."""
    async with opened(browser, sandbox.url, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        yield page


#: the texts whose contrast to what lies behind them is below 4.5, as [text, ratio].
FAINT_TEXTS = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const over = (layers) => {
    context.clearRect(0, 0, 1, 1);
    for (const layer of layers) { context.fillStyle = layer; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    const hidden = !node.checkVisibility({ visibilityProperty: true });
    if (!text || hidden || node.closest('.sr-only, .skip-link, :disabled')) continue;
    const layers = [];
    for (let each = node; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
    const behind = over(['white', ...layers]);
    const ink = over(['white', ...layers, getComputedStyle(node).color]);
    const [dark, bright] = [luminance(behind), luminance(ink)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) faint.push([text.slice(0, 40), Math.round(ratio * 100) / 100]);
  }
  return faint;
}"""
