"""A newcomer at the page of `usher demo`: the real bot, between the simulated Slack and the simulated ChatGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from bot.cli.demo.stage import stage
from sandbox.server import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, opened
from tests.support.chat_window import ChatWindow
from tests.support.logging_as_before import logging_as_before
from tests.support.visitor import Visitor, expect

LENA, TOM, MAYA, NOOR = "Lena Fischer", "Tom Okafor", "Maya Lindqvist", "Noor Haddad"


@pytest_asyncio.fixture(loop_scope="session")
async def demo() -> AsyncIterator[Sandbox]:
    """What `usher demo` starts."""
    with logging_as_before():
        async with stage() as (sandbox, _):
            yield sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, demo: Sandbox) -> AsyncIterator[Visitor]:
    """Somebody who has just opened the demo, at a desk."""
    async with opened(browser, demo.url, viewport=DESKTOP) as page:
        yield Visitor(page)


async def test_a_seat_is_asked_for_given_and_taken_back(visitor: Visitor) -> None:
    """The whole story of the first steps, which say at every point what comes next."""
    page, keys = visitor.page, visitor.page.keyboard
    await expect(visitor.step).to_contain_text("Ask")
    await visitor.composer.focus()
    await keys.type("/req")
    await expect(page.get_by_role("option", name="/request-access")).to_be_visible()
    await keys.press("Tab")
    await keys.press("Enter")
    form = page.get_by_role("dialog", name="Request access")
    await form.get_by_label("Application").select_option(label="ChatGPT")
    await form.get_by_label("Seat type").select_option(label="Codex seat")
    await form.get_by_label("Duration").select_option(label="2 minutes")
    await form.get_by_label("Reason").fill("To try the new agent")
    await form.get_by_role("button", name="Send request").click()
    await expect(visitor.card("ChatGPT · Waiting for approval")).to_contain_text("@Maya Lindqvist (your manager)")

    await expect(visitor.person(MAYA)).to_contain_text("1 unread")
    await expect(visitor.step).to_contain_text("Approve")
    await visitor.first_steps.get_by_role("button", name="Become Maya").click()
    asked = visitor.card("Lena Fischer asks for ChatGPT")
    await expect(asked).to_contain_text("Member · Codex seat · 2 minutes")
    await expect(asked.locator("blockquote")).to_have_text("To try the new agent")
    await expect(asked).to_contain_text("has no access to ChatGPT yet")
    await visitor.press("Approve", on="Lena Fischer asks for ChatGPT")
    await expect(asked).to_contain_text("Lena Fischer asks for ChatGPT · Approved")
    await expect(asked.locator(".actions")).to_have_count(0)

    invites = visitor.section("Pending invites")
    await expect(invites).to_contain_text("lena@harbour.example")
    await expect(invites.locator(".pill")).to_have_text(["Member", "Codex"])
    await expect(visitor.step).to_contain_text("Accept")
    await visitor.become(LENA)
    await expect(visitor.card("ChatGPT · Invited")).to_contain_text("lena@harbour.example")
    await visitor.accept_as("Lena")
    await expect(visitor.card("ChatGPT · Active")).to_contain_text("It lasts until")
    await expect(visitor.section("Members (4)")).to_contain_text(LENA)
    await visitor.workspace.get_by_text("Recent calls").click()
    await expect(visitor.workspace.get_by_role("list", name="Recent calls")).to_contain_text("Members were listed")
    assert await visitor.raw_ids() == []

    await expect(visitor.step).to_contain_text("Let it end")
    await visitor.skip("2 minutes")
    await expect(visitor.section("Members (3)")).not_to_contain_text(LENA)
    await expect(visitor.card("ChatGPT · Ended")).to_contain_text("The time ran out")
    await expect(page.get_by_role("list", name="Replies")).to_contain_text("Your access to ChatGPT has ended.")
    await expect(page.get_by_role("button", name="Give back")).to_have_count(0)
    await expect(visitor.first_steps).to_contain_text("That was a whole lifecycle.")
    await visitor.become(MAYA)
    await expect(asked).to_contain_text("· Approved")
    await expect(asked.locator(".actions")).to_have_count(0)

    async with page.context.expect_page() as opening:
        await visitor.first_steps.get_by_role("link", name="ChatGPT, as Tom").click()
    chat = ChatWindow(await opening.value)
    await chat.connect(TOM)
    await chat.ask("Get me Figma, I draw the mock-ups")
    await chat.button("Confirm").click()
    await expect(chat.component.get_by_text("Waiting for approval")).to_be_visible()
    await expect(visitor.card("Tom Okafor asks for Figma").locator("blockquote")).to_have_text("I draw the mock-ups")


async def test_a_denial_reaches_the_requester_with_its_reason(visitor: Visitor) -> None:
    """On the card and under it; the approver's card has no buttons any more, and the first steps do not insist."""
    await visitor.request("chatgpt 7d to write the briefs")
    await visitor.become(MAYA)
    await visitor.press("Deny", on="Lena Fischer asks for ChatGPT")
    await expect(visitor.dialog).to_contain_text("Lena Fischer will read this.")
    await visitor.answer("Please finish the brand audit first.", "Deny")
    asked = visitor.card("Lena Fischer asks for ChatGPT · Denied")
    await expect(asked.locator(".actions")).to_have_count(0)
    await expect(visitor.first_steps).to_contain_text("Maya has answered.")
    await visitor.become(LENA)
    denied = visitor.card("ChatGPT · Denied")
    await expect(denied.locator("blockquote")).to_have_text("Please finish the brand audit first.")
    await expect(denied.locator(".actions")).to_have_count(0)
    told = visitor.page.get_by_role("list", name="Replies")
    await expect(told).to_contain_text("@Maya Lindqvist denied your request for ChatGPT:")
    await expect(told.locator("blockquote")).to_have_text("Please finish the brand audit first.")


