"""Somebody at the sandbox's chat, which plays ChatGPT, with the real Usher as its app."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.app import Usher
from bot.cli.demo.stage import stage
from sandbox import company
from sandbox.chat.walk import walking
from sandbox.server import Sandbox
from storage.tables import Person
from tests.browser.conftest import FAINT_TEXTS, PHONE, window
from tests.support.chat_window import ChatWindow
from tests.support.logging_as_before import logging_as_before
from tests.support.visitor import expect
from tests.support.waiting import until


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo() -> AsyncIterator[tuple[Sandbox, Usher]]:
    """What `usher demo` starts, once for all: each test sits down as somebody else, or begins a new chat."""
    with logging_as_before():
        async with stage() as running:
            yield running


@pytest.fixture
def sandbox(demo: tuple[Sandbox, Usher]) -> Sandbox:
    """The simulated part of it."""
    return demo[0]


async def test_a_seat_is_asked_for_and_cancelled_in_chatgpt(browser: Browser, sandbox: Sandbox) -> None:
    """Connect, look, ask, confirm, see how it goes and change one's mind: in the chat, its cards, and Slack."""
    maya = sandbox.slack.person(company.MAYA.id)
    async with window(browser) as page:
        chat = ChatWindow(page)
        await chat.sit_down(sandbox, "tom")
        await chat.connect("Tom Okafor")

        await chat.ask("What app can help with designing something?")
        await expect(chat.component.get_by_role("heading", name="Figma")).to_be_visible()
        await page.get_by_text("Called list_apps").click()
        await expect(chat.last.locator("details pre")).to_have_text('{\n  "query": "designing something"\n}')

        wish = "Get me a Codex seat for two weeks, I am trying the agent"
        await chat.ask(wish)
        question = page.get_by_role("region", name="Request access?")
        await expect(question).to_be_focused()
        for said in ("ChatGPT", "codex", "two weeks", "I am trying the agent"):
            await expect(question.get_by_text(said, exact=True)).to_be_visible()
        await chat.button("Cancel").click()
        await expect(chat.last).to_contain_text("You said no, so nothing was done.")
        assert not maya.messages()

        await chat.ask(wish)
        await expect(question).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(chat.component.get_by_text("Waiting for approval")).to_be_visible()
        await expect(chat.composer).to_be_focused()
        card = await sandbox.slack.until(lambda: maya.message("Tom Okafor asks for"))
        assert card.buttons

        cards = await chat.log.locator("iframe").count()
        await chat.ask("How is my request going?")
        await expect(chat.log.locator("iframe")).to_have_count(cards + 1)
        shown = chat.component
        await expect(shown.get_by_text("Waiting for approval")).to_be_visible()
        async with page.context.expect_page() as opening:
            await shown.get_by_role("button", name="Open in Slack").click()
        slack = await opening.value
        await expect(slack).to_have_title(re.compile("Tom Okafor"))
        await expect(slack.get_by_role("article").filter(has_text="ChatGPT · Waiting for approval")).to_be_visible()
        await slack.close()

        # By the keyboard: the frame is growing with the question, and a pointer may land beside what has moved.
        await shown.get_by_role("button", name="Cancel request").press("Enter")
        await expect(shown.get_by_role("button", name="Keep it")).to_be_focused()
        await shown.get_by_role("button", name="Cancel request").last.press("Enter")
        await expect(page.get_by_role("region", name="Cancel a request?")).to_contain_text(
            "The card above wants this. This takes something away"
        )
        await chat.button("Confirm").click()
        await expect(page.get_by_text("The card called cancel_request")).to_be_visible()
        await expect(page.frame_locator("iframe").last.get_by_text("Cancelled").first).to_be_visible()
        await expect(page.get_by_text("The card told the model something")).to_be_visible()
        await sandbox.slack.until(lambda: not maya.message("Tom Okafor asks for").buttons)

        await page.reload()
        await expect(chat.log.locator(".bubble")).to_have_count(4)
        await chat.ask("What did I ask for?")
        await expect(chat.last).to_contain_text("ChatGPT · Member · Codex seat · 14 days: Cancelled")


