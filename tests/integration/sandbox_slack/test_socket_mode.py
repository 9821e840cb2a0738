"""Socket Mode, with Bolt's own handler unmodified."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.slack import Person, Slack


async def test_each_envelope_goes_to_one_connection(
    slack: Slack, bolt: AsyncApp, client: AsyncWebClient, lena: Person
) -> None:
    """With several connections each command runs once, and both connections get some."""
    ran: list[str] = []

    @bolt.command("/request-access")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        ran.append(command["text"])
        await ack()

    handlers = [
        AsyncSocketModeHandler(bolt, company.SLACK_APP.app_token, web_client=client, ping_interval=5) for _ in range(2)
    ]
    got: list[int] = []
    for number, handler in enumerate(handlers):

        async def count(_client: Any, _request: Any, number: int = number) -> None:
            got.append(number)

        handler.client.socket_mode_request_listeners.append(count)
        await handler.connect_async()
    await slack.until(lambda: len(slack.socket.connections) == 2)
    for number in range(4):
        assert (await lena.command("/request-access", str(number))).ok
    assert ran == ["0", "1", "2", "3"]
    await slack.until(lambda: len(got) == 4)
    assert sorted(got) == [0, 0, 1, 1]
    for handler in handlers:
        await handler.close_async()
        await handler.client.aiohttp_client_session.close()
    await slack.until(lambda: not slack.socket.is_open)


async def test_a_connection_is_renewed_on_request(
    slack: Slack, bolt: AsyncApp, socket: AsyncSocketModeHandler, lena: Person
) -> None:
    """When Slack asks for it the handler connects again, and hears what comes after."""

    @bolt.command("/request-access")
    async def command(ack: Any) -> None:
        await ack("Here")

    old = slack.socket.connections[0]
    await slack.socket.disconnect()
    await slack.until(lambda: slack.socket.is_open and slack.socket.connections[0] is not old, timeout=15)
    assert (await lena.command("/request-access")).ok
    assert lena.message("Here")


async def test_an_address_is_good_for_one_connection(slack: Slack, client: AsyncWebClient) -> None:
    """The hello counts connections; a ticket that was used or made up is not let in."""
    url = (await client.apps_connections_open(app_token="xapp-sandbox"))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as connection:
            hello = await connection.receive_json()
            assert hello["type"] == "hello"
            assert hello["num_connections"] == 1
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{url}x")
