"""Change, on status cards and on the Home tab: another role or seat type in place of what somebody has."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.catalog_store import load_choice
from bot.access.operations.change import change, demand_changeable
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import read_change
from bot.cards.replacing import replacement_form
from bot.handlers.house import Body, House, origin_of, person_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the button and its form."""
    door = Replacing(house)
    app.action(actions.REPLACE)(door.open)
    app.view(actions.REPLACE_FORM)(door.submitted)


class Replacing:
    """The door through which people ask for something else in place of what they have."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for what, for how long, and why. Nothing changes before the form is sent."""
        await self._house.open_form(ack, body, client, _replacement)

    async def submitted(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a request of its own is recorded."""
        view, person_id = body["view"], person_of(body)
        entered = read_change(view["state"]["values"])
        await self._house.enter(
            ack,
            body,
            change,
            request_id=str(view["private_metadata"]),
            actor=person_id,
            role=entered.role,
            seat_type=entered.seat_type,
            duration_seconds=entered.duration_seconds,
            reason=entered.reason,
            channel="slack",
            origin=origin_of(view, person_id, entered),
        )


async def _replacement(session: AsyncSession, request_id: str, person_id: str, _now: datetime) -> JSON:
    """Raises `Refused` when it is not theirs to change, or cannot be."""
    grant = await demand_changeable(session, request_id=request_id, actor=person_id)
    choice = await load_choice(session, grant.application)
    if choice is None:
        raise Refused(Refusal.NOT_OFFERED)
    [story] = await queries.load_stories(session, [request_id])
    return replacement_form(story, choice)