async def test_what_goes_wrong_is_an_incident_until_it_works_again(visitor: Visitor) -> None:
    """The admin is told in the alert channel what happened, to whom, and what to do; Try again gives the access."""
    await visitor.switch("The session was ended", on=True)
    await visitor.request("chatgpt codex 7d to refactor the harbour map")
    await visitor.become(MAYA)
    await visitor.press("Approve", on="Lena Fischer asks for ChatGPT")
    await expect(visitor.person(NOOR)).to_contain_text("1 unread")
    await visitor.become(NOOR, at="it-alerts")
    incident = visitor.card("Usher is signed out of ChatGPT")
    await expect(incident).to_contain_text("Concerns: Lena Fischer")
    await expect(incident).to_contain_text("What to do:")
    await expect(incident.locator(".actions button")).to_have_text(["Try again", "I did it by hand", "Give up"])
    assert await visitor.raw_ids() == []
    await visitor.become(LENA)
    await expect(visitor.card("ChatGPT · Being set up")).to_contain_text("The admins have been told.")

    await visitor.switch("The session was ended", on=False)
    await visitor.become(NOOR, at="it-alerts")
    await visitor.press("Try again", on="Usher is signed out of ChatGPT")
    await expect(visitor.card("Usher is signed out of ChatGPT · Solved").locator(".actions")).to_have_count(0)
    await visitor.accept_as("Lena")
    await visitor.become(LENA)
    await expect(visitor.card("ChatGPT · Active")).to_be_visible()


