"""The page's JSON: what a visitor sees and does as somebody of the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack

LENA = "U0LENA0001"
DM = "D0LENA0001"


@pytest.fixture
async def page(slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{slack.base_url}/page", trust_env=False) as client:
        yield client


async def get(page: httpx.AsyncClient, path: str, **params: Any) -> Any:
    return (await page.get(path, params={"as": LENA, **params})).json()


async def post(page: httpx.AsyncClient, path: str, **body: Any) -> Any:
    return (await page.post(path, json={"as": LENA, **body})).json()


async def test_the_state_names_people_and_conversations(client: AsyncWebClient, page: httpx.AsyncClient) -> None:
    """Unread messages count until the conversation is read; a channel shows only to its members."""
    await client.chat_postMessage(channel=LENA, text="Welcome")
    state = await get(page, "/state")
    assert state["people"][0] == {
        "id": LENA,
        "name": "Lena Fischer",
        "title": "Product designer",
        "initials": "LF",
        "color": "#9f69e7",
        "is_bot": False,
        "active": True,
    }
    (dm,) = state["conversations"]
    assert (dm["id"], dm["name"], dm["kind"], dm["unread"]) == (DM, "Usher", "dm", 1)
    assert state["modal"] is None
    assert state["commands"][0]["command"] == "/request-access"
    assert state["shortcuts"] == [{"callback_id": "request_access", "name": "Request access"}]
    (message,) = (await get(page, f"/conversation/{DM}"))["messages"]
    assert (message["user_name"], message["text"], message["edited"], message["ephemeral"]) == (
        "Usher",
        "Welcome",
        False,
        False,
    )
    assert (await get(page, "/state"))["conversations"][0]["unread"] == 0
    noor = await get(page, "/state", **{"as": "U0NOOR0001"})
    assert {one["name"] for one in noor["conversations"]} == {"Usher", "it-alerts"}
    assert (await page.get("/state", params={"as": "U0NOBODY"})).status_code == 404
    assert (await get(page, "/conversation/C0ALERTS01"))["error"] == "not_in_channel"


async def test_a_poll_answers_when_something_changes(
    slack: Slack, client: AsyncWebClient, page: httpx.AsyncClient
) -> None:
    """The poll waits for a version above the one it knows."""
    poll = asyncio.create_task(get(page, "/changes", since=slack.version))
    await client.auth_test()
    assert not poll.done()
    await client.chat_postMessage(channel=LENA, text="x")
    assert (await poll)["version"] == slack.version


@pytest.mark.usefixtures("http")
async def test_a_visitor_fills_in_a_form(slack: Slack, bolt: AsyncApp, page: httpx.AsyncClient) -> None:
    """Command, suggestion, action, submission and closing, each by the ids that the page was given."""
    plain = {"type": "plain_text", "text": "Form"}
    select = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
    reason = {"type": "plain_text_input", "action_id": "text"}
    view = {
        "type": "modal",
        "callback_id": "form",
        "notify_on_close": True,
        "title": plain,
        "submit": plain,
        "blocks": [
            {"type": "input", "block_id": "app", "dispatch_action": True, "label": plain, "element": select},
            {"type": "input", "block_id": "why", "label": plain, "element": reason},
        ],
    }
    seen: list[dict[str, Any]] = []

    @bolt.command("/request-access")
    @bolt.shortcut("request_access")
    async def opening(ack: Any, body: dict[str, Any], client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    @bolt.options("pick")
    async def options(ack: Any, payload: dict[str, Any]) -> None:
        await ack(
            options=[{"text": {"type": "plain_text", "text": payload["value"].title()}, "value": payload["value"]}]
        )

    @bolt.action("pick")
    @bolt.view("form")
    @bolt.view_closed("form")
    async def anything(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    assert await post(page, "/command", channel=DM, command="/request-access", text="") == {"ok": True, "closed": False}
    modal = (await get(page, "/state"))["modal"]
    place = {"type": "view", "view_id": modal["id"]}
    asked = {"block_id": "app", "action_id": "pick"}
    offered = await post(page, "/suggest", view_id=modal["id"], **asked, query="figma")
    assert offered == {"options": [{"text": "Figma", "value": "figma"}]}
    assert (await post(page, "/action", container=place, **asked, value="figma"))["ok"]
    assert seen[-1]["actions"][0]["selected_option"]["value"] == "figma"
    unknown = await post(page, "/action", container=place, **asked, value="miro")
    assert unknown == {"ok": False, "error": "option_not_found"}
    empty = await post(page, "/submit", view_id=modal["id"], values={"why": {"text": ""}})
    assert empty == {"ok": False, "errors": {"why": "Please complete this required field."}}
    sent = await post(page, "/submit", view_id=modal["id"], values={"why": {"text": "x"}})
    assert sent == {"ok": True, "closed": True}
    assert seen[-1]["view"]["state"]["values"]["app"]["pick"]["selected_option"]["value"] == "figma"
    await post(page, "/shortcut", callback_id="request_access")
    modal = (await get(page, "/state"))["modal"]
    assert (await post(page, "/close", view_id=modal["id"]))["ok"]
    assert seen[-1]["type"] == "view_closed"
    assert seen[-1]["is_cleared"] is False
    assert (await post(page, "/close", view_id=modal["id"]))["error"] == "not_found"


@pytest.mark.usefixtures("http")
async def test_opening_the_home_tab_tells_the_app(slack: Slack, bolt: AsyncApp, page: httpx.AsyncClient) -> None:
    """Only a visit that is not quiet sends app_home_opened; the second one carries the view."""
    opened: list[dict[str, Any]] = []

    @bolt.event("app_home_opened")
    async def event(event: dict[str, Any], client: Any) -> None:
        opened.append(event)
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    assert (await get(page, "/home"))["view"] is None
    await slack.until(lambda: slack.views.homes)
    assert (await get(page, "/home", quiet=1))["view"]["blocks"][0]["type"] == "divider"
    await get(page, "/home")
    await slack.until(lambda: len(opened) == 2)
    assert "view" not in opened[0]
    assert opened[1]["view"]["type"] == "home"


async def test_control_switches_people_and_faults(
    slack: Slack, client: AsyncWebClient, page: httpx.AsyncClient
) -> None:
    """A visitor can deactivate somebody and make Slack fail; who is deactivated cannot act."""
    await post(page, "/control", deactivate=LENA)
    assert (await get(page, "/state"))["people"][0]["active"] is False
    assert (await post(page, "/say", channel=DM, text="x"))["error"] == "user_disabled"
    await post(page, "/control", reactivate=LENA, fault={"method": "auth.test", "kind": "error", "error": "x"})
    assert (await post(page, "/say", channel=DM, text="x"))["ok"]
    assert len(slack.faults.active) == 1
    await post(page, "/control", clear_faults=True)
    assert (await client.auth_test())["ok"]
    failed = await post(page, "/command", channel=DM, command="/request-access", text="")
    assert failed["told"] == '/request-access failed with the error "dispatch_failed"'
    assert "missing field" in (await post(page, "/command"))["error"]
