"""Faults: what goes wrong at Slack, on request, and the places where a test can hold the world."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Call, Person, Slack

LENA = "U0LENA0001"


async def test_a_fault_lasts_as_often_as_it_says(slack: Slack, client: AsyncWebClient, lena: Person) -> None:
    """429 with Retry-After, 500, and any of Slack's codes: then all is well again, and nothing was posted meanwhile."""
    slack.faults.add("chat.postMessage", "ratelimited", retry_after=7, times=1)
    slack.faults.add("*", "server_error", times=1)
    slack.faults.add("chat.postMessage", "error", error="account_inactive", times=2)
    seen = []
    for _ in range(4):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=LENA, text="x")
        seen.append((caught.value.response.status_code, caught.value.response.headers.get("Retry-After")))
    assert seen == [(429, "7"), (500, None), (200, None), (200, None)]
    assert lena.messages() == []
    assert (await client.chat_postMessage(channel=LENA, text="x"))["ok"]
    slack.faults.add("auth.test", "error", error="account_inactive")
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client.auth_test()
    slack.faults.clear()
    assert (await client.auth_test())["ok"]


async def test_a_connection_closes_before_or_after_the_effect(
    slack: Slack, client: AsyncWebClient, lena: Person
) -> None:
    """The caller cannot tell the two apart; the call log can."""
    for kind, effect in (("close_before_effect", False), ("close_after_effect", True)):
        slack.faults.add("chat.postMessage", kind, times=1)
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=LENA, text=kind)
        assert slack.calls[-1].response is None
        assert slack.calls[-1].effect is effect
    assert [message.shown for message in lena.messages()] == ["close_after_effect"]


async def test_the_sdks_own_retry_posts_twice_when_an_answer_is_lost(slack: Slack, lena: Person) -> None:
    """slack_sdk retries a lost connection by default, so a post whose answer was lost happens twice."""
    client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{slack.base_url}/api/")
    slack.faults.add("chat.postMessage", "close_after_effect", times=1)
    await client.chat_postMessage(channel=LENA, text="x")
    assert len(lena.messages()) == 2


async def test_a_call_can_hang(slack: Slack, lena: Person) -> None:
    """No answer comes and nothing happens; the caller's own patience ends it."""
    client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{slack.base_url}/api/", timeout=1, retry_handlers=[])
    slack.faults.add("chat.postMessage", "hang", times=1)
    with pytest.raises(asyncio.TimeoutError):
        await client.chat_postMessage(channel=LENA, text="x")
    assert lena.messages() == []


async def test_hooks_stand_before_the_effect_and_before_the_answer(
    slack: Slack, client: AsyncWebClient, lena: Person
) -> None:
    """The first sees nothing done yet, the second sees it done while the caller still waits."""
    seen: list[tuple[str, int]] = []

    async def before_effect(call: Call) -> None:
        seen.append((call.method, len(lena.messages())))

    async def before_answer(call: Call) -> None:
        seen.append((str(call.ok), len(lena.messages())))

    slack.before_effect.append(before_effect)
    slack.before_answer.append(before_answer)
    await client.chat_postMessage(channel=LENA, text="x")
    assert seen == [("chat.postMessage", 0), ("True", 1)]
    assert slack.calls_of("chat.postMessage")[0].arguments == {"channel": LENA, "text": "x"}
