"""Everybody's buttons about what is theirs, from Cancel request to Give back, on cards, notices and Home tabs."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.catalog_store import load_choice
from bot.access.operations.ask_anew import ask_anew
from bot.access.operations.cancel import cancel
from bot.access.operations.confirm import confirm, decline
from bot.access.operations.extend import demand_extendable, extend
from bot.access.operations.locked_out import cannot_get_in, got_in
from bot.access.operations.nudge import nudge
from bot.access.operations.release import release
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import extension_form, read_extension
from bot.handlers.house import Body, House, origin_of, person_of, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the buttons, and the form that asks for how much longer."""
    door = OwnAccess(house)
    app.action(actions.CANCEL)(door.cancel_request)
    app.action(actions.NUDGE)(door.nudge)
    app.action(actions.ASK_ANEW)(door.ask_anew)
    app.action(actions.RELEASE)(door.give_back)
    app.action(actions.CONFIRM)(door.confirm)
    app.action(actions.DECLINE)(door.decline)
    app.action(actions.CANNOT_GET_IN)(door.cannot_get_in)
    app.action(actions.GOT_IN)(door.got_in)
    app.action(actions.EXTEND)(door.extend)
    app.view(actions.EXTEND_FORM)(door.extended)


class OwnAccess:
    """The door through which people change what is theirs."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def cancel_request(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """A pending request is taken back."""
        await self._house.act(ack, body, client, cancel, request_id=value_of(body), actor=person_of(body))

    async def nudge(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Those who have not answered are asked to take a look."""
        await self._house.act(ack, body, client, nudge, request_id=value_of(body), actor=person_of(body))

    async def ask_anew(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """What nobody decided in time is asked again."""
        await self._house.act(
            ack, body, client, ask_anew, request_id=value_of(body), actor=person_of(body), channel="slack"
        )

    async def give_back(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Access ends before its time."""
        await self._house.act(ack, body, client, release, request_id=value_of(body), actor=person_of(body))

    async def confirm(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """They want what somebody else asked for: whoever decides is asked now."""
        await self._house.act(ack, body, client, confirm, request_id=value_of(body), actor=person_of(body))

    async def decline(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """They do not want it."""
        await self._house.act(ack, body, client, decline, request_id=value_of(body), actor=person_of(body))

    async def cannot_get_in(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """The admins are told that it is not there, whatever Usher was told."""
        await self._house.act(ack, body, client, cannot_get_in, request_id=value_of(body), actor=person_of(body))

    async def got_in(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """It is there now."""
        await self._house.act(ack, body, client, got_in, request_id=value_of(body), actor=person_of(body))

    async def extend(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for how much longer, and why. Nothing changes before the form is sent."""
        await self._house.open_form(ack, body, client, _extension)

    async def extended(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a request of its own is recorded."""
        view, person_id = body["view"], person_of(body)
        entered = read_extension(view["state"]["values"])
        await self._house.enter(
            ack,
            body,
            extend,
            request_id=str(view["private_metadata"]),
            actor=person_id,
            duration_seconds=entered.duration_seconds,
            reason=entered.reason,
            channel="slack",
            origin=origin_of(view, person_id, entered),
        )


async def _extension(session: AsyncSession, request_id: str, person_id: str, _now: datetime) -> JSON:
    """Raises `Refused` when it is not theirs to extend, or cannot be."""
    grant = await demand_extendable(session, request_id=request_id, actor=person_id)
    choice = await load_choice(session, grant.application)
    if choice is None:
        raise Refused(Refusal.NOT_OFFERED)
    [story] = await queries.load_stories(session, [request_id])
    return extension_form(story, choice)
