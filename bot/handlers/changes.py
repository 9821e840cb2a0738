"""Approve with changes, on cards, on the Home tab and in lists."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries, subjects
from bot.access.operations.decide import decide, find_ballot
from bot.access.refusals import Refusal, Refused
from bot.access.wish import WrongWish
from bot.cards import actions
from bot.cards.change_form import change_form, read_changes
from bot.cards.form import field_errors
from bot.cards.reason_form import read_reason
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, person_of, show, tell, value_of
from storage.tables import Decision


def register(app: AsyncApp, house: House) -> None:
    """Registers the button and its form."""
    door = ApprovalsWithChanges(house)
    app.action(actions.CHANGE)(door.change)
    app.view(actions.CHANGE_FORM)(door.changed)


class ApprovalsWithChanges:
    """The door through which people give less than was asked for."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def change(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks those whose word is wanted what to give instead. Nothing is decided before the form is sent."""
        (request_id, stage), person_id = subjects.read_ballot(value_of(body)), person_of(body)
        try:
            async with self._house.database.read() as session:
                ballot = await find_ballot(session, request_id=request_id, approver_id=person_id, stage=stage)
                ballot.demand_open(self._house.database.clock.now())
                [story] = await queries.load_stories(session, [request_id])
            if story.leeway is None or not story.leeway.is_any:
                raise Refused(Refusal.NOTHING_LESS)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, change_form(story, story.leeway))
        await ack()

    async def changed(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: it is a vote, whatever was chosen."""
        view, person_id = body["view"], person_of(body)
        request_id, stage = subjects.read_ballot(str(view["private_metadata"]))
        values = view["state"]["values"]
        try:
            await self._house.database.write(
                decide,
                request_id=request_id,
                approver_id=person_id,
                decision=Decision.APPROVED,
                stage=stage,
                reason=read_reason(values) or None,
                changes=read_changes(values),
            )
        except WrongWish as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack()
