"""The sandbox's half of MCP Apps: what a component that means ill can do in the frame, and what it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.app_chat import hosting
from tests.support.visitor import expect

#: says on itself what it hears and what it tries
PROBE = """<!doctype html><html><head><title>Probe</title></head><body><script>
  const say = (words) => document.body.append(Object.assign(document.createElement("p"), { textContent: words }));
  const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  addEventListener("message", ({ data }) => {
    say(data.method ?? `${data.id} ${data.error?.code ?? JSON.stringify(data.result)}`);
    if (data.method === "ui/resource-teardown") post({ id: data.id, result: {} });
  });
  const attempt = async (name, does) => {
    try { await does(); say(`could ${name}`); } catch { say(`could not ${name}`); }
  };
  const ask = (id, method, params) => post({ id, method, params });
SCRIPT</script></body></html>"""


@pytest_asyncio.fixture(loop_scope="session")
async def host(browser: Browser) -> AsyncIterator[Page]:
    """The page of a chat, without an app behind it."""
    async with hosting(None) as url:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_function("window.chat !== undefined")
        yield page
        await context.close()


async def show(host: Page, script: str, **options: Any) -> Any:
    """A frame with this script in it."""
    shown = {
        "page": {"html": PROBE.replace("SCRIPT", script), "meta": {}},
        "input": {"query": "x"},
        "result": {"content": []},
        "context": {"theme": "dark", "locale": "de-DE"},
        **options,
    }
    await host.evaluate("shown => { window.chat.show(shown); }", shown)
    return host.frame_locator("iframe").locator("body")


async def test_a_page_reaches_nothing_but_the_chat(host: Page) -> None:
    """No network, no storage, no document of the chat's; not even where the page brings no rules of its own."""
    answered: list[str] = []
    host.on("response", lambda response: answered.append(response.url))
    body = await show(
        host,
        """
        attempt("fetch", () => fetch("/call", { method: "POST", mode: "no-cors" }));
        attempt("load", () => new Promise((resolve, reject) => {
          Object.assign(new Image(), { onload: resolve, onerror: reject, src: "/icon.svg" });
        }));
        attempt("store", () => localStorage.length);
        attempt("look out", () => parent.document.title);
        attempt("open", () => window.open("/").closed);
        attempt("evaluate", () => new Function("")());
        say("origin " + origin);
        """,
    )
    for name in ("fetch", "load", "store", "look out", "open", "evaluate"):
        await expect(body.get_by_text(f"could not {name}", exact=True)).to_be_visible()
    await expect(body.get_by_text("origin null")).to_be_visible()
    assert [url.rsplit("/", 1)[1] for url in answered] == ["app_frame.html"]


async def test_a_page_cannot_leave_and_take_along_what_it_knows(host: Page) -> None:
    """The chat's own rules keep the frame from any other origin."""
    answered: list[str] = []
    host.on("response", lambda response: answered.append(response.url))
    elsewhere = host.url.replace("127.0.0.1", "localhost")
    async with host.expect_console_message(lambda message: "Content Security Policy" in message.text):
        await show(host, f'location = "{elsewhere}?secret";')
    assert not [url for url in answered if url.startswith(elsewhere)]


async def test_nothing_is_said_before_the_page_is_ready(host: Page) -> None:
    """The specification's order: initialized, then the arguments, then the result."""
    body = await show(
        host, 'ask(1, "ui/initialize", {}); setTimeout(() => post({ method: "ui/notifications/initialized" }));'
    )
    await expect(body.locator("p").nth(2)).to_be_visible()
    first, *then = await body.locator("p").all_inner_texts()
    assert '"theme":"dark","locale":"de-DE"' in first
    assert then == ["ui/notifications/tool-input", "ui/notifications/tool-result"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("ui/open-link", '{ url: "javascript:alert(1)" }', -32602),
        ("ui/open-link", '{ url: "/call" }', -32602),
        ("ui/open-link", "null", -32602),
        ("ui/message", '{ content: { type: "image" } }', -32602),
        ("tools/call", "{ name: 7 }", -32602),
        ("ui/update-model-context", "{}", -32601),
        ("sampling/createMessage", "{}", -32601),
        ("constructor", "{}", -32601),
    ],
)
async def test_what_will_not_do_is_refused(host: Page, method: str, params: str, code: int) -> None:
    """Addresses that are none, calls without a name, what this host has not; and nothing comes of it."""
    body = await show(host, f'ask(1, "{method}", {params});', without=["updateModelContext"])
    await expect(body.get_by_text(f"1 {code}", exact=True)).to_be_visible()
    assert not any((await host.evaluate("window.chat.heard")).values())


async def test_a_frame_ends_when_its_page_has_put_its_things_away(host: Page) -> None:
    """It is as high as the page says, within reason, and gone afterwards."""
    body = await show(
        host,
        """post({ method: "ui/notifications/initialized" });
        for (const height of [300, "x", NaN, 1e9])
          post({ method: "ui/notifications/size-changed", params: { height } });
        """,
    )
    await expect(body.get_by_text("ui/notifications/tool-result")).to_be_visible()
    box = await host.locator("iframe").bounding_box()
    assert box is not None
    assert box["height"] == 4000
    await host.evaluate("window.chat.end()")
    await expect(host.locator("iframe")).to_have_count(0)
