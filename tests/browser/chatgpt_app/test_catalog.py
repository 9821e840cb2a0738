"""The catalogue inside ChatGPT: cards, and the form in each."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, FrameLocator, Locator

from storage.tables import AccessRequest
from tests.browser.chatgpt_app.conftest import offer
from tests.browser.conftest import FAINT_TEXTS
from tests.integration.chatgpt_app.conftest import CATALOG
from tests.support.app_chat import NARROW, Chat, chatting
from tests.support.mcp_app import Served, text_of
from tests.support.visitor import expect

HOSTILE = '<img src=x onerror="document.title=1">\u202e&lt;b&gt;'
MANY = "".join(
    f"\n  - {{key: app{number}, name: App {number}, tags: [t{number % 2}], connector: {{type: manual}}}}"
    for number in range(30)
)


def card(frame: FrameLocator, name: str) -> Locator:
    """The card of an application."""
    return frame.get_by_role("listitem").filter(has=frame.get_by_role("heading", name=name, level=2))


async def requests(app: Served) -> list[AccessRequest]:
    async with app.database.read() as session:
        return list(await session.scalars(sa.select(AccessRequest)))


async def settled(chat: Chat) -> list[Any]:
    """What the component told the model, once it did."""
    await chat.page.wait_for_function("window.chat.heard.contexts.length")
    return (await chat.heard())["contexts"]


async def test_a_card_leads_to_a_request(browser: Browser, app: Served) -> None:
    """What is chosen is asked for under the same policy; the card says what comes next, and the model hears of it."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps")
        chatgpt = card(frame, "ChatGPT")
        await expect(chatgpt).to_contain_text("Chat, data analysis, and the Codex agent that writes code")
        await expect(chatgpt).to_contain_text("Noor Haddad answers for it")
        await chatgpt.get_by_role("button", name="Request").click()
        await chatgpt.get_by_label("Seat").select_option("Codex seat")
        await chatgpt.get_by_label("For how long").select_option("no end date")
        await chatgpt.get_by_role("button", name="Send request").click()
        await expect(chatgpt.get_by_text("Say in a few words what it is for.")).to_be_visible()
        assert (await chat.heard())["calls"] == []
        await chatgpt.get_by_label("What do you need it for?").fill("  trying the agent ")
        await chatgpt.get_by_role("button", name="Send request").click()
        await expect(chatgpt.get_by_role("heading", name="You asked for it")).to_be_focused()
        await expect(chatgpt).to_contain_text("Waiting for approval")
        await expect(chatgpt).to_contain_text("Maya Lindqvist (your manager) was asked 7 Jan 2030, 10:00.")
        [request] = await requests(app)
        assert (request.role, request.seat_type, request.duration_seconds) == ("member", "codex", None)
        assert (request.requester_id, request.channel) == ("ULENA", "chatgpt")
        assert request.reason == "trying the agent"
        [update] = await settled(chat)
        assert update["content"][0]["text"] == (
            "In the catalogue the user asked for ChatGPT (Member · Codex seat · no end date). "
            f"It stands at: Waiting for approval. request_id: {request.id}"
        )
        assert (await chat.heard())["messages"] == []


async def test_the_keyboard_is_enough(browser: Browser, app: Served) -> None:
    """Tab and Enter lead through the form; Escape closes it, and one is where one was."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps", query="design")
        ask = frame.get_by_role("button", name="Request Figma")
        await expect(ask).to_be_visible()
        press = chat.page.keyboard.press
        await press("Tab")
        await expect(ask).to_be_focused()
        await press("Enter")
        await expect(frame.get_by_role("group", name="Request Figma")).to_be_visible()
        await expect(frame.get_by_label("For how long")).to_be_focused()
        await press("Escape")
        await expect(ask).to_be_focused()
        await press("Enter")
        await press("ArrowDown")
        await press("Tab")
        await chat.page.keyboard.type("drawing")
        await press("Tab")
        await press("Enter")
        await expect(frame.get_by_role("heading", name="You asked for it")).to_be_focused()
        [request] = await requests(app)
        assert (request.application, request.duration_seconds, request.reason) == ("figma", None, "drawing")


async def test_a_refusal_is_the_tools_own_sentence(browser: Browser, app: Served) -> None:
    """What was written stays there. Asking again for the same is no second request, and says so."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps", tag="design")
        await frame.get_by_role("button", name="Request Figma").click()
        await frame.get_by_role("textbox").fill("to draw")
        await app.call("ULENA", "request_access", app="figma", reason="first")
        await frame.get_by_role("button", name="Send request").click()
        await expect(frame.get_by_role("heading", name="There is nothing new to ask for")).to_be_focused()
        await chat.page.evaluate("window.chat.end()")
        frame = await chat.ask("list_apps", query="reading")
        await frame.get_by_role("button", name="Request Handbook").click()
        await frame.get_by_role("textbox").fill("to read")
        await offer(app.database, CATALOG.replace("key: handbook, name: Handbook", "key: guide, name: Guide"))
        await frame.get_by_role("button", name="Send request").click()
        refused = text_of(await app.call("ULENA", "request_access", app="handbook", reason="to read"))
        await expect(frame.get_by_role("alert")).to_have_text(refused)
        await expect(frame.get_by_role("textbox")).to_have_value("to read")
        assert [request.application for request in await requests(app)] == ["figma"]


