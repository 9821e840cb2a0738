"""A ring of people, each managed by the next, and what they send: commands, submissions and presses."""

from __future__ import annotations

import time
from typing import Any

from bot.access import subjects
from bot.cards import actions
from sandbox import company

JSON = dict[str, Any]
#: the button of the floor that also makes a call
INVITE = "invite"


def person_id(number: int) -> str:
    """The Slack user id of one of them."""
    return f"U0BENCH{number:05}"


def email_of(number: int) -> str:
    """Their e-mail address."""
    return f"person{number}@{company.DOMAIN}"


def command(number: int, trigger: str) -> dict[str, str]:
    """`/request-access`, with the trigger that Slack gives to open a form with."""
    return {
        "command": "/request-access",
        "text": "",
        "user_id": person_id(number),
        "team_id": company.TEAM_ID,
        "channel_id": "D0",
        "trigger_id": trigger,
    }


def submission(number: int, *, duration: str = "30d") -> JSON:
    """The form, sent: a Codex seat."""

    def chosen(value: str) -> JSON:
        return {"type": "static_select", "selected_option": {"value": value}}

    values = {
        actions.APPLICATION_BLOCK: {actions.CHOOSE_APPLICATION: chosen("chatgpt")},
        f"{actions.ROLE_BLOCK}:chatgpt": {actions.VALUE: chosen("member")},
        f"{actions.SEAT_TYPE_BLOCK}:chatgpt": {actions.VALUE: chosen("codex")},
        f"{actions.DURATION_BLOCK}:chatgpt": {actions.VALUE: chosen(duration)},
        actions.REASON_BLOCK: {actions.VALUE: {"type": "plain_text_input", "value": "to see how fast it is"}},
    }
    view = {
        "id": f"V{number}.{time.monotonic_ns()}",
        "type": "modal",
        "hash": f"{number}.abc",
        "callback_id": actions.REQUEST_FORM,
        "private_metadata": "",
        "state": {"values": values},
        "blocks": [],
    }
    return {"type": "view_submission", **_from(number), "view": view}


def approval(approver: int, request_id: str) -> JSON:
    """Approve, pressed."""
    return press(approver, actions.APPROVE, subjects.ballot(request_id, 0))


def home_opened(number: int, event_id: str) -> JSON:
    """They look at their Home tab."""
    event = {"type": "app_home_opened", "user": person_id(number), "channel": "D0", "tab": "home", "event_ts": "1.0"}
    return {"type": "event_callback", "team_id": company.TEAM_ID, "event_id": event_id, "event": event}


def press_to_invite(number: int) -> JSON:
    """The floor's button that also makes a call: an invite to an address of its own."""
    return press(number, INVITE, address_of_floor(number))


def address_of_floor(number: int) -> str:
    """Whom the floor invites."""
    return f"floor{number}@{company.DOMAIN}"


def press(number: int, action: str, value: str) -> JSON:
    """A button on a message, pressed by somebody."""
    return {
        "type": "block_actions",
        **_from(number),
        "channel": {"id": f"D{person_id(number)}"},
        "container": {"type": "message", "channel_id": f"D{person_id(number)}", "message_ts": "1.0"},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }


def _from(number: int) -> JSON:
    return {"team": {"id": company.TEAM_ID}, "user": {"id": person_id(number), "team_id": company.TEAM_ID}}
