"""How a request is going, inside ChatGPT: its steps, and what can be done about it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, FrameLocator

from bot.access.operations.decide import decide
from storage.tables import AccessRequest, Decision, RequestState
from tests.browser.conftest import FAINT_TEXTS
from tests.integration.chatgpt_app.test_tools import activate, data
from tests.support.app_chat import NARROW, Chat, chatting
from tests.support.clock import START
from tests.support.mcp_app import Served
from tests.support.visitor import expect

HOSTILE = '<img src=x onerror="document.title=1"> 7 Jan 2030 at 09:00 UTC &amp;'


async def asked(app: Served, **more: Any) -> str:
    """Lena has asked for Figma."""
    made = data(await app.call("ULENA", "request_access", app="figma", reason="to draw", **more))
    return str(made["request_id"])


async def answer(app: Served, request_id: str, decision: Decision, reason: str | None = None) -> None:
    await app.database.write(decide, request_id=request_id, approver_id="UMAYA", decision=decision, reason=reason)


async def given(app: Served) -> str:
    """Lena has Figma."""
    request_id = await asked(app)
    await answer(app, request_id, Decision.APPROVED)
    await activate(app.database)
    return request_id


async def ids(app: Served) -> list[str]:
    return [each["request_id"] for each in data(await app.call("ULENA", "list_my_requests"))["requests"]]


async def states(app: Served) -> list[RequestState]:
    async with app.database.read() as session:
        return list(await session.scalars(sa.select(AccessRequest.state).order_by(AccessRequest.id)))


def steps(frame: FrameLocator) -> Any:
    """The steps, each with its stand and time."""
    return frame.get_by_role("list", name="Progress").get_by_role("listitem")


async def test_it_follows_the_request_until_that_is_settled(browser: Browser, app: Served) -> None:
    """It looks again from time to time while something moves and somebody sees it, and then no more."""
    async with chatting(browser, app, timers=START) as chat:
        frame = await chat.ask("request_access", app="figma", reason="to draw")
        await expect(steps(frame)).to_have_text(
            ["✓Request: done7 Jan 2030, 10:00", "•Approval: under way", "Access: still to come"]
        )
        await expect(frame.get_by_text("No duration was named, so the default was taken: 30 days.")).to_be_visible()
        [request_id] = await ids(app)
        await answer(app, request_id, Decision.APPROVED)
        await chat.page.clock.fast_forward("00:20")
        await expect(frame.get_by_role("status")).to_have_text("It is Being set up now.")
        await expect(steps(frame).nth(1)).to_have_text("✓Approval: done7 Jan 2030, 10:00")
        await activate(app.database)
        await frame.get_by_role("button", name="Refresh").click()
        await expect(frame.get_by_role("status")).to_have_text("It is up to date: Active.")
        await expect(frame.get_by_role("button", name="Refresh")).to_be_focused()
        await expect(steps(frame).last).to_have_text("✓Access: doneuntil 6 Feb 2030, 10:00")
        calls = (await chat.heard())["calls"]
        assert calls == [["get_request", {"request_id": request_id}]] * 2
        await chat.page.clock.fast_forward("24:00:00")
        await frame.get_by_role("button", name="Give back").click()
        assert (await chat.heard())["calls"] == calls


async def test_access_is_given_back_after_a_question(browser: Browser, app: Served) -> None:
    """One press asks, in the page; the second does it, and the model hears of it. Keep it, and Escape, do nothing."""
    await given(app)
    async with chatting(browser, app) as chat:
        frame = await chat.ask("get_request", app="figma")
        give = frame.get_by_role("button", name="Give back").first
        await give.click()
        question = frame.get_by_role("group", name="Give back Figma?")
        await expect(question.get_by_role("button", name="Keep it")).to_be_focused()
        await chat.page.keyboard.press("Enter")
        await expect(question).to_have_count(0)
        await expect(give).to_be_focused()
        await chat.page.keyboard.press("Enter")
        await expect(give).to_have_attribute("aria-expanded", "true")
        await chat.page.keyboard.press("Escape")
        await expect(question).to_have_count(0)
        assert (await chat.heard())["calls"] == []
        await give.click()
        await question.get_by_role("button", name="Give back").click()
        await expect(frame.get_by_role("heading", name="Figma", exact=True)).to_be_focused()
        await expect(frame.get_by_text("It was given back. Thank you!")).to_be_visible()
        await expect(steps(frame).last).to_have_text("•End: under way")
        await chat.page.wait_for_function("window.chat.heard.contexts.length")
        [told] = (await chat.heard())["contexts"]
        assert "the user gave the access back: Figma, 30 days. It stands at: Ending." in told["content"][0]["text"]


async def test_more_time_is_asked_for_with_a_reason_and_taken_back(browser: Browser, app: Served) -> None:
    """The page then shows the request for it, which can be cancelled there."""
    await given(app)
    async with chatting(browser, app) as chat:
        frame = await chat.ask("get_request", app="figma")
        await frame.get_by_role("button", name="Extend").click()
        await expect(frame.get_by_label("Why do you need it longer?")).to_be_focused()
        await frame.get_by_role("button", name="Ask for it").click()
        await expect(frame.get_by_text("Say in a few words what it is for.")).to_be_visible()
        await frame.get_by_label("Why do you need it longer?").fill("not done")
        await frame.get_by_role("button", name="Ask for it").click()
        await expect(frame.get_by_text("Extension · 30 days")).to_be_visible()
        assert await states(app) == [RequestState.APPROVED, RequestState.PENDING]
        await frame.get_by_role("button", name="Cancel request").click()
        await frame.get_by_role("group").get_by_role("button", name="Cancel request").click()
        await expect(steps(frame).last).to_have_text("✕Approval: it stopped here7 Jan 2030, 10:00")
        assert await states(app) == [RequestState.APPROVED, RequestState.CANCELLED]
        assert len((await chat.heard())["contexts"][-1]["content"][0]["text"].splitlines()) == 2


async def test_what_cannot_be_done_any_more_is_a_sentence(browser: Browser, app: Served) -> None:
    """It stays as it is, and Refresh shows what became of it meanwhile."""
    request_id = await asked(app)
    async with chatting(browser, app) as chat:
        frame = await chat.ask("get_request", app="figma")
        await frame.get_by_role("button", name="Cancel request").click()
        await answer(app, request_id, Decision.DENIED, HOSTILE)
        await frame.get_by_role("group").get_by_role("button", name="Cancel request").click()
        await expect(frame.get_by_role("alert")).to_have_text("Maya Lindqvist was faster: this is answered already.")
        await frame.get_by_role("button", name="Refresh").click()
        await expect(steps(frame).last).to_contain_text("✕Approval")
        await expect(frame.get_by_role("button", name="Cancel request")).to_have_count(0)
        said = HOSTILE.replace("at 09:00 UTC", "").replace(" 2030 ", " 2030, 10:00")
        await expect(frame.get_by_text(f"“{said}”")).to_be_visible()
        await expect(frame.locator("img")).to_have_count(0)


async def test_its_card_in_slack_is_opened_by_the_host(browser: Browser, app: Served) -> None:
    """A host that opens no links leaves the address to read."""
    await asked(app)
    async with chatting(browser, app) as chat:
        for without in ([], ["openLink"]):
            await show_linked(chat, without)
            await chat.frame.get_by_role("button", name="Open in Slack").click()
            if not without:
                await chat.page.wait_for_function("window.chat.heard.links.length")
                assert (await chat.heard())["links"] == ["https://harbour.slack.example/archives/D1/p1"]
                await chat.page.evaluate("window.chat.end()")
        await expect(chat.frame.get_by_role("alert")).to_have_text(
            "This chat did not open the link. It leads to https://harbour.slack.example/archives/D1/p1"
        )


async def show_linked(chat: Chat, without: list[str]) -> None:
    """The page with a request that has a card in Slack."""
    page, result = await chat.called("get_request", app="figma")
    result["structuredContent"]["link"] = "https://harbour.slack.example/archives/D1/p1"
    await chat.show(page, {}, result, without=without)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_can_be_read_everywhere(browser: Browser, app: Served, theme: str) -> None:
    """Contrast of 4.5 to 1 in both themes, a frame of 360 pixels, no network; moments as the host's clock has them."""
    await given(app)
    async with chatting(browser, app, viewport=NARROW, color_scheme="dark" if theme == "light" else "light") as chat:
        chat.context |= {"theme": theme, "locale": "de-DE", "timeZone": "Asia/Tokyo"}
        requested: list[str] = []
        chat.page.on("request", lambda request: requested.append(request.url.removeprefix(chat.page.url)))
        frame = await chat.ask("get_request", app="figma")
        await expect(steps(frame).last).to_contain_text("until 06.02.2030, 18:00")
        inside = chat.page.frames[1]
        for name in ("Extend", "Give back"):
            await frame.get_by_role("button", name=name, exact=True).click()
            assert await inside.evaluate(FAINT_TEXTS) == []
            assert await inside.evaluate("document.documentElement.scrollWidth") == 360
        await chat.page.evaluate('window.chat.setContext({ timeZone: "nowhere", locale: "xx-nonsense-1" })')
        await expect(steps(frame).last).not_to_contain_text("18:00")
        await chat.page.evaluate('window.chat.setContext({ timeZone: "America/New_York", locale: "en-US" })')
        await expect(steps(frame).last).to_contain_text("until Feb 6, 2030, 4:00 AM")
        await expect(frame.get_by_text("It lasts until Feb 6, 2030, 4:00 AM and then ends by itself.")).to_be_visible()
        assert requested == ["chat/static/app_frame.html"]


