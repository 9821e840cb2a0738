"""Approve and Deny, on cards and on the Home tab."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries, subjects
from bot.access.operations.decide import decide, find_ballot
from bot.access.story import Story
from bot.cards import actions
from bot.cards.approval import deny_form
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.reason_form import read_reason
from bot.handlers.house import Body, House, person_of, value_of
from storage.tables import Decision


def register(app: AsyncApp, house: House) -> None:
    """Registers the two buttons and the form that asks why."""
    door = Approvals(house)
    app.action(actions.APPROVE)(door.approve)
    app.action(actions.DENY)(door.deny)
    app.view(actions.DENY_FORM)(door.denied)


class Approvals:
    """The door through which people decide."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def approve(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """One press is one vote; what follows from it is the operation's business."""
        request_id, stage = subjects.read_ballot(value_of(body))
        await self._house.act(
            ack,
            body,
            client,
            decide,
            request_id=request_id,
            approver_id=person_of(body),
            decision=Decision.APPROVED,
            stage=stage,
        )

    async def deny(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks why, of those whose word is wanted. Nothing is decided before the form is sent."""
        await self._house.open_form(ack, body, client, _denial)

    async def denied(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there: it is a vote."""
        view = body["view"]
        request_id, stage = subjects.read_ballot(str(view["private_metadata"]))
        reason = read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words why: the requester reads this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        await self._house.enter(
            ack,
            body,
            decide,
            request_id=request_id,
            approver_id=person_of(body),
            decision=Decision.DENIED,
            stage=stage,
            reason=reason,
        )


async def story_to_decide(session: AsyncSession, ballot: str, person_id: str, now: datetime) -> Story:
    """The request that a button is about, for whoever pressed it.

    Raises:
        Refused: their word is not wanted, or not any more.
    """
    request_id, stage = subjects.read_ballot(ballot)
    found = await find_ballot(session, request_id=request_id, approver_id=person_id, stage=stage)
    found.demand_open(now)
    [story] = await queries.load_stories(session, [request_id])
    return story


async def _denial(session: AsyncSession, ballot: str, person_id: str, now: datetime) -> JSON:
    return deny_form(await story_to_decide(session, ballot, person_id, now))
