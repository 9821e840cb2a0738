"""response_url: five answers within thirty minutes."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack import Person, Slack


def card(text: str) -> list[dict[str, Any]]:
    button = {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": "press"}
    return [{"type": "actions", "elements": [button]}]


@pytest.fixture
async def urls(slack: Slack, bolt: AsyncApp, http: None) -> list[str]:
    """The response_urls that the app was given."""
    given: list[str] = []

    @bolt.command("/request-access")
    @bolt.action("press")
    async def interaction(ack: Any, body: dict[str, Any]) -> None:
        given.append(body["response_url"])
        await ack()

    return given


async def test_an_answer_is_for_the_person_unless_said_otherwise(lena: Person, urls: list[str]) -> None:
    """Ephemeral by default, in_channel on request; a command's own text cannot be replaced."""
    await lena.command("/request-access")
    url = AsyncWebhookClient(urls[0])
    assert (await url.send(text="For you")).body == "ok"
    assert lena.message("For you").visible_to == lena.id
    await url.send(text="For all", response_type="in_channel")
    assert lena.message("For all").visible_to is None
    await url.send(text="Instead", replace_original=True)
    assert [message.shown for message in lena.messages()] == ["For you", "For all", "Instead"]
    assert (await url.send(blocks=[{"type": "dividr"}])).body == "invalid_blocks"
    assert (await url.send(text="")).body == "no_text"


async def test_a_message_can_be_replaced_and_deleted(slack: Slack, lena: Person, urls: list[str]) -> None:
    """What a button stands in can be replaced or deleted, also when only one person saw it."""
    slack.state.post(lena.dm, user="U0USHER001", text="", blocks=card("Press me"), visible_to=lena.id)
    await lena.press("Press me")
    url = AsyncWebhookClient(urls[0])
    await url.send(text="Pressed", replace_original=True)
    assert [message.shown for message in lena.messages()] == ["Pressed"]
    await url.send(delete_original=True)
    assert lena.messages() == []


async def test_the_sixth_and_the_late_answer_are_refused(slack: Slack, lena: Person, urls: list[str]) -> None:
    """Five uses, then 404; after its time, 404 as well."""
    await lena.command("/request-access")
    url = AsyncWebhookClient(urls[0])
    assert [(await url.send(text=str(n))).status_code for n in range(6)] == [200] * 5 + [404]
    await lena.command("/request-access")
    slack.response_urls.seconds = 0
    late = await AsyncWebhookClient(urls[1]).send(text="late")
    assert (late.status_code, late.body) == (404, "expired_url")
