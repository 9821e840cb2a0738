"""The Web API, called by slack_sdk's own client: what it does, and with which codes it refuses."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.slack import Person, Slack
from sandbox.slack.faults import RateLimit

LENA = "U0LENA0001"
ALERTS = "C0ALERTS01"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}


async def refusal(call: Awaitable[Any]) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def code(call: Awaitable[Any]) -> str:
    return str((await refusal(call)).response["error"])


async def test_the_token_decides(slack: Slack, client: AsyncWebClient) -> None:
    """A token must be there, be known, be of the right kind and carry the scope."""
    answer = await client.auth_test()
    assert answer["user_id"] == "U0USHER001"
    assert "chat:write" in answer.headers["x-oauth-scopes"]
    for token, expected in (
        ("", "not_authed"),
        ("xoxb-other", "invalid_auth"),
        ("xapp-sandbox", "not_allowed_token_type"),
    ):
        other = AsyncWebClient(token=token, base_url=client.base_url)
        assert await code(other.auth_test()) == expected
    assert await code(client.apps_connections_open(app_token="xoxb-sandbox")) == "not_allowed_token_type"
    slack.app.scopes -= {"chat:write"}
    missing = await refusal(client.chat_postMessage(channel=LENA, text="x"))
    assert missing.response["error"] == "missing_scope"
    assert missing.response["needed"] == "chat:write"
    assert "commands" in missing.response["provided"]
    assert slack.calls[-1].method == "chat.postMessage"
    assert slack.calls[-1].effect is False


async def test_bodies_come_as_forms_json_or_queries(slack: Slack, lena: Person) -> None:
    """A call may send a form with the token in it, or JSON with a header; a token in JSON does not count."""
    url = f"{slack.base_url}/api/chat.postMessage"
    async with aiohttp.ClientSession() as session:
        form = {"token": "xoxb-sandbox", "channel": LENA, "blocks": '[{"type": "divider"}]', "text": "From a form"}
        async with session.post(url, data=form) as response:
            assert (await response.json())["ok"]
        assert lena.messages()[-1].blocks[0]["type"] == "divider"
        async with session.post(url, json=form) as response:
            assert (await response.json())["error"] == "not_authed"
        async with session.post(url, data="x", headers={"Content-Type": "text/html"}) as response:
            assert (await response.json())["error"] == "invalid_post_type"
        headers = {"Authorization": "Bearer xoxb-sandbox", "Content-Type": "application/json"}
        async with session.post(url, data="{", headers=headers) as response:
            assert (await response.json())["error"] == "invalid_json"
        async with session.post(f"{slack.base_url}/api/chat.shout", headers=headers) as response:
            assert await response.json() == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


async def test_messages_are_posted_changed_and_deleted(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """A post to a person goes to their direct message; an update keeps its ts; a deleted message is gone."""
    posted = await client.chat_postMessage(
        channel=LENA, text="One", blocks=[SECTION], metadata={"event_type": "card", "event_payload": {"id": "1"}}
    )
    assert posted["channel"] == lena.dm.id
    assert lena.message("Hello").ts == posted["ts"]
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Two")
    assert lena.messages()[-1].shown == "Hello"  # blocks that are not given stay
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Two", blocks=[])
    assert lena.messages()[-1].shown == "Two"
    found = await client.conversations_history(channel=posted["channel"], include_all_metadata=True, limit=1)
    assert found["messages"][0]["metadata"]["event_payload"] == {"id": "1"}
    assert found["messages"][0]["edited"]["user"]
    without = await client.conversations_history(channel=posted["channel"])
    assert "metadata" not in without["messages"][0]
    link = await client.chat_getPermalink(channel=posted["channel"], message_ts=posted["ts"])
    assert link["permalink"].endswith(posted["ts"].replace(".", ""))
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert lena.messages() == []
    again = client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x")
    assert await code(again) == "message_not_found"


async def test_posts_are_refused_with_slacks_codes(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """Where, what and how long: each mistake has its own code."""
    slack.state.conversations[ALERTS].members.discard("U0USHER001")
    post = client.chat_postMessage
    assert await code(post(channel="C0NOWHERE", text="x")) == "channel_not_found"
    assert await code(post(channel=ALERTS, text="x")) == "not_in_channel"
    assert await code(client.api_call("chat.postMessage", json={"channel": LENA})) == "no_text"
    assert await code(client.api_call("chat.postMessage", json={"text": "x"})) == "invalid_arguments"
    assert await code(post(channel=LENA, text="x" * 40_001)) == "msg_too_long"
    assert await code(post(channel=LENA, text="x", thread_ts="7")) == "invalid_thread_ts"
    assert await code(post(channel=LENA, text="x", thread_ts="1234567890.123456")) == "thread_not_found"
    assert await code(post(channel=LENA, text="x", metadata={"event_type": 1})) == "invalid_metadata_schema"
    assert await code(post(channel=LENA, text="x", blocks="{")) == "invalid_blocks_format"
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    assert await code(post(channel=LENA, text="x", blocks=[long] * 5)) == "msg_blocks_too_long"
    bad = await refusal(post(channel=LENA, text="x", blocks=[SECTION, {"type": "dividr"}]))
    assert bad.response["error"] == "invalid_blocks"
    assert bad.response["errors"] == ["unsupported type: dividr [json-pointer:/blocks/1/type]"]
    assert bad.response["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: dividr [json-pointer:/blocks/1/type]"
    ]
    assert lena.messages() == []


async def test_only_own_messages_can_be_changed(client: AsyncWebClient, lena: Person) -> None:
    """Somebody else's message, a user id for a channel, and too long a text are refused."""
    theirs = await lena.say("Good morning")
    update = client.chat_update
    assert await code(update(channel=lena.dm.id, ts=theirs.ts, text="x")) == "cant_update_message"
    assert await code(client.chat_delete(channel=lena.dm.id, ts=theirs.ts)) == "cant_delete_message"
    own = await client.chat_postMessage(channel=LENA, text="x")
    assert await code(update(channel=LENA, ts=own["ts"], text="x")) == "channel_not_found"
    assert await code(update(channel=lena.dm.id, ts=own["ts"], text="x" * 4001)) == "msg_too_long"