async def test_text_from_people_is_never_markup(browser: Browser, app: Served) -> None:
    """Whoever writes the catalogue or a reason cannot make the page do anything, nor turn what stands around it."""
    described = CATALOG.replace("How we work here", json.dumps(HOSTILE)).replace("name: Figma", f"name: '{HOSTILE}'")
    await offer(app.database, described.replace("[reading]", json.dumps([HOSTILE])))
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps")
        await expect(frame.get_by_role("listitem").get_by_text(HOSTILE, exact=True)).to_have_count(3)
        await expect(frame.get_by_role("heading", name=HOSTILE)).to_be_visible()
        await frame.get_by_role("button", name="Request <img").click()
        await frame.get_by_role("textbox").fill(HOSTILE)
        await frame.get_by_role("button", name="Send request").click()
        await expect(frame.get_by_role("heading", name="You asked for it")).to_be_visible()
        [request] = await requests(app)
        assert request.reason == HOSTILE
        await expect(frame.locator("img, b")).to_have_count(0)
        assert await chat.page.frames[1].title() == "Applications"
        await chat.page.evaluate("window.chat.end()")
        frame = await chat.ask("list_apps", query="<i>payroll")
        await expect(frame.get_by_role("heading", name="No application fits “<i>payroll”")).to_be_visible()
        await expect(frame.get_by_role("button", name=HOSTILE)).to_be_visible()


async def test_whoever_finds_nothing_is_helped_on(browser: Browser, app: Served) -> None:
    """With the subjects that there are, a search where more fit than come at once, a word where there is nothing."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps", query="payroll")
        await expect(frame.get_by_role("heading", name="No application fits “payroll”")).to_be_visible()
        await frame.get_by_role("button", name="design", exact=True).click()
        await expect(frame.get_by_role("heading", level=2)).to_have_text(["Figma"])
        await expect(frame.get_by_role("heading", level=1)).to_be_focused()
        await chat.page.evaluate("window.chat.end()")

        await offer(app.database, CATALOG.rstrip() + MANY)
        frame = await chat.ask("list_apps")
        await expect(frame.get_by_role("heading", level=2)).to_have_count(6)
        await frame.get_by_role("button", name="Show 14 more").click()
        await expect(frame.get_by_role("heading", level=2)).to_have_count(20)
        await expect(frame.get_by_role("heading", level=2).nth(6)).to_be_focused()
        await frame.get_by_label("Search all applications").fill("App 29")
        await frame.get_by_label("Search all applications").press("Enter")
        await expect(frame.get_by_role("heading", level=2).first).to_have_text("App 29")
        await chat.page.evaluate("window.chat.end()")

        await offer(app.database, CATALOG[: CATALOG.index("applications:")] + "applications: []")
        frame = await chat.ask("list_apps")
        await expect(frame.get_by_role("heading", name="There is nothing to ask for yet")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_can_be_read_everywhere(browser: Browser, app: Served, theme: str) -> None:
    """Contrast of 4.5 to 1 in both themes; a frame of 360 pixels does not scroll; and it reaches no network."""
    await app.call("ULENA", "request_access", app="handbook", reason="to read")
    async with chatting(browser, app, viewport=NARROW, color_scheme="dark" if theme == "light" else "light") as chat:
        chat.context["theme"] = theme
        asked: list[str] = []
        chat.page.on("request", lambda request: asked.append(request.url.removeprefix(chat.page.url)))
        frame = await chat.ask("list_apps")
        await frame.get_by_role("button", name="Request ChatGPT").click()
        await frame.get_by_role("button", name="Send request").click()
        await frame.get_by_role("button", name="Request Figma").click()
        await frame.get_by_role("textbox").nth(1).fill("to draw")
        await frame.get_by_role("button", name="Send request").nth(1).click()
        await expect(frame.get_by_role("heading", name="You asked for it")).to_be_visible()
        inside = chat.page.frames[1]
        assert await inside.evaluate("document.documentElement.clientWidth") == 360
        assert await inside.evaluate("document.documentElement.scrollWidth") == 360
        assert await inside.evaluate(FAINT_TEXTS) == []
        ground = await inside.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if theme == "light" else "rgb(33, 33, 33)")
        assert asked == ["chat/static/app_frame.html", "call"]


async def test_a_host_that_can_do_little_is_enough(browser: Browser, app: Served) -> None:
    """Without being able to tell the model or to open links a request is made all the same."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("list_apps", query="design", without=["updateModelContext", "openLink", "sendMessage"])
        await frame.get_by_role("button", name="Request Figma").click()
        await frame.get_by_role("textbox").fill("to draw")
        await frame.get_by_role("button", name="Send request").click()
        await expect(frame.get_by_role("heading", name="You asked for it")).to_be_visible()
        assert len(await requests(app)) == 1
        await chat.page.evaluate("window.chat.end()")
        frame = await chat.ask("list_apps", query="reading", without=["callTool"])
        await frame.get_by_role("button", name="Request Handbook").click()
        await frame.get_by_role("textbox").fill("to read")
        await frame.get_by_role("button", name="Send request").click()
        await expect(frame.get_by_role("alert")).to_have_text(
            "That did not get through. Try again, or ask for it in the chat."
        )
