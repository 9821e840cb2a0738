"""Invite anyway, Keep waiting and Decline, on the cards about people for whom no seat is free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.operations.answer_seat import SeatAnswer, answer_seat
from bot.cards import actions
from bot.cards.seat import kept_waiting
from bot.handlers.house import Body, House, person_of, tell, value_of

_ANSWERS = {
    actions.INVITE_ANYWAY: SeatAnswer.INVITE_ANYWAY,
    actions.KEEP_WAITING: SeatAnswer.KEEP_WAITING,
    actions.DECLINE_SEAT: SeatAnswer.DECLINE,
}


def register(app: AsyncApp, house: House) -> None:
    """Registers the three buttons."""
    for action_id, answer in _ANSWERS.items():
        app.action(action_id)(_listener(house, answer))


def _listener(house: House, answer: SeatAnswer) -> Callable[[AsyncAck, Body, AsyncWebClient], Awaitable[None]]:
    async def answered(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        done = await house.act(
            ack,
            body,
            client,
            answer_seat,
            grant_id=value_of(body),
            actor=person_of(body),
            answer=answer,
            admins=house.admins,
        )
        if done and answer is SeatAnswer.KEEP_WAITING:
            await tell(body, client, kept_waiting())

    return answered