async def test_ephemeral_messages_are_seen_by_one_and_kept_for_nobody(
    slack: Slack, client: AsyncWebClient, lena: Person
) -> None:
    """Only the addressee sees it, only where they are, and no method finds it again."""
    shown = await client.chat_postEphemeral(channel=ALERTS, user="U0NOOR0001", text="Only you")
    assert slack.person("Noor Haddad").message("Only you").ts == shown["message_ts"]
    assert lena.messages() == []
    assert (await client.conversations_history(channel=ALERTS))["messages"] == []
    assert await code(client.chat_update(channel=ALERTS, ts=shown["message_ts"], text="x")) == "message_not_found"
    assert await code(client.chat_postEphemeral(channel=ALERTS, user=LENA, text="x")) == "user_not_in_channel"


async def test_a_channel_takes_about_one_post_a_second(slack: Slack, client: AsyncWebClient) -> None:
    """After a short burst a channel answers 429 with Retry-After; another channel does not mind."""
    slack.rate_limit = RateLimit(per_second=1, burst=2)
    for _ in range(2):
        await client.chat_postMessage(channel=ALERTS, text="x")
    limited = await refusal(client.chat_postMessage(channel=ALERTS, text="x"))
    assert limited.response.status_code == 429
    assert limited.response.data == {"ok": False, "error": "ratelimited"}
    assert int(limited.response.headers["Retry-After"]) >= 1
    await client.chat_postMessage(channel=LENA, text="x")