async def test_the_manager_approves_on_the_home_tab(visitor: Visitor) -> None:
    """It stands first there, and what was decided there is decided on the card, too."""
    await visitor.request("chatgpt 30d to write the briefs")
    await visitor.become(MAYA, at="Usher Home")
    home = visitor.page.get_by_role("region", name="Usher Home")
    await expect(home.get_by_role("heading").first).to_have_text("Waiting for me")
    await expect(home).to_contain_text("Lena Fischer asks for ChatGPT")
    await home.get_by_role("button", name="Approve", exact=True).click()
    await expect(home).to_contain_text("Nothing is waiting for you.")
    await expect(visitor.section("Pending invites")).to_contain_text("lena@harbour.example")
    await visitor.become(MAYA)
    await expect(visitor.card("Lena Fischer asks for ChatGPT · Approved").locator(".actions")).to_have_count(0)
    await visitor.become(LENA, at="Usher Home")
    await expect(home).to_contain_text("ChatGPT · Invited")
    await home.get_by_role("button", name="Give back").click()
    await visitor.dialog.get_by_role("button", name="Give back").click()
    await expect(home).to_contain_text("You have no access through Usher yet.")
    await expect(visitor.section("Pending invites")).to_have_count(0)


async def test_what_an_admin_could_not_do_by_hand_is_told_with_the_reason(visitor: Visitor) -> None:
    """Figma has no connector: its admin is asked, and what the admin says comes to whoever waits."""
    await visitor.become(TOM)
    await visitor.request("figma unlimited to look at the mock-ups")
    await visitor.become(MAYA)
    await visitor.press("Approve", on="Tom Okafor asks for Figma")
    await visitor.become(NOOR)
    await visitor.press("Could not", on="Give Tom Okafor access to Figma")
    await visitor.answer("No licence is left until January.", "Send")
    await visitor.become(TOM)
    ended = visitor.card("Figma · Ended")
    await expect(ended).to_contain_text("It could not be set up, and an admin closed it.")
    await expect(ended).not_to_contain_text("The access was gone")
    told = visitor.page.get_by_role("list", name="Replies")
    await expect(told).to_contain_text("Your request for Figma has ended.")
    await expect(told).to_contain_text("No licence is left until January.")


async def test_a_request_made_twice_leads_to_its_card(visitor: Visitor) -> None:
    """The link under the refusal shows the card on this page; nothing leads out of the demo."""
    await visitor.request("chatgpt codex 7d to try the new agent")
    await expect(visitor.card("ChatGPT · Waiting for approval")).to_be_visible()
    await visitor.type("/request-access chatgpt codex 7d once more")
    await visitor.dialog.get_by_role("button", name="Send request").click()
    await expect(visitor.dialog).to_contain_text("You have asked for just this already, and it is not decided yet.")
    await visitor.dialog.get_by_role("link", name="See the card.").click()
    await expect(visitor.dialog).to_have_count(0)
    await expect(visitor.card("ChatGPT · Waiting for approval")).to_be_in_viewport()
    assert len(visitor.page.context.pages) == 1
    await visitor.press("Cancel request", on="ChatGPT · Waiting for approval")
    await expect(visitor.card("ChatGPT · Cancelled")).to_be_visible()


async def test_the_story_fits_on_a_phone(browser: Browser, demo: Sandbox) -> None:
    """Ask, approve, accept and end with nothing but the tabs and the first steps."""
    async with opened(browser, demo.url, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        visitor = Visitor(page)
        await visitor.request("chatgpt codex 2m to try the new agent")
        await expect(visitor.card("ChatGPT · Waiting for approval")).to_be_visible()
        await visitor.first_steps.get_by_role("button", name="Become Maya").tap()
        await visitor.press("Approve", on="Lena Fischer asks for ChatGPT")
        await visitor.first_steps.get_by_role("button", name="Show ChatGPT").tap()
        await visitor.accept_as("Lena")
        await visitor.become(LENA)
        await expect(visitor.card("ChatGPT · Active")).to_be_visible()
        await visitor.skip("2 minutes")
        await expect(visitor.card("ChatGPT · Ended")).to_be_visible()
        await visitor.look_at("ChatGPT")
        await expect(visitor.section("Members (3)")).not_to_contain_text(LENA)
