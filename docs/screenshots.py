"""The pictures of the documentation, taken from the demo while its people play the story.

`python -m docs.screenshots`, in the checkout, writes docs/images/*.png. Needs Chromium.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urljoin

from playwright.async_api import FloatRect, Locator, Page, async_playwright

from bot.cli.demo.stage import stage
from tests.support.chat_window import ChatWindow
from tests.support.visitor import Visitor, expect

IMAGES: Final = Path(__file__).with_name("images")
TALL: Final = 1900  # pixels that a whole Home tab fits into
WINDOW: Final = FloatRect(x=0, y=0, width=1440, height=900)
CHAT_WIDTH: Final = 860  # pixels
SCALE: Final = 1.5  # sharp on most screens, and still a small file
LENA, TOM, MAYA, NOOR = "Lena Fischer", "Tom Okafor", "Maya Lindqvist", "Noor Haddad"


async def take(page: Page, name: str, clip: FloatRect, *, fine: bool = True) -> None:
    """One picture of a part of the window, without anything that hangs on the mouse."""
    await page.mouse.move(0, 0)
    scale: Literal["device", "css"] = "device" if fine else "css"
    await page.screenshot(path=IMAGES / f"{name}.png", clip=clip, animations="disabled", scale=scale)


async def frame(part: Locator) -> FloatRect:
    """Where a part of the page stands."""
    await part.scroll_into_view_if_needed()
    box = await part.bounding_box()
    if box is None:
        raise RuntimeError(f"{part} is not to be seen")
    return box


async def take_card(visitor: Visitor, name: str, title: str, *, width: float) -> None:
    """The newest card with this text. `width` is that of what stands in it, in pixels of the page."""
    box = await frame(visitor.card(title).last)
    await take(visitor.page, name, FloatRect(x=box["x"], y=box["y"], width=width, height=box["height"]))


async def take_home(visitor: Visitor, name: str, *, shows: str) -> None:
    """The Home tab, down to where it ends, as soon as it shows this text."""
    page, main = visitor.page, visitor.page.get_by_role("main")
    await page.set_viewport_size({"width": int(WINDOW["width"]), "height": TALL})
    await expect(main).to_contain_text(shows)
    whole, content = await frame(main), await frame(main.locator(".blocks"))
    height = content["y"] + content["height"] + 20 - whole["y"]
    await take(page, name, FloatRect(x=whole["x"], y=whole["y"], width=whole["width"], height=height))
    await page.set_viewport_size({"width": int(WINDOW["width"]), "height": int(WINDOW["height"])})


async def life_of_a_seat(visitor: Visitor) -> None:
    """Tom and Maya get Figma; Lena is asked about, invited and active."""
    page = visitor.page
    await visitor.become(TOM)
    await visitor.request("figma 30d to look at the new screens")
    await visitor.become(MAYA)
    await visitor.press("Approve", on="Tom Okafor asks for Figma")
    await expect(visitor.card("Tom Okafor asks for Figma · Approved")).to_be_visible()

    await visitor.become(LENA)
    await visitor.type("/request-access chatgpt codex 7d to prototype the booking flow with the new agent")
    await expect(visitor.dialog).to_be_visible()
    await take(page, "form", await frame(visitor.dialog))
    await visitor.dialog.get_by_role("button", name="Send request").click()

    await visitor.become(MAYA)
    approve = visitor.card("Lena Fischer asks for ChatGPT").get_by_role("button", name="Approve", exact=True)
    await expect(approve).to_be_visible()
    await take(page, "page", WINDOW, fine=False)
    await take_card(visitor, "approval-card", "Lena Fischer asks for ChatGPT", width=560)

    await visitor.request("figma 30d to comment on the drafts")
    await visitor.become(NOOR)
    await visitor.press("Approve", on="Maya Lindqvist asks for Figma")
    await visitor.press("Done", on="Give Maya Lindqvist access to Figma")
    await visitor.become(MAYA, at="Usher Home")
    await take_home(visitor, "home", shows="My team's access")

    await page.get_by_role("main").get_by_role("button", name="Approve", exact=True).click()
    await visitor.accept_as("Lena")
    await visitor.become(LENA)
    await expect(visitor.card("ChatGPT · Active")).to_be_visible()
    await take_card(visitor, "status-card", "ChatGPT · Active", width=560)


async def trouble(visitor: Visitor) -> None:
    """ChatGPT lets Usher in no more while two people wait."""
    await visitor.switch("The session was ended", on=True)
    for name, wish in ((LENA, "chatgpt 30d to write the briefs"), (TOM, "chatgpt codex 7d to review pull requests")):
        await visitor.become(name)
        await visitor.request(wish)
        await visitor.become(MAYA)
        await visitor.press("Approve", on=f"{name} asks for ChatGPT")
        await expect(visitor.card(f"{name} asks for ChatGPT · Approved")).to_be_visible()
    await visitor.become(NOOR, at="it-alerts")
    await expect(visitor.card("Usher is signed out of ChatGPT")).to_contain_text(
        "Concerns: Lena Fischer and Tom Okafor"
    )
    await take_card(visitor, "incident-card", "Usher is signed out of ChatGPT", width=720)
    await visitor.become(NOOR, at="Usher Home")
    await take_home(visitor, "home-admin", shows="Usher is signed out of ChatGPT")


async def every_request(visitor: Visitor) -> None:
    """Noor looks for a request among all, and opens it."""
    for name in (LENA, TOM, MAYA):
        await visitor.become(name)
        await visitor.request("figma 30d to look at the new screens")
    await visitor.become(MAYA)
    await visitor.press("Approve", on="Lena Fischer asks for Figma")
    await expect(visitor.card("Lena Fischer asks for Figma · Approved")).to_be_visible()
    await visitor.become(NOOR, at="Usher Home")
    await visitor.page.get_by_role("main").get_by_role("button", name="All requests").click()
    await expect(visitor.dialog).to_contain_text("Waiting for approval")
    await take(visitor.page, "all-requests", await frame(visitor.dialog))
    await visitor.dialog.get_by_role("button", name="Open").first.click()
    await expect(visitor.dialog).to_contain_text("History")
    await take(visitor.page, "request", await frame(visitor.dialog))


async def inside_chatgpt(visitor: Visitor) -> None:
    """Lena connects Usher in ChatGPT, looks at the applications, and asks for a seat."""
    page = visitor.page
    chat = ChatWindow(page)
    await page.set_viewport_size({"width": CHAT_WIDTH, "height": TALL})
    await page.goto(urljoin(page.url, "/chat?as=lena"))
    await chat.button("Connect").click()
    await expect(chat.button("Continue with Slack")).to_be_visible()
    await take(page, "consent", await frame(page.locator("main")))
    await chat.button("Continue with Slack").click()
    await chat.button("Allow").click()
    await expect(chat.last).to_contain_text("Connected as Lena Fischer.")

    await chat.ask("Which applications do we have in this organization?")
    await expect(chat.component.get_by_role("heading", name="Figma")).to_be_visible()
    await take(page, "chatgpt-app", await frame(chat.last))

    await chat.ask("Get me a Codex seat for two weeks, I am trying the agent")
    await page.get_by_role("region", name="Request access?").get_by_role("button").first.click()
    await expect(chat.component.get_by_text("Waiting for approval")).to_be_visible()
    await take(page, "chatgpt-app-request", await frame(chat.last))


@asynccontextmanager
async def at_the_demo(browser_path: str) -> AsyncIterator[Visitor]:
    """A visitor at a demo that has just been started."""
    async with stage() as (sandbox, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": int(WINDOW["width"]), "height": int(WINDOW["height"])},
            device_scale_factor=SCALE,
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        await page.goto(sandbox.url)
        yield Visitor(page)
        await browser.close()


async def main() -> None:
    """Takes all pictures."""
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser_path is None:
        sys.exit("Taking the pictures needs Chromium: install the package chromium.")
    IMAGES.mkdir(exist_ok=True)
    for story in (life_of_a_seat, trouble, every_request, inside_chatgpt):
        async with at_the_demo(browser_path) as visitor:
            await story(visitor)


if __name__ == "__main__":
    asyncio.run(main())
