"""Cancel request and Give back, on status cards and on the Home tab."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.operations.cancel import cancel
from bot.access.operations.release import release
from bot.cards import actions
from bot.handlers.house import Body, House, person_of, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the two buttons."""

    async def cancel_request(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await house.act(ack, body, client, cancel, request_id=value_of(body), actor=person_of(body))

    async def give_back(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await house.act(ack, body, client, release, request_id=value_of(body), actor=person_of(body))

    app.action(actions.CANCEL)(cancel_request)
    app.action(actions.RELEASE)(give_back)
