"""Done and Could not, on the cards of changes that an app admin makes by hand."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.answer_step import answer_step, demand_open, find_step
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.reason_form import read_reason
from bot.cards.step import could_not_form
from bot.handlers.house import Body, House, person_of, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the two buttons and the form that asks why."""
    door = Steps(house)
    app.action(actions.STEP_DONE)(door.done)
    app.action(actions.STEP_COULD_NOT)(door.could_not)
    app.view(actions.COULD_NOT_FORM)(door.refused)


class Steps:
    """The door through which app admins answer."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def done(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """The admin's word is the observation, where nobody else can see."""
        await self._house.act(ack, body, client, answer_step, step_id=value_of(body), actor=person_of(body), done=True)

    async def could_not(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks why; the person who waits reads it."""
        await self._house.open_form(ack, body, client, _could_not)

    async def refused(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there."""
        view = body["view"]
        reason = read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words what stood in the way: the person who waits reads this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        await self._house.enter(
            ack,
            body,
            answer_step,
            step_id=str(view["private_metadata"]),
            actor=person_of(body),
            done=False,
            reason=reason,
        )


async def _could_not(session: AsyncSession, step_id: str, actor: str, _now: datetime) -> JSON:
    """Raises `Refused` when it is not theirs to answer, or was answered already."""
    demand_open(await find_step(session, step_id=step_id, actor=actor))
    story = await queries.load_step(session, step_id)
    if story is None:
        raise Refused(Refusal.GONE)
    return could_not_form(story)