async def test_it_takes_the_colours_of_the_host_together_or_not_at_all(browser: Browser, app: Served) -> None:
    """Some of the host's beside some of its own could not be read."""
    await given(app)
    names = ("background-primary", "background-secondary", "text-primary", "text-secondary", "border-primary")
    all_of_them = {f"--color-{name}": "light-dark(rgb(250, 249, 245), rgb(38, 38, 36))" for name in names}
    async with chatting(browser, app) as chat:
        chat.context["styles"] = {"variables": dict(list(all_of_them.items())[:4])}
        body = (await chat.ask("get_request", app="figma")).locator("body")
        await expect(body.get_by_role("heading", name="Figma")).to_be_visible()
        await expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
        for theme, ground in (("light", "rgb(250, 249, 245)"), ("dark", "rgb(38, 38, 36)")):
            variables = {**all_of_them, "--font-sans": "monospace"}
            await chat.page.evaluate(
                "context => window.chat.setContext(context)", {"theme": theme, "styles": {"variables": variables}}
            )
            await expect(body).to_have_css("background-color", ground)
        await expect(body).to_have_css("font-family", "monospace")


async def test_a_tools_refusal_is_all_that_is_shown(browser: Browser, app: Served) -> None:
    """In the tool's own words."""
    async with chatting(browser, app) as chat:
        frame = await chat.ask("get_request", app="figma")
        await expect(frame.get_by_role("alert")).to_have_text("There is nothing in “figma” that the user could show.")
