"""What an app hears of messages in its direct messages, as Slack tells it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Person, Slack
from sandbox.slack.errors import Refusal

JSON = dict[str, Any]


def events(slack: Slack, subtype: str | None = None) -> list[JSON]:
    found = [one.outgoing.payload["event"] for one in slack.courier.of_kind("message") if not one.attempt]
    return [one for one in found if one.get("subtype") == subtype]


async def test_a_reply_in_a_thread_reaches_the_app(
    slack: Slack, bolt: AsyncApp, client: AsyncWebClient, lena: Person, listening: str
) -> None:
    """A person's reply to the app's message is a `message` without a subtype, in the thread, over either transport."""
    assert listening in {"http", "socket"}
    heard: asyncio.Queue[JSON] = asyncio.Queue()

    @bolt.event("message")
    async def hear(event: JSON) -> None:
        await heard.put(event)

    card = await client.chat_postMessage(channel=lena.id, text="card")
    reply = await lena.reply(lena.message("card"), "which one? &lt;this&gt;")
    event = await asyncio.wait_for(heard.get(), 60)
    assert event == {
        "type": "message",
        "user": lena.id,
        "text": "which one? &lt;this&gt;",
        "ts": reply.ts,
        "client_msg_id": reply.client_msg_id,
        "team": slack.state.team.id,
        "blocks": event["blocks"],
        "thread_ts": card["ts"],
        "parent_user_id": slack.app.bot_user,
        "channel": lena.dm.id,
        "channel_type": "im",
        "event_ts": reply.ts,
    }
    assert event["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "which one? <this>"}]
    again = await lena.reply(reply, "and this?")
    assert again.thread_ts == card["ts"]  # a reply to a reply stands in the same thread


async def test_a_file_is_a_message_with_a_subtype(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """A file without a word is `file_share` with an empty text; nothing at all cannot be sent."""
    await client.chat_postMessage(channel=lena.id, text="card")
    await lena.reply(lena.message("card"), files=["map.png"])
    shared = await slack.until(lambda: events(slack, "file_share")[0])
    assert (shared["user"], shared["text"], shared["files"][0]["name"]) == (lena.id, "", "map.png")
    with pytest.raises(Refusal, match="no_text"):
        await lena.say(" ")


async def test_the_apps_own_messages_are_events_too(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """What the bot posts, changes and deletes is told with its bot_id; what only one person sees is not."""
    posted = await client.chat_postMessage(channel=lena.id, text="card")
    await client.chat_update(channel=lena.dm.id, ts=posted["ts"], text="card 2")
    await client.chat_delete(channel=lena.dm.id, ts=posted["ts"])
    await client.chat_postEphemeral(channel=lena.dm.id, user=lena.id, text="only you")
    await slack.until(lambda: events(slack, "message_deleted"))
    [own] = events(slack)
    assert (own["bot_id"], own["ts"], own["text"]) == (slack.app.bot_id, posted["ts"], "card")
    [changed] = events(slack, "message_changed")
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("card 2", "card")
    assert changed["hidden"] is True
    assert changed["message"]["bot_id"] == slack.app.bot_id
    [deleted] = events(slack, "message_deleted")
    assert deleted["deleted_ts"] == posted["ts"]


async def test_people_change_and_take_back_only_what_is_theirs(
    slack: Slack, client: AsyncWebClient, lena: Person
) -> None:
    """An edit and a removal by a person are told as subtypes, with the message inside."""
    await client.chat_postMessage(channel=lena.id, text="card")
    said = await lena.say("hello")
    await lena.edit(said, "hello there")
    await lena.delete(said)
    with pytest.raises(Refusal, match="cant_update_message"):
        await lena.edit(lena.message("card"), "mine")
    with pytest.raises(Refusal, match="cant_delete_message"):
        await lena.delete(lena.message("card"))
    await slack.until(lambda: events(slack, "message_deleted"))
    [changed] = events(slack, "message_changed")
    assert changed["message"]["user"] == lena.id
    assert changed["message"]["client_msg_id"] == said.client_msg_id
    assert "user" not in changed


async def test_what_an_app_may_not_read_it_does_not_hear(slack: Slack, lena: Person) -> None:
    """Without the scope, or without the subscription, nothing is sent; an ephemeral message has no thread."""
    private = slack.state.post(lena.dm, user=slack.app.bot_user, text="only you", visible_to=lena.id)
    with pytest.raises(Refusal, match="thread_not_found"):
        await lena.reply(private, "what?")
    slack.app.scopes -= {"im:history"}
    await lena.say("hello")
    slack.app.scopes |= {"im:history"}
    slack.app.events -= {"message.im"}
    await lena.say("hello again")
    assert slack.deliveries == []
