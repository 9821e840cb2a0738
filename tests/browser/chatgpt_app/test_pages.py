"""Both pages of the component on their own: with a host that does nothing, and with one that sets no rules."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser

from bot.chatgpt_app.component.pages import CATALOG, REQUEST, Page
from tests.support.app_chat import hosting
from tests.support.clock import START
from tests.support.visitor import expect

PAGES = pytest.mark.parametrize("page", [CATALOG, REQUEST], ids=lambda page: page.name)
#: a host that shows a page and answers nothing; `say` is what it could say
SILENT = """html => {
  const frame = Object.assign(document.createElement("iframe"), { src: "/chat/static/app_frame.html", width: 600 });
  frame.setAttribute("sandbox", "allow-scripts");
  window.said = [];
  window.say = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  addEventListener("message", ({ data }) => {
    said.push(data.method ?? data);
    if (data.method === "ui/notifications/sandbox-proxy-ready")
      say({ method: "ui/notifications/sandbox-resource-ready", params: { html } });
  });
  document.body.append(frame);
}"""


@PAGES
async def test_a_host_that_says_nothing_leaves_nobody_waiting(browser: Browser, page: Page) -> None:
    """After a while there is a sentence; what comes later is shown all the same. Nothing moves for who wants it so."""
    async with hosting(None) as url:
        context = await browser.new_context(reduced_motion="reduce")
        window = await context.new_page()
        await window.clock.install(time=START)
        await window.goto(url)
        await window.evaluate(SILENT, page.html)
        frame = window.frame_locator("iframe")
        await expect(frame.locator(".ghost")).to_have_css("animation-name", "none")
        await expect(frame.get_by_role("main")).to_have_attribute("aria-busy", "true")
        await window.wait_for_function('window.said.includes("ui/initialize")')
        await window.clock.fast_forward("00:15")
        await expect(frame.get_by_role("alert")).to_contain_text("Nothing has come from Usher yet.")
        await window.evaluate(
            """() => {
              say({ id: 9, method: "ping" });
              say({ id: 10, method: "constructor" });
              say({ id: 99, result: {} });
              say({ method: "toString", params: {} });
              say({ method: "ui/notifications/tool-result", params: { content: [{ type: "text", text: "<b>Late" }] } });
            }"""
        )
        await expect(frame.get_by_role("alert")).to_have_text("<b>Late")
        assert await window.evaluate("said.filter((each) => each.id)") == [
            {"jsonrpc": "2.0", "id": 9, "result": {}},
            {"jsonrpc": "2.0", "id": 10, "error": {"code": -32601, "message": "Method not found"}},
        ]
        await context.close()


@PAGES
async def test_a_page_brings_its_own_rules(browser: Browser, page: Page) -> None:
    """Where a host sets none, nothing runs but the page's own script, nothing is loaded, and no form is sent."""
    context = await browser.new_context()
    window = await context.new_page()
    refused: list[str] = []
    window.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    await window.set_content(page.html)
    assert refused == []
    added = '<img src="http://127.0.0.1:9/x.png" onerror="document.title = 1"><p style="color: red"></p>'
    await window.evaluate(
        """async (added) => {
          document.body.append(Object.assign(document.createElement("script"), { textContent: "document.title = 2" }));
          document.body.append(Object.assign(document.createElement("style"), { textContent: "p { color: red }" }));
          document.body.insertAdjacentHTML("beforeend", added);
          await fetch("http://127.0.0.1:9/").catch(() => {});
        }""",
        added,
    )
    assert await window.title() == page.title
    assert await window.evaluate('getComputedStyle(document.querySelector("p[style]")).color') != "rgb(255, 0, 0)"
    broken = " ".join(refused)
    assert all(rule in broken for rule in ("script-src", "style-src", "default-src")), json.dumps(refused)
    await context.close()
