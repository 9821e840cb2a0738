"""Somebody in front of the sandbox's page, in a real browser: plays its people and sees what they see."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import Expect, Locator, Page

#: milliseconds; far more than anything on the page takes on a busy machine
PATIENCE: Final = 30_000

#: an `expect` that has that much patience
expect: Final = Expect()
expect.set_options(timeout=PATIENCE)

#: Slack's ids, and those of Usher and of ChatGPT's workspaces
_RAW_ID: Final = re.compile(r"\b[ABCDTUVW]0[A-Z0-9]{6,}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\buser-\w{10,}")


class Visitor:
    """One visitor at one page, at a desk or with a phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.people = page.get_by_role("complementary", name="People")
        self.workspace = page.get_by_role("complementary", name="ChatGPT workspace")
        self.composer = page.get_by_label(re.compile("^Message "))
        self.dialog = page.get_by_role("dialog")
        self.first_steps = page.get_by_role("region", name="First steps")
        self.step = self.first_steps.locator("[aria-current=step]")

    # -- where to look -------------------------------------------------------------------------------------------------
    def person(self, name: str) -> Locator:
        """The avatar, with the number of what waits for them."""
        return self.people.get_by_role("button", name=name)

    def card(self, title: str) -> Locator:
        """The messages of the open conversation that hold this text."""
        return self.page.get_by_role("article").filter(has_text=title)

    def section(self, title: str) -> Locator:
        """A part of the ChatGPT workspace, by its heading."""
        return self.workspace.locator("section").filter(has=self.page.get_by_role("heading", name=title))

    async def look_at(self, panel: str) -> None:
        """Turn to People, Slack or ChatGPT. Nothing to do where all three are in view."""
        tab = self.page.get_by_role("group", name="Panels").get_by_role("button", name=panel)
        if await tab.is_visible():
            await tab.click()

    # -- what to do ----------------------------------------------------------------------------------------------------
    async def become(self, name: str, *, at: str | None = None) -> None:
        """Step into somebody's shoes: at their messages with Usher, or at another of their places."""
        await self.look_at("People")
        await self.person(name).click()
        if at:
            await self.look_at("People")
            await self.people.get_by_role("navigation").get_by_role("button", name=at).click()
        await expect(self.page).to_have_title(re.compile(re.escape(name)))

    async def type(self, text: str) -> None:
        """Write into the composer and send it."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def request(self, words: str) -> None:
        """Type `/request-access` with these words after it, and send the form as it comes."""
        await self.type(f"/request-access {words}")
        await self.dialog.get_by_role("button", name="Send request").click()
        await expect(self.dialog).to_have_count(0)

    async def press(self, button: str, *, on: str) -> None:
        """Press a button of the newest card with this text."""
        await self.card(on).last.get_by_role("button", name=button, exact=True).click()

    async def answer(self, reason: str, button: str) -> None:
        """Write a reason into the form that is open, and send it."""
        await self.dialog.get_by_label("Reason").fill(reason)
        await self.dialog.get_by_role("button", name=button, exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def accept_as(self, first_name: str) -> None:
        """Accept the invite in the ChatGPT workspace, and turn back to Slack."""
        await self.look_at("ChatGPT")
        await self.workspace.get_by_role("button", name=f"Accept as {first_name}").click()
        await self.look_at("Slack")

    async def skip(self, how_far: str) -> None:
        """Move the clock ahead."""
        await self.page.get_by_role("banner").get_by_text("Skip ahead").click()
        await self.page.get_by_role("banner").get_by_role("button", name=how_far, exact=True).click()

    async def switch(self, fault: str, *, on: bool) -> None:
        """Make something go wrong in the workspace, or let it work again."""
        switch = self.workspace.get_by_role("switch", name=fault, exact=True)
        if not await switch.is_visible():
            await self.workspace.get_by_text("Make something go wrong").click()
        await switch.set_checked(on)
        await expect(switch).to_be_checked(checked=on)

    async def raw_ids(self) -> list[str]:
        """Ids on the page that say nothing to a person."""
        return _RAW_ID.findall(await self.page.locator("body").inner_text())
