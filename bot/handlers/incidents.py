"""Try again, I did it by hand and Give up, on incident cards and on the admins' Home tab."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.operations.answer_incident import Answer, answer_incident
from bot.access.refusals import Refused
from bot.cards import actions
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, person_of, tell, value_of

_ANSWERS = {
    actions.TRY_AGAIN: Answer.TRY_AGAIN,
    actions.BY_HAND: Answer.BY_HAND,
    actions.GIVE_UP: Answer.GIVE_UP,
}


def register(app: AsyncApp, house: House) -> None:
    """Registers the three buttons."""
    for action_id, answer in _ANSWERS.items():
        app.action(action_id)(_listener(house, answer))


def _listener(house: House, answer: Answer) -> Callable[[AsyncAck, Body, AsyncWebClient], Awaitable[None]]:
    async def answered(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        person_id = person_of(body)
        try:
            await house.admin_only(person_id)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
            await ack()
            return
        await house.act(ack, body, client, answer_incident, incident_id=value_of(body), actor=person_id, answer=answer)

    return answered
