"""Somebody in front of the sandbox's chat, in a real browser."""

from __future__ import annotations

from playwright.async_api import FrameLocator, Locator, Page

from sandbox.server import Sandbox
from tests.support.visitor import expect


class ChatWindow:
    """The chat at a window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_label("Message ChatGPT")
        self.log = page.get_by_role("log", name="Chat")
        self.last = self.log.locator("li.entry").last

    @property
    def component(self) -> FrameLocator:
        """The last one."""
        return self.last.frame_locator("iframe")

    def button(self, name: str) -> Locator:
        """The last one of this name."""
        return self.page.get_by_role("button", name=name, exact=True).last

    async def sit_down(self, sandbox: Sandbox, who: str) -> None:
        """At somebody's window."""
        await self.page.goto(f"{sandbox.url}/chat?as={who}")
        await expect(self.composer).to_be_focused()

    async def ask(self, prompt: str) -> None:
        """Type it, and send it."""
        await self.composer.fill(prompt)
        await self.composer.press("Enter")
        await expect(self.log.locator(".bubble").last).to_have_text(prompt)

    async def connect(self, name: str) -> None:
        """From Connect over the app's page and Slack, where this person is chosen, and back."""
        await self.button("Connect").click()
        await self.button("Continue with Slack").click()
        await expect(self.page.get_by_role("radio", name=name)).to_be_checked()
        await self.button("Allow").click()
        await expect(self.last).to_contain_text(f"Connected as {name}.")
