"""Approve and Deny, on cards and on the Home tab."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries, subjects
from bot.access.operations.decide import decide, find_ballot
from bot.access.refusals import Refused
from bot.cards import actions
from bot.cards.approval import deny_form
from bot.cards.form import field_errors
from bot.cards.reason_form import read_reason
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, person_of, show, tell, value_of
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
        (request_id, stage), person_id = subjects.read_ballot(value_of(body)), person_of(body)
        try:
            async with self._house.database.read() as session:
                ballot = await find_ballot(session, request_id=request_id, approver_id=person_id, stage=stage)
                ballot.demand_open(self._house.database.clock.now())
                [story] = await queries.load_stories(session, [request_id])
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, deny_form(story))
        await ack()

    async def denied(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there: it is a vote."""
        view, person_id = body["view"], person_of(body)
        request_id, stage = subjects.read_ballot(str(view["private_metadata"]))
        reason = read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words why: the requester reads this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        try:
            await self._house.database.write(
                decide,
                request_id=request_id,
                approver_id=person_id,
                decision=Decision.DENIED,
                stage=stage,
                reason=reason,
            )
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack()
