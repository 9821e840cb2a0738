"""Slash commands, modals and the Home tab on the sandbox's page, with a real Slack app behind them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox import company
from sandbox.server import Sandbox
from tests.browser import toy_app

pytestmark = pytest.mark.usefixtures("toy")


async def opened_form(page: Page) -> Locator:
    await page.get_by_label("Message Usher").fill("/request-access ")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Request access")
    await expect(form).to_be_visible()
    return form


async def test_a_request_is_made_without_a_mouse(page: Page) -> None:
    """Completing the command, opening the form, filling it in and sending it takes only the keyboard."""
    keys = page.keyboard
    await page.get_by_label("Message Usher").focus()
    await keys.type("/r")
    option = page.get_by_role("option", name="/request-access")
    await expect(option).to_have_attribute("aria-selected", "true")
    await keys.press("Tab")
    await expect(page.get_by_label("Message Usher")).to_have_value("/request-access ")
    await expect(option).to_have_count(0)
    await keys.press("Enter")
    await expect(page.get_by_label("Application")).to_be_focused()
    await keys.type("Chat")  # a select goes to what is typed
    await keys.press("Tab")
    await expect(page.get_by_role("radio", name="ChatGPT")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Codex")).to_be_checked()
    await page.get_by_label("Project").focus()
    await keys.type("mar")
    await expect(page.get_by_role("option", name="Marina")).to_be_visible()
    await keys.press("Enter")
    await expect(page.get_by_label("Project")).to_have_value("Marina")
    await keys.press("Tab")
    await expect(page.get_by_label("Reason")).to_be_focused()
    await keys.type("Because <b>briefs</b> take a day.")
    await page.get_by_role("button", name="Send request").focus()
    await keys.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_label("Message Usher")).to_be_focused()
    await expect(page.get_by_role("article").last).to_contain_text("is with @Maya Lindqvist: marina")


async def test_tab_stays_inside_a_modal_and_escape_closes_it(page: Page, sandbox: Sandbox) -> None:
    """A modal keeps the keyboard; Esc closes it here and in Slack, and gives the focus back."""
    form = await opened_form(page)
    await form.get_by_role("button", name="Send request").focus()
    await page.keyboard.press("Tab")
    await expect(form.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(form.get_by_role("button", name="Send request")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(page.get_by_label("Message Usher")).to_be_focused()
    await sandbox.slack.until(lambda: sandbox.slack.views.modal(company.LENA.id) is None)


async def test_required_fields_are_named_before_anything_is_sent(page: Page, sandbox: Sandbox) -> None:
    """Slack's own check: the sentence stands under the field, is tied to it, and the first such field has the focus."""
    form = await opened_form(page)
    await form.get_by_role("button", name="Send request").click()
    application = form.get_by_label("Application")
    await expect(application).to_have_attribute("aria-invalid", "true")
    await expect(application).to_have_accessible_description("Please complete this required field.")
    await expect(application).to_be_focused()
    await expect(form.get_by_text("Please complete this required field.")).to_have_count(2)
    assert sandbox.slack.courier.of_kind("view_submission") == []


async def test_what_the_app_refuses_stands_under_its_field(page: Page) -> None:
    """An error of the app is shown at its field, what was typed stays, and a better answer is taken."""
    form = await opened_form(page)
    await form.get_by_label("Application").select_option(label="Figma")
    await expect(form.get_by_text("Interface design and prototyping")).to_be_visible()
    reason = form.get_by_label("Reason")
    await reason.fill("why not")
    await form.get_by_role("button", name="Send request").click()
    await expect(reason).to_have_accessible_description(f"Your manager reads this. {toy_app.TOO_SHORT}")
    await expect(reason).to_be_focused()
    await expect(reason).to_have_value("why not")
    await reason.fill("A whole sentence about it.")
    await form.get_by_role("button", name="Send request").click()
    await expect(form).to_have_count(0)


