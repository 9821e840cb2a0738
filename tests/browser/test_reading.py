"""Reading a conversation on the sandbox's page: what is new is seen, and stands at its time."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.server import Sandbox

LENA, MAYA = company.LENA.id, company.MAYA.id


async def test_an_answer_further_up_is_brought_into_view(page: Page, client: AsyncWebClient) -> None:
    """A reply belongs to a message far above the end: it is shown, and so is whatever comes after it."""
    first = await client.chat_postMessage(channel=LENA, text="the card")
    for number in range(40):
        await client.chat_postMessage(channel=LENA, text=f"message {number}")
    await expect(page.get_by_text("message 39")).to_be_in_viewport()
    for answer in ("one answer", "another answer"):
        await client.chat_postMessage(channel=LENA, text=answer, thread_ts=first["ts"])
        await expect(page.get_by_text(answer)).to_be_in_viewport()
    await client.chat_postMessage(channel=LENA, text="the newest")
    await expect(page.get_by_text("the newest")).to_be_in_viewport()


async def test_unread_answers_are_what_is_seen_first(page: Page, client: AsyncWebClient) -> None:
    """Whoever follows the badge on an avatar finds what it counts."""
    first = await client.chat_postMessage(channel=MAYA, text="the card")
    for number in range(40):
        await client.chat_postMessage(channel=MAYA, text=f"message {number}")
    await page.get_by_role("button", name="Maya Lindqvist").click()
    await expect(page.get_by_text("message 39")).to_be_in_viewport()
    await page.get_by_role("button", name="Lena Fischer").click()
    await client.chat_postMessage(channel=MAYA, text="an answer", thread_ts=first["ts"])
    await page.get_by_role("button", name="Maya Lindqvist").click()
    await expect(page.get_by_text("an answer")).to_be_in_viewport()


async def test_a_day_has_one_heading(page: Page, client: AsyncWebClient) -> None:
    """Also where answers stand between its messages."""
    first = await client.chat_postMessage(channel=LENA, text="first")
    await client.chat_postMessage(channel=LENA, text="second")
    await client.chat_postMessage(channel=LENA, text="about the first", thread_ts=first["ts"])
    await expect(page.get_by_role("article")).to_have_count(3)
    days = page.locator(".day")
    headings = await days.all_inner_texts()
    assert len(headings) == len(set(headings))


async def test_messages_stand_at_the_time_of_the_sandbox(page: Page, client: AsyncWebClient, sandbox: Sandbox) -> None:
    """What is posted after a skip is a week later than what was posted before it."""
    before = await client.chat_postMessage(channel=LENA, text="before")
    sandbox.clock.skip(7 * 86_400)
    after = await client.chat_postMessage(channel=LENA, text="after")
    assert float(after["ts"]) - float(before["ts"]) >= 7 * 86_400
    await page.reload()
    await expect(page.locator(".day")).to_have_text([re.compile(r"\w+, \d+ \w+ \d+"), "Today"])