async def test_conversations_page_and_filter(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """History comes newest first, page by page; threads come oldest first with their parent."""
    posted = [(await client.chat_postMessage(channel=LENA, text=str(n)))["ts"] for n in range(5)]
    reply = await client.chat_postMessage(channel=LENA, text="reply", thread_ts=posted[0])
    first = await client.conversations_history(channel=lena.dm.id, limit=3)
    assert [one["text"] for one in first["messages"]] == ["4", "3", "2"]
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=lena.dm.id, limit=3, cursor=cursor)
    assert [one["text"] for one in rest["messages"]] == ["1", "0"]
    assert rest["messages"][1]["reply_count"] == 1
    after = await client.conversations_history(channel=lena.dm.id, oldest=posted[3])
    assert [one["text"] for one in after["messages"]] == ["4"]
    thread = await client.conversations_replies(channel=lena.dm.id, ts=posted[0])
    assert [one["ts"] for one in thread["messages"]] == [posted[0], reply["ts"]]
    assert await code(client.conversations_history(channel=lena.dm.id, cursor="elsewhere")) == "invalid_cursor"
    assert await code(client.conversations_history(channel=lena.dm.id, limit=0)) == "invalid_limit"
    slack.app.scopes -= {"im:history"}
    assert await code(client.conversations_history(channel=lena.dm.id)) == "missing_scope"
    members = await client.conversations_members(channel=ALERTS)
    assert sorted(members["members"]) == ["U0NOOR0001", "U0USHER001"]
    assert (await client.conversations_info(channel=ALERTS))["channel"]["name"] == "it-alerts"


async def test_people_come_in_pages_with_managers(slack: Slack, client: AsyncWebClient) -> None:
    """The directory is paged; the manager stands in a profile field that team.profile.get names."""
    slack.app.scopes |= {"team:read", "usergroups:read"}
    seen: list[str] = []
    async for answer in await client.users_list(limit=2):
        seen += [member["id"] for member in answer["members"]]
    assert seen == [person.id for person in company.EVERYONE]
    fields = (await client.api_call("team.profile.get"))["profile"]["fields"]
    manager = next(one["id"] for one in fields if one["label"] == "Manager" and one["type"] == "user")
    profile = (await client.users_profile_get(user=LENA))["profile"]
    assert profile["fields"][manager]["value"] == "U0MAYA0001"
    assert (await client.users_profile_get(user="U0MAYA0001"))["profile"]["fields"] == {}
    assert (await client.users_lookupByEmail(email="Lena@harbour.example"))["user"]["id"] == LENA
    assert (await client.users_info(user=LENA))["user"]["profile"]["email"] == "lena@harbour.example"
    assert await code(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await code(client.users_lookupByEmail(email="x@y.example")) == "users_not_found"
    slack.app.scopes -= {"users:read.email"}
    assert "email" not in (await client.users_info(user=LENA))["user"]["profile"]
    assert (await client.team_info())["team"]["id"] == company.TEAM_ID
    assert (await client.bots_info(bot="B0USHER001"))["bot"]["user_id"] == "U0USHER001"


async def test_a_deactivated_person_is_listed_but_not_reachable(slack: Slack, client: AsyncWebClient) -> None:
    """users.list says deleted, lookups by e-mail and new direct messages fail, a post to the old one succeeds."""
    assert (await client.conversations_open(users=LENA))["channel"]["id"] == "D0LENA0001"
    assert (await client.conversations_open(users=[LENA]))["already_open"]
    slack.deactivate(LENA)
    listed = (await client.users_list())["members"]
    assert next(one for one in listed if one["id"] == LENA)["deleted"] is True
    assert await code(client.users_lookupByEmail(email="lena@harbour.example")) == "users_not_found"
    assert await code(client.conversations_open(users=LENA)) == "user_disabled"
    assert await code(client.conversations_open(users="U0USHER001")) == "cannot_dm_bot"
    assert await code(client.conversations_open(users="U0NOBODY")) == "user_not_found"
    assert (await client.chat_postMessage(channel=LENA, text="x"))["channel"] == "D0LENA0001"