async def test_what_is_entered_reaches_the_app(page: Page, sandbox: Sandbox) -> None:
    """Every kind of input arrives in the submission as Slack sends it."""
    form = await opened_form(page)
    await form.get_by_label("Application").select_option(label="ChatGPT")
    await form.get_by_label("Codex").check()
    await form.get_by_label("From").fill("2027-01-31")
    await form.get_by_label("Reason").fill("Refactoring the harbour map")
    await form.get_by_label("For", exact=True).select_option(label="Tom Okafor")
    await form.get_by_label("a seat costs money").check()
    await form.get_by_role("button", name="Send request").click()
    await expect(form).to_have_count(0)
    [submission] = sandbox.slack.courier.of_kind("view_submission")
    values = {
        block: actions["value"] for block, actions in submission.outgoing.payload["view"]["state"]["values"].items()
    }
    assert values["application"]["selected_option"]["value"] == "chatgpt"
    assert values["seat"]["selected_option"]["value"] == "codex"
    assert values["from"]["selected_date"] == "2027-01-31"
    assert values["reason"]["value"] == "Refactoring the harbour map"
    assert values["for"]["selected_user"] == company.TOM.id
    assert [one["value"] for one in values["known"]["selected_options"]] == ["money"]
    assert values["project"]["selected_option"] is None


async def test_a_day_with_a_time_and_several_people_reach_the_app(page: Page, sandbox: Sandbox) -> None:
    """A moment is seconds in the visitor's time zone; a menu for several people lets no more be chosen than it says."""
    form = await opened_form(page)
    await form.get_by_label("Application").select_option(label="ChatGPT")
    await form.get_by_label("Reason").fill("Refactoring the harbour map")
    await form.get_by_label("At", exact=True).fill("2027-01-31T09:30")
    team = form.get_by_label("Team")
    for name in ("Tom Okafor", "Maya Lindqvist"):
        await team.fill(name[:3])
        await form.get_by_role("listbox", name="Options").get_by_role("option", name=name).click()
        await expect(form.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    await team.press_sequentially("Noor")
    await expect(form.get_by_text("No more than 2 can be chosen.")).to_be_visible()
    await form.get_by_role("button", name="Remove Tom Okafor").click()
    await form.get_by_role("button", name="Send request").click()
    await expect(form).to_have_count(0)
    [submission] = sandbox.slack.courier.of_kind("view_submission")
    values = submission.outgoing.payload["view"]["state"]["values"]
    nine_thirty = datetime(2027, 1, 31, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert values["at"]["value"]["selected_date_time"] == nine_thirty.timestamp()
    assert values["team"]["value"]["selected_users"] == [company.MAYA.id]


async def test_a_dangerous_button_asks_first(page: Page, sandbox: Sandbox) -> None:
    """A confirm dialog stands before the action; its answer is private to the person."""
    form = await opened_form(page)
    await form.get_by_label("Application").select_option(label="ChatGPT")
    await form.get_by_label("Reason").fill("A good reason, I think")
    await form.get_by_role("button", name="Send request").click()
    await page.get_by_role("button", name="Maya Lindqvist").click()
    deny = page.get_by_role("button", name="Deny", exact=True)
    await deny.click()
    question = page.get_by_role("dialog", name="Deny this request?")
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    assert sandbox.slack.courier.of_kind("block_actions") == []
    await expect(deny).to_be_focused()
    await deny.click()
    await question.get_by_role("button", name="Deny it").click()
    private = page.get_by_role("article").filter(has_text="Only visible to you")
    await expect(private).to_contain_text("Only a manager of the other team can do that.")


async def test_a_command_answers_the_person_alone(page: Page) -> None:
    """What an app says in its acknowledgement is an ephemeral message."""
    await page.get_by_label("Message Usher").fill("/request-access status")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("Only visible to you")
    await expect(page.get_by_role("article").locator("strong").nth(1)).to_have_text("no")


async def test_the_home_tab_is_what_the_app_published(page: Page, sandbox: Sandbox) -> None:
    """Opening the Home tab tells the app, and its buttons work."""
    await page.get_by_role("button", name="Usher Home").click()
    await expect(page.get_by_role("heading", name="Your access")).to_be_visible()
    await page.get_by_label("More actions").click()
    await page.get_by_role("button", name="Give back").click()
    await sandbox.slack.until(lambda: sandbox.slack.courier.of_kind("block_actions"))
    [pressed] = sandbox.slack.courier.of_kind("block_actions")
    assert pressed.outgoing.payload["actions"][0]["selected_option"]["value"] == "give_back"