async def test_who_is_not_understood_or_not_connected_is_told_what_to_do(browser: Browser, sandbox: Sandbox) -> None:
    """The router says that it is no model, and shows prompts to press; errors are sentences; disconnecting lasts."""
    async with window(browser) as page:
        chat = ChatWindow(page)
        await chat.sit_down(sandbox, "lena")
        await chat.ask("Write me a poem")
        await expect(chat.last).to_contain_text("I am not a model")
        await chat.button("Extend ChatGPT because …").click()
        await expect(chat.composer).to_have_value("Extend ChatGPT because ")
        await chat.button("What do I have, and until when?").click()
        await expect(chat.last).to_contain_text("The app is not connected.")
        await chat.connect("Lena Fischer")
        await chat.ask("What do I have, and until when?")
        await expect(chat.last).to_contain_text("no access that came through Usher")

        await chat.ask("Give back Figma")
        await chat.button("Confirm").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "There is nothing in “Figma” that the user could give back."
        )

        menu = page.get_by_role("banner").get_by_text("Usher connected")
        await menu.click()
        await chat.button("Show its tools").click()
        tools = page.get_by_role("dialog").get_by_role("listitem")
        await expect(tools).to_have_count(12)
        await expect(tools.filter(has=page.get_by_text("Give access back"))).to_contain_text("takes something away")
        await page.keyboard.press("Escape")
        await menu.click()
        await chat.button("Disconnect Lena Fischer").click()
        await expect(chat.last).to_contain_text("Disconnected, and the app was told.")
        await expect(page.get_by_role("banner")).to_contain_text("Usher not connected")


async def test_who_left_the_company_is_told_to_connect_again(browser: Browser, demo: tuple[Sandbox, Usher]) -> None:
    """Between two calls; and Slack does not let them in again."""
    sandbox, usher = demo

    async def usher_knows() -> bool:
        async with usher.database.read() as session:
            return not (await session.get_one(Person, company.NOOR.id)).active

    async with walking() as before:
        await before.connect(sandbox.url, company.NOOR)
    async with window(browser) as page:
        chat = ChatWindow(page)
        await chat.sit_down(sandbox, "noor")
        await chat.ask("Who am I?")
        await expect(chat.last).to_contain_text("noor@harbour.example")
        sandbox.slack.deactivate(company.NOOR.id)
        await until(usher_knows)
        await chat.ask("Who am I?")
        await expect(page.get_by_role("alert")).to_have_text("The app does not let you in any more. Connect it again.")
        await chat.button("Connect again").click()
        await chat.button("Continue with Slack").click()
        await expect(page.get_by_role("radio")).to_have_count(3)
        await expect(page.get_by_role("radio", name="Noor Haddad")).to_have_count(0)
    sandbox.slack.reactivate(company.NOOR.id)


async def test_two_people_connect_at_once_in_one_browser(browser: Browser, sandbox: Sandbox) -> None:
    """Each in a window of their own: whoever goes on last is not taken for the other."""
    async with window(browser) as lenas:
        mayas = await lenas.context.new_page()
        for page, who in ((lenas, "lena"), (mayas, "maya")):
            await ChatWindow(page).sit_down(sandbox, who)
            await page.get_by_role("button", name="Connect", exact=True).last.click()
            await expect(page.get_by_role("button", name="Continue with Slack")).to_be_visible()
        for page, name in ((lenas, "Lena Fischer"), (mayas, "Maya Lindqvist")):
            chat = ChatWindow(page)
            await chat.button("Continue with Slack").click()
            await expect(page.get_by_role("radio", name=name)).to_be_checked()
            await chat.button("Allow").click()
            await expect(chat.last).to_contain_text(f"Connected as {name}.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_chat_can_be_read_on_a_phone(browser: Browser, sandbox: Sandbox, scheme: str) -> None:
    """Contrast of 4.5 to 1 whatever it shows; it does not scroll sideways; nothing comes from elsewhere."""
    maya = sandbox.chat.window("maya")
    maya.clear()
    async with walking() as before:
        await before.connect(sandbox.url, company.MAYA)
    async with window(browser, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=scheme) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        chat = ChatWindow(page)
        await chat.sit_down(sandbox, "maya")
        await chat.ask("Which applications do we have in this organization?")
        await expect(chat.component.get_by_role("heading", name="Figma")).to_be_visible()
        await chat.ask("Give back " + "Figma" * 40)
        await chat.button("Confirm").tap()
        await expect(page.get_by_role("alert")).to_be_visible()
        await chat.ask("Get me Figma, I draw")
        await expect(chat.button("Confirm")).to_be_in_viewport()
        assert await page.evaluate(FAINT_TEXTS) == []
        for whole in ("document.documentElement", "document.querySelector('main')"):
            assert await page.evaluate(f"{whole}.scrollWidth <= {whole}.clientWidth")
        assert [url for url in asked if not url.startswith((sandbox.url, "data:"))] == []


async def test_nobodys_window_says_so(browser: Browser, sandbox: Sandbox) -> None:
    """The address names somebody who does not work here."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{sandbox.url}/chat?as=bob")
    await expect(page.get_by_role("main")).to_contain_text("Nobody called “bob” works at Harbour Studio.")
    await context.close()
