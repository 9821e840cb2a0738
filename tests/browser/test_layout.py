"""The page as a whole: on a desk and on a phone, bright and dark, with the ChatGPT workspace beside Slack."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.server import Sandbox
from tests.browser import toy_app
from tests.browser.conftest import DESKTOP, FAINT_TEXTS, opened

LENA = company.LENA


async def invite(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        answer = await client.post("/chatgpt-page/invite", json={"email": LENA.email})
        assert answer.status_code == 200, answer.text


async def test_an_unknown_command_is_said_to_be_one(page: Page, sandbox: Sandbox) -> None:
    """Slack knows its commands and does not send others to the app."""
    await page.get_by_label("Message Usher").fill("/reqest-access")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("/reqest-access is not a valid command.")).to_be_visible()
    assert sandbox.slack.deliveries == []


async def test_an_app_that_is_away_is_reported_as_slack_does(page: Page) -> None:
    """Nobody is connected: the command fails in front of the visitor, with Slack's error."""
    await page.get_by_label("Message Usher").fill("/request-access")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text('/request-access failed with the error "dispatch_failed"')).to_be_visible()


async def test_seats_follow_the_workspace(page: Page, sandbox: Sandbox) -> None:
    """An invite takes a seat, accepting it makes a member, and removing by hand frees the seat."""
    seats = page.get_by_role("region", name="Seats")
    await expect(seats.get_by_role("img").first).to_have_accessible_name("3 used, 0 invited, 7 free of 10 paid seats")
    await invite(sandbox)
    await page.get_by_role("button", name="Accept as Lena").click()
    await expect(seats.get_by_role("img").first).to_have_accessible_name("4 used, 0 invited, 6 free of 10 paid seats")
    await page.get_by_label("Change Lena Fischer by hand").click()
    await page.get_by_role("button", name="Remove by hand").click()
    await expect(seats.get_by_role("img").first).to_have_accessible_name("3 used, 0 invited, 7 free of 10 paid seats")
    assert sandbox.chatgpt.roster.member_by_email(LENA.email) is None


async def test_what_can_go_wrong_is_switched_on_the_page(page: Page, sandbox: Sandbox) -> None:
    """A fault that the visitor switches on is on in the workspace, and off again."""
    await page.get_by_text("Make something go wrong").click()
    switch = page.get_by_role("switch").first
    await switch.check()
    await expect(page.get_by_text("1 on", exact=True)).to_be_visible()
    names = [name for name in sandbox.chatgpt.faults.registry if sandbox.chatgpt.faults.active(name)]
    assert len(names) == 1
    await switch.uncheck()
    await expect(page.get_by_text("1 on", exact=True)).to_have_count(0)
    assert sandbox.chatgpt.faults.active(names[0]) is None


async def test_somebody_leaves_the_company(page: Page, sandbox: Sandbox) -> None:
    """Leaving deactivates the Slack account, for all to see."""
    await page.get_by_text("Somebody leaves").click()
    await page.get_by_role("switch", name="Tom Okafor has left").click()
    await expect(page.get_by_role("button", name="Tom Okafor")).to_contain_text("has left")
    assert sandbox.slack.state.user(company.TOM.id).deleted


async def test_the_clock_can_be_moved_ahead(page: Page, sandbox: Sandbox) -> None:
    """Skipping moves the time of the sandbox and tells whoever asked to know."""
    skips: list[float] = []
    sandbox.clock.on_skip.append(lambda: skips.append(sandbox.clock.ahead.total_seconds()))
    await page.get_by_text("Skip ahead").click()
    await page.get_by_role("button", name="1 day", exact=True).click()
    await expect(page.get_by_text("1 day ahead")).to_be_visible()
    assert skips == [86_400]


async def test_the_first_steps_follow_what_happens(page: Page, sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The hints lead from asking to the end of the seat, by what is so and not by what was clicked."""
    step = page.get_by_role("region", name="First steps").locator("[aria-current=step]")
    await expect(step).to_contain_text("Ask")
    await client.chat_postMessage(channel=company.MAYA.id, text="x", blocks=toy_app.approval_card("please"))
    await expect(step).to_contain_text("Approve")
    await page.get_by_role("button", name="Become Maya").click()
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    await invite(sandbox)
    await expect(step).to_contain_text("Accept")
    await page.get_by_role("button", name="Accept as Lena").click()
    await expect(step).to_contain_text("Let it end")
    lena = sandbox.chatgpt.roster.member_by_email(LENA.email)
    assert lena is not None
    sandbox.chatgpt.remove(lena.user_id)
    await page.reload()
    await expect(page.get_by_role("region", name="First steps")).to_contain_text("That was a whole lifecycle")
    await page.get_by_role("button", name="Hide the first steps").click()
    await page.reload()
    await expect(page.get_by_role("log")).to_be_visible()
    await expect(step).to_have_count(0)


async def test_the_address_names_the_person(page: Page) -> None:
    """A reload stays with the person and the place."""
    await page.get_by_role("button", name="Noor Haddad").click()
    await page.get_by_role("button", name="it-alerts").click()
    await expect(page).to_have_url(re.compile("#noor/it-alerts$"))
    await page.reload()
    await expect(page.get_by_role("heading", name="it-alerts")).to_be_visible()
    await expect(page.get_by_role("button", name="Noor Haddad")).to_have_attribute("aria-pressed", "true")


async def test_a_phone_shows_one_panel_and_never_scrolls_sideways(
    phone: Page, sandbox: Sandbox, client: AsyncWebClient
) -> None:
    """On a phone the panels are tabs, and the widest cards fit."""
    await client.chat_postMessage(channel=LENA.id, text="x", blocks=toy_app.approval_card("w" * 200))
    await client.chat_postMessage(channel=LENA.id, text="x", blocks=toy_app.INCIDENT_CARD)
    await invite(sandbox)
    await expect(phone.get_by_role("button", name="Give up")).to_be_visible()
    for tab, shown in (("Slack", "log"), ("People", "navigation"), ("ChatGPT", "region")):
        await phone.get_by_role("button", name=tab, exact=True).click()
        await expect(phone.get_by_role(shown).last).to_be_visible()  # type: ignore[arg-type]
        wide = await phone.evaluate(
            """() => [document.documentElement, ...document.querySelectorAll('.panel, .messages, .tour, .topbar')]
            .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.className || 'page')"""
        )
        assert wide == [], f"{tab} scrolls sideways"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_in_either_colour_scheme(
    browser: Browser, sandbox: Sandbox, client: AsyncWebClient, scheme: str
) -> None:
    """Every text on the page has at least WCAG's contrast of 4.5 to 1."""
    await client.chat_postMessage(channel=LENA.id, text="x", blocks=toy_app.approval_card("please"))
    await client.chat_postMessage(channel=LENA.id, text="*b* `code` <https://x.example|link> <@U0MAYA0001>")
    await invite(sandbox)
    async with opened(browser, sandbox.url, viewport=DESKTOP, color_scheme=scheme) as page:
        await page.get_by_role("button", name="Accept as Lena").wait_for()
        await page.get_by_text("Make something go wrong").click()
        assert await page.evaluate(FAINT_TEXTS) == []
