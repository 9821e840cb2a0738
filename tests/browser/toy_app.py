"""A small Slack app of its own, to try the page with: it asks for access and hands it out without asking anybody."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

JSON = dict[str, Any]
TOO_SHORT = "Please say a little more: your manager reads this."


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> JSON:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str, description: str | None = None) -> JSON:
    about = {"description": plain(description)} if description else {}
    return {"text": plain(text), "value": value, **about}


def button(text: str, action_id: str, **more: Any) -> JSON:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": "1", **more}


def field(block_id: str, label: str, element: JSON, **more: Any) -> JSON:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "value", **element},
        **more,
    }


REQUEST_FORM: JSON = {
    "type": "modal",
    "callback_id": "request",
    "title": plain("Request access"),
    "submit": plain("Send request"),
    "close": plain("Cancel"),
    "blocks": [
        {"type": "section", "text": mrkdwn("The right person decides. You will hear from me *here*.")},
        field(
            "application",
            "Application",
            {
                "type": "static_select",
                "placeholder": plain("Choose an application"),
                "options": [
                    option("ChatGPT", "chatgpt", "Chat, data analysis and image generation"),
                    option("Figma", "figma", "Interface design and prototyping"),
                ],
            },
        ),
        field(
            "seat",
            "Seat type",
            {
                "type": "radio_buttons",
                "options": [option("ChatGPT", "chatgpt"), option("Codex", "codex", "For people who write code")],
                "initial_option": option("ChatGPT", "chatgpt"),
            },
        ),
        field("from", "From", {"type": "datepicker"}, optional=True),
        field(
            "project",
            "Project",
            {"type": "external_select", "min_query_length": 0, "placeholder": plain("Type to search")},
            optional=True,
        ),
        field(
            "reason",
            "Reason",
            {"type": "plain_text_input", "multiline": True, "placeholder": plain("What do you want to do with it?")},
            hint=plain("Your manager reads this."),
        ),
        field(
            "for",
            "For",
            {"type": "users_select", "initial_user": "U0LENA0001", "placeholder": plain("Somebody")},
            optional=True,
        ),
        field(
            "known",
            "I know that",
            {
                "type": "checkboxes",
                "options": [
                    option("company data stays in the company's workspace", "data"),
                    option("a seat costs money", "money"),
                ],
            },
            optional=True,
        ),
        field("at", "At", {"type": "datetimepicker"}, optional=True),
        field("team", "Team", {"type": "multi_users_select", "max_selected_items": 2}, optional=True),
    ],
}


def approval_card(reason: str, *, decided: str | None = None) -> list[JSON]:
    """A card for an approver. `reason` is mrkdwn, as the app has escaped it."""
    decision: JSON = {
        "type": "actions",
        "elements": [
            button("Approve", "approve", style="primary"),
            button(
                "Deny",
                "deny",
                style="danger",
                confirm={
                    "title": plain("Deny this request?"),
                    "text": mrkdwn("Lena Fischer will be told that you denied *ChatGPT*."),
                    "confirm": plain("Deny it"),
                    "deny": plain("Not now"),
                    "style": "danger",
                },
            ),
        ],
    }
    if decided:
        decision = {"type": "context", "elements": [mrkdwn(f":white_check_mark: {decided}")]}
    return [
        {"type": "header", "text": plain("Access request: ChatGPT")},
        {"type": "section", "text": mrkdwn("<@U0LENA0001> asks for *ChatGPT*.")},
        {
            "type": "section",
            "fields": [
                mrkdwn("*Role*\nMember"),
                mrkdwn("*Seat type*\nChatGPT"),
                mrkdwn("*Duration*\n7 days"),
                mrkdwn("*Stage*\n1 of 1"),
            ],
        },
        {"type": "section", "text": mrkdwn(f"*Reason*\n>{reason}")},
        decision,
    ]


INCIDENT_CARD: list[JSON] = [
    {"type": "header", "text": plain(":rotating_light: ChatGPT does not let Usher in")},
    {"type": "section", "text": mrkdwn("The session has ended. *2 people* wait: <@U0LENA0001>, <@U0TOM00001>.")},
    {
        "type": "section",
        "text": mrkdwn(
            "*What to do*\n1. Sign in to <https://chatgpt.com|chatgpt.com> as `it-chatgpt@harbour.example`.\n"
            "2. Run this:\n```usher secret set chatgpt-session```"
        ),
    },
    {"type": "divider"},
    {
        "type": "actions",
        "elements": [
            button("Try again", "again", style="primary"),
            button("I did it by hand", "by_hand"),
            button("Give up", "give_up", style="danger"),
        ],
    },
]

HOME: JSON = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("Your access")},
        {
            "type": "section",
            "text": mrkdwn("*ChatGPT*\nMember, ChatGPT seat"),
            "accessory": {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Extend", "extend"), option("Give back", "give_back")],
            },
        },
        {"type": "divider"},
        {"type": "actions", "elements": [button("Request access", "open_form", style="primary")]},
    ],
}


def escaped(text: str) -> str:
    """Text from a person, as mrkdwn that shows just that text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def add_listeners(app: AsyncApp) -> None:
    """Everything that the app does."""

    @app.command("/request-access")
    async def ask(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        if body["text"] == "status":
            await ack(text="You have *no* open requests.")
            return
        await client.views_open(trigger_id=body["trigger_id"], view=REQUEST_FORM)
        await ack()

    @app.options({"block_id": "project", "action_id": "value"})
    async def projects(ack: Any, payload: JSON) -> None:
        known = [option("Lighthouse", "lighthouse"), option("Marina", "marina"), option("Pier <7>", "pier")]
        await ack(options=[one for one in known if payload["value"].lower() in one["text"]["text"].lower()])

    @app.view("request")
    async def submitted(ack: Any, view: JSON, client: AsyncWebClient, body: JSON) -> None:
        values = view["state"]["values"]
        reason = values["reason"]["value"]["value"]
        if len(reason) < 10:
            await ack(response_action="errors", errors={"reason": TOO_SHORT})
            return
        await ack()
        await client.chat_postMessage(
            channel="U0MAYA0001", text="Access request", blocks=approval_card(escaped(reason))
        )
        await client.chat_postMessage(
            channel=body["user"]["id"],
            text="Your request for ChatGPT is with <@U0MAYA0001>: _{}_".format(
                values["project"]["value"]["selected_option"]["value"]
                if values["project"]["value"]["selected_option"]
                else "no project"
            ),
        )

    @app.action("approve")
    async def approve(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        card = approval_card("granted", decided="Approved by <@U0MAYA0001>")
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved", blocks=card)

    @app.action("deny")
    async def deny(ack: Any, body: JSON, respond: Any) -> None:
        await ack()
        await respond(
            text="Only a manager of the other team can do that.", response_type="ephemeral", replace_original=False
        )

    @app.action("again")
    @app.action("more")
    async def nothing(ack: Any) -> None:
        await ack()

    @app.event("app_home_opened")
    async def home(event: JSON, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    @app.event("message")
    async def hear() -> None:
        pass
