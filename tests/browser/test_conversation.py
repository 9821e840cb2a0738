"""The conversation on the sandbox's page: what an app posts is shown as Slack shows it, and text stays text."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.server import Sandbox
from tests.browser import toy_app

LENA, MAYA, NOOR = company.LENA.id, company.MAYA.id, company.NOOR.id


async def test_mrkdwn_is_shown_as_slack_shows_it(page: Page, client: AsyncWebClient) -> None:
    """Emphasis, code, quotes, links, mentions, dates and emoji are rendered; ids are not shown."""
    await client.chat_postMessage(
        channel=LENA,
        text=(
            "*bold* _soft_ ~gone~ `code *raw*` <https://chatgpt.com|the site> <@U0MAYA0001> <!channel> "
            "<!subteam^S0ITADMINS> :tada: "
            "2*3*4 snake_case_name <!date^1795460400^on {date_num} at {time}|later>\n>quoted\n```a < b\n*raw*```"
        ),
    )
    message = page.get_by_role("article").last
    await expect(message.locator("strong").nth(1)).to_have_text("bold")
    await expect(message.locator("em")).to_have_text("soft")
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator("code")).to_have_text("code *raw*")
    await expect(message.get_by_role("link", name="the site")).to_have_attribute("href", "https://chatgpt.com")
    await expect(message.locator(".mention")).to_have_text(["@Maya Lindqvist", "@channel", "@it-admins"])
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("pre")).to_have_text("a < b\n*raw*")
    await expect(message).to_contain_text("🎉 2*3*4 snake_case_name on 2026-11-23 at 20:00")
    await expect(message).not_to_contain_text("U0MAYA0001")


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<javascript:alert(1)|click me>",
        "&lt;b&gt;not bold&lt;/b&gt; &amp;lt;",
        '"><svg/onload=alert(1)>',
    ],
)
async def test_text_is_never_html(page: Page, client: AsyncWebClient, text: str) -> None:
    """Whatever a message says, it makes no element, no script and no link that runs one."""
    await client.chat_postMessage(channel=LENA, text=text, blocks=[{"type": "section", "text": toy_app.mrkdwn(text)}])
    await client.chat_postMessage(channel=LENA, text="x", blocks=[{"type": "header", "text": toy_app.plain(text)}])
    await expect(page.get_by_role("article")).to_have_count(2)
    messages = page.get_by_role("log")
    await expect(messages.locator("img, script, b, a")).to_have_count(0)
    await expect(page.get_by_role("heading", name=text)).to_have_text(text)


async def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(page: Page) -> None:
    """A strict Content-Security-Policy stands behind the escaping."""
    response = await page.reload()
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


async def test_cards_follow_what_the_app_makes_of_them(page: Page, client: AsyncWebClient) -> None:
    """An updated message changes where it stands, is marked as edited, and loses the buttons that it lost."""
    posted = await client.chat_postMessage(
        channel=LENA, text="x", blocks=toy_app.approval_card("For the &lt;harbour&gt;")
    )
    card = page.get_by_role("article")
    await expect(card.get_by_role("heading", name="Access request: ChatGPT")).to_be_visible()
    await expect(card.locator(".fields > *")).to_have_text(
        ["RoleMember", "Seat typeChatGPT", "Duration7 days", "Stage1 of 1"]
    )
    await expect(card.locator("blockquote")).to_have_text("For the <harbour>")
    await expect(card.get_by_role("button", name="Approve")).to_be_visible()
    channel, ts = posted["channel"], posted["ts"]
    await client.chat_update(channel=channel, ts=ts, text="x", blocks=toy_app.approval_card("x", decided="Approved"))
    await expect(card.get_by_text("✅ Approved")).to_be_visible()
    await expect(card.get_by_text("(edited)")).to_be_visible()
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)


async def test_replies_stand_below_what_they_answer(page: Page, client: AsyncWebClient) -> None:
    """A reply in a thread is shown under its parent, not at the end of the conversation."""
    first = await client.chat_postMessage(channel=LENA, text="first")
    await client.chat_postMessage(channel=LENA, text="second")
    await client.chat_postMessage(channel=LENA, text="about the first", thread_ts=first["ts"])
    await expect(page.get_by_role("list", name="Replies")).to_contain_text("about the first")
    await expect(page.get_by_role("article")).to_contain_text(["first", "about the first", "second"])


@pytest.mark.usefixtures("toy")
async def test_somebody_replies_in_the_thread_of_a_message(
    page: Page, sandbox: Sandbox, client: AsyncWebClient
) -> None:
    """What is written after “Reply in thread” stands under the message, and the app hears of it with the thread."""
    card = await client.chat_postMessage(channel=LENA, text="Your request waits for Maya")
    await page.get_by_role("button", name="Reply to Usher").click()
    await page.get_by_label("Message Usher").fill("For the fair & the <map>")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("list", name="Replies").get_by_role("article")).to_contain_text(
        "For the fair & the <map>"
    )
    heard = await sandbox.slack.until(
        lambda: next(
            one.outgoing.payload["event"]
            for one in sandbox.slack.courier.of_kind("message")
            if one.outgoing.payload["event"]["user"] == LENA
        )
    )
    assert (heard["thread_ts"], heard["channel_type"]) == (card["ts"], "im")
    assert heard["text"] == "For the fair &amp; the &lt;map&gt;"


async def test_what_waits_for_others_is_seen_on_their_avatars(page: Page, client: AsyncWebClient) -> None:
    """A badge counts what somebody has not read; becoming that person and reading removes it."""
    await client.chat_postMessage(channel=MAYA, text="x", blocks=toy_app.approval_card("please"))
    maya = page.get_by_role("button", name="Maya Lindqvist")
    await expect(maya).to_contain_text("1 unread")
    await maya.click()
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    await expect(maya).not_to_contain_text("unread")
    await expect(page.get_by_role("button", name="Lena Fischer")).to_have_attribute("aria-pressed", "false")


async def test_the_alert_channel_is_there_for_its_members_only(page: Page, client: AsyncWebClient) -> None:
    """Noor sees #it-alerts and Lena does not."""
    await client.chat_postMessage(channel=company.ALERT_CHANNEL.id, text="x", blocks=toy_app.INCIDENT_CARD)
    places = page.get_by_role("navigation")
    await expect(places.get_by_role("button")).to_have_text(["Usher", "Usher Home"])
    await page.get_by_role("button", name="Noor Haddad").click()
    await places.get_by_role("button", name="it-alerts").click()
    await expect(page.get_by_role("heading", name="🚨 ChatGPT does not let Usher in")).to_be_visible()
    await expect(page.get_by_role("button", name="I did it by hand")).to_be_visible()


