"""Cancel request, Extend and Give back, on status cards, on notices and on the Home tab."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.catalog_store import load_choice
from bot.access.operations.cancel import cancel
from bot.access.operations.extend import demand_extendable, extend
from bot.access.operations.release import release
from bot.access.refusals import Refusal, Refused
from bot.access.story import Choice, Story
from bot.access.wish import WrongWish
from bot.cards import actions
from bot.cards.form import extension_form, field_errors, read_extension
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, origin_of, person_of, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the three buttons, and the form that asks for how much longer."""
    door = OwnAccess(house)
    app.action(actions.CANCEL)(door.cancel_request)
    app.action(actions.RELEASE)(door.give_back)
    app.action(actions.EXTEND)(door.extend)
    app.view(actions.EXTEND_FORM)(door.extended)


class OwnAccess:
    """The door through which people change what is theirs."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def cancel_request(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """A pending request is taken back."""
        await self._house.act(ack, body, client, cancel, request_id=value_of(body), actor=person_of(body))

    async def give_back(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Access ends before its time."""
        await self._house.act(ack, body, client, release, request_id=value_of(body), actor=person_of(body))

    async def extend(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for how much longer, and why. Nothing changes before the form is sent."""
        person_id = person_of(body)
        try:
            story, choice = await self._house.database.look(_to_extend, value_of(body), person_id)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await client.views_open(trigger_id=body["trigger_id"], view=extension_form(story, choice))
        await ack()

    async def extended(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a request of its own is recorded."""
        view, person_id = body["view"], person_of(body)
        entered = read_extension(view["state"]["values"])
        try:
            await self._house.database.write(
                extend,
                request_id=str(view["private_metadata"]),
                actor=person_id,
                duration_seconds=entered.duration_seconds,
                reason=entered.reason,
                channel="slack",
                origin=origin_of(view, person_id, entered),
            )
        except WrongWish as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack()


async def _to_extend(session: AsyncSession, request_id: str, person_id: str) -> tuple[Story, Choice]:
    """Raises `Refused` when it is not theirs to extend, or cannot be."""
    grant = await demand_extendable(session, request_id=request_id, actor=person_id)
    choice = await load_choice(session, grant.application)
    if choice is None:
        raise Refused(Refusal.NOT_OFFERED)
    [story] = await queries.load_stories(session, [request_id])
    return story, choice
