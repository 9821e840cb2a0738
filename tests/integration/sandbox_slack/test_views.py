"""Modals and Home tabs: triggers, stacks, hashes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Person, Slack

LENA = "U0LENA0001"


def modal(title: str = "Title", **more: Any) -> dict[str, Any]:
    block = {
        "type": "input",
        "block_id": "reason",
        "label": {"type": "plain_text", "text": "Reason"},
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    plain = {"type": "plain_text", "text": title}
    return {
        "type": "modal",
        "title": plain,
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [block],
        **more,
    }


HOME = {"type": "home", "blocks": [{"type": "divider"}]}


async def code(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_view_within_three_seconds(
    slack: Slack, client: AsyncWebClient, lena: Person
) -> None:
    """A trigger is good once, for a while; a refused view does not use it up."""
    trigger = slack.views.new_trigger(LENA)
    bad = modal(submit=None)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger, view=bad)
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must define `submit` to use `input` block [json-pointer:/view/blocks/0/input]"
    ]
    opened = await client.views_open(trigger_id=trigger, view=modal())
    assert lena.modal is not None
    assert opened["view"]["id"] == lena.modal.id
    assert await code(client.views_open(trigger_id=trigger, view=modal())) == "exchanged_trigger_id"
    assert await code(client.views_open(trigger_id="12.34.ab", view=modal())) == "invalid_trigger_id"
    assert await code(client.views_open(view=modal())) == "invalid_arguments"
    slack.views.trigger_seconds = 0
    assert await code(client.views_open(trigger_id=slack.views.new_trigger(LENA), view=modal())) == "expired_trigger_id"


async def test_three_modals_lie_on_each_other_at_most(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """A pushed view knows its root and the one below; a fourth is refused; closing shows the one below."""

    def trigger() -> str:
        return slack.views.new_trigger(LENA)

    assert await code(client.views_push(trigger_id=trigger(), view=modal())) == "not_found"
    first = (await client.views_open(trigger_id=trigger(), view=modal("1")))["view"]
    second = (await client.views_push(trigger_id=trigger(), view=modal("2")))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])
    await client.views_push(trigger_id=trigger(), view=modal("3"))
    assert await code(client.views_push(trigger_id=trigger(), view=modal("4"))) == "push_limit_reached"
    await lena.close()
    assert lena.modal is not None
    assert lena.modal.title == "2"


async def test_a_stale_hash_is_refused(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """An update with the hash of an older version conflicts; what was entered survives an update."""
    opened = (await client.views_open(trigger_id=slack.views.new_trigger(LENA), view=modal()))["view"]
    await lena.choose("Reason", "because")
    updated = (await client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal("New")))["view"]
    assert updated["hash"] != opened["hash"]
    assert lena.entered("Reason") == "because"
    assert await code(client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal())) == "hash_conflict"
    assert await code(client.views_update(view_id="V0", view=modal())) == "not_found"
    assert await code(client.api_call("views.update", json={"view": modal()})) == "invalid_arguments"
    await lena.close()
    assert await code(client.views_update(view_id=opened["id"], view=modal())) == "not_found"


async def test_a_home_tab_is_published(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """A Home tab keeps its id; a stale hash, an unknown person and a modal in its place are refused."""
    first = (await client.views_publish(user_id=LENA, view=HOME))["view"]
    second = (await client.views_publish(user_id=LENA, view=HOME, hash=first["hash"]))["view"]
    assert first["id"] == second["id"]
    assert lena.home is not None
    assert await code(client.views_publish(user_id=LENA, view=HOME, hash=first["hash"])) == "hash_conflict"
    assert await code(client.views_publish(user_id="U0NOBODY", view=HOME)) == "user_not_found"
    assert await code(client.views_publish(user_id=LENA, view=modal())) == "invalid_arguments"
    slack.app.home_tab = False
    assert await code(client.views_publish(user_id=LENA, view=HOME)) == "not_enabled"


async def test_external_ids_are_unique(slack: Slack, client: AsyncWebClient) -> None:
    """A second view with the same external_id is refused, and the first can be updated by it."""
    await client.views_open(trigger_id=slack.views.new_trigger(LENA), view=modal(external_id="mine"))
    await client.views_update(external_id="mine", view=modal("New", external_id="mine"))
    again = client.views_open(trigger_id=slack.views.new_trigger("U0TOM00001"), view=modal(external_id="mine"))
    assert await code(again) == "duplicate_external_id"
