"""Slack is called over connections that are kept, and one that Slack has closed meanwhile is in nobody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import connections_to_slack
from tests.support.raw_http import Server
from tests.support.waiting import until

BODY = b'{"ok": true}'
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
AND_CLOSES = FINE.replace(b"true}", b"true }").replace(b"Length: 12", b"Length: 13\r\nX-Then: hangs up")


@pytest.fixture
async def slack() -> AsyncIterator[AsyncWebClient]:
    async with connections_to_slack() as session:
        yield AsyncWebClient(token="xoxb-test", session=session, retry_handlers=[])


async def test_the_next_call_needs_no_new_connection(slack: AsyncWebClient) -> None:
    """A form has three seconds to open, of which a handshake would take its share."""
    async with Server(FINE, FINE).listening() as server:
        slack.base_url = f"{server.url}/api/"
        for _ in range(2):
            assert (await slack.api_call("auth.test", http_verb="GET"))["ok"]
    assert (len(server.heard), server.connections) == (2, 1)


async def test_a_connection_that_slack_closed_is_not_used_again(slack: AsyncWebClient) -> None:
    """Nobody hears of it: the next call makes another one."""
    async with Server(AND_CLOSES, FINE).listening() as server:
        slack.base_url = f"{server.url}/api/"
        assert (await slack.api_call("auth.test", http_verb="GET"))["ok"]
        await until(lambda: not server.open)
        assert (await slack.api_call("auth.test", http_verb="GET"))["ok"]
    assert (len(server.heard), server.connections) == (2, 2)
