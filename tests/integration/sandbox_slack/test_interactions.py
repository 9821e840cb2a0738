"""What people do reaches a real Bolt app, and what it answers reaches the people: over HTTP and over Socket Mode."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox.slack import Person, Slack
from sandbox.slack.errors import Refusal

FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "request",
    "private_metadata": "kept",
    "title": {"type": "plain_text", "text": "Request access"},
    "submit": {"type": "plain_text", "text": "Send"},
    "close": {"type": "plain_text", "text": "Cancel"},
    "blocks": [
        {
            "type": "input",
            "block_id": "application",
            "dispatch_action": True,
            "label": {"type": "plain_text", "text": "Application"},
            "element": {
                "type": "static_select",
                "action_id": "pick",
                "options": [
                    {"text": {"type": "plain_text", "text": name}, "value": name.lower()}
                    for name in ("ChatGPT", "Figma")
                ],
            },
        },
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}


def button(text: str, action_id: str, value: str = "1") -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action_id, "value": value}


@pytest.mark.usefixtures("listening")
async def test_a_request_travels_from_command_to_decision(
    slack: Slack, bolt: AsyncApp, lena: Person, maya: Person
) -> None:
    """A slash command opens a form, its submission posts a card to the approver, whose press updates the card."""
    seen: list[dict[str, Any]] = []

    @bolt.command("/request-access")
    async def command(ack: Any, body: dict[str, Any], client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await ack()

    @bolt.action("pick")
    async def pick(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    @bolt.view("request")
    async def submitted(ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        seen.append(body)
        values = view["state"]["values"]
        if values["reason"]["text"]["value"] == "please":
            await ack(response_action="errors", errors={"reason": "Say why."})
            return
        actions = {"type": "actions", "elements": [button("Approve", "approve", "request-1"), button("Deny", "deny")]}
        said = {"type": "section", "text": {"type": "mrkdwn", "text": "Lena asks for ChatGPT"}}
        await client.chat_postMessage(channel=maya.id, text="A request", blocks=[said, actions])
        await ack()

    @bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: Any) -> None:
        seen.append(body)
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved by Maya", blocks=[]
        )

    assert (await lena.command("/request-access", "chatgpt")).ok
    assert lena.modal is not None
    assert lena.modal.title == "Request access"

    assert (await lena.choose("Application", "ChatGPT")).ok
    assert seen[-1]["type"] == "block_actions"
    assert seen[-1]["container"] == {"type": "view", "view_id": lena.modal.id}
    assert seen[-1]["actions"][0]["selected_option"]["value"] == "chatgpt"

    empty = await lena.press("Send")
    assert empty.errors == {"Reason": "Please complete this required field."}
    refused = await lena.submit({"Reason": "please"})
    assert refused.errors == {"Reason": "Say why."}
    assert lena.modal is not None
    sent = await lena.submit({"Reason": "To draw a map of the harbour"})
    assert sent.closed
    assert lena.modal is None
    assert seen[-1]["view"]["private_metadata"] == "kept"
    assert seen[-1]["view"]["state"]["values"]["application"]["pick"]["selected_option"]["value"] == "chatgpt"

    card = maya.message("Lena asks")
    assert card.buttons == ["Approve", "Deny"]
    assert (await maya.press("Approve")).ok
    assert seen[-1]["actions"][0]["value"] == "request-1"
    assert seen[-1]["message"]["ts"] == card.ts
    await slack.until(lambda: maya.message("Approved by Maya"))
    assert maya.message("Approved by Maya").buttons == []


async def test_pickers_and_menus_for_several_hold_what_slack_sends(slack: Slack, lena: Person) -> None:
    """A day, a moment, several people and several boxes stand in the state of a form under Slack's own names."""
    box = {"text": {"type": "plain_text", "text": "I know that it costs money"}, "value": "money"}
    elements: dict[str, dict[str, Any]] = {
        "From": {"type": "datepicker"},
        "At": {"type": "datetimepicker"},
        "Time": {"type": "timepicker"},
        "For": {"type": "multi_users_select", "max_selected_items": 2},
        "Known": {"type": "checkboxes", "options": [box]},
    }
    fields = [
        {
            "type": "input",
            "block_id": name,
            "optional": True,
            "label": {"type": "plain_text", "text": name},
            "element": one,
        }
        for name, one in elements.items()
    ]
    slack.views.open(lena.id, {**FORM, "blocks": fields})
    await lena.choose("From", date(2027, 1, 31))
    await lena.choose("At", datetime(2027, 1, 31, 8, 30, tzinfo=UTC))
    await lena.choose("Time", time(9, 5))
    await lena.choose("For", ["Maya Lindqvist", "tom@harbour.example"])
    await lena.choose("Known", ["I know that it costs money"])
    assert lena.modal is not None
    assert [next(iter(lena.modal.values[name].values())) for name in elements] == [
        {"type": "datepicker", "selected_date": "2027-01-31"},
        {"type": "datetimepicker", "selected_date_time": 1_801_384_200},
        {"type": "timepicker", "selected_time": "09:05"},
        {"type": "multi_users_select", "selected_users": ["U0MAYA0001", "U0TOM00001"]},
        {"type": "checkboxes", "selected_options": [lena.modal.blocks[4]["element"]["options"][0]]},
    ]
    for label, value in (("From", "31.01.2027"), ("At", "soon"), ("For", ["Lena Fischer", "U0MAYA0001", "U0TOM00001"])):
        with pytest.raises(Refusal, match="option_not_found"):
            await lena.choose(label, value)
    assert lena.entered("For") == ["U0MAYA0001", "U0TOM00001"]