async def test_live_updates_leave_the_visitor_alone(page: Page, client: AsyncWebClient) -> None:
    """A message that arrives while somebody types takes neither the focus, nor the caret, nor the text."""
    composer = page.get_by_label("Message Usher")
    await composer.press_sequentially("half a sentence")
    await composer.press("ArrowLeft")
    await client.chat_postMessage(channel=LENA, text="meanwhile")
    await expect(page.get_by_text("meanwhile")).to_be_visible()
    await expect(composer).to_be_focused()
    await page.keyboard.type("|")
    await expect(composer).to_have_value("half a sentenc|e")


async def test_a_reader_further_up_stays_there(page: Page, client: AsyncWebClient) -> None:
    """The newest message is in view, unless somebody has scrolled up to read."""
    for number in range(40):
        await client.chat_postMessage(channel=LENA, text=f"message {number}")
    await expect(page.get_by_text("message 39")).to_be_in_viewport()
    log = page.get_by_role("log")
    await log.evaluate("node => { node.scrollTop = 0 }")
    await expect(page.get_by_text("message 0", exact=True)).to_be_in_viewport()
    await client.chat_postMessage(channel=LENA, text="one more")
    await expect(page.get_by_text("one more")).to_be_attached()
    await expect(page.get_by_text("message 0", exact=True)).to_be_in_viewport()


async def test_a_message_reaches_the_app(page: Page, sandbox: Sandbox) -> None:
    """What somebody writes is delivered as they wrote it, and shown as they wrote it."""
    await page.get_by_label("Message Usher").fill("is 1 < 2 & <b>bold</b>?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("is 1 < 2 & <b>bold</b>?")
    await expect(page.get_by_label("Message Usher")).to_have_value("")
    await sandbox.slack.until(lambda: len(sandbox.slack.state.dm(LENA).messages) == 1)
