"""Approve with changes, on cards, on the Home tab and in lists."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.operations.decide import decide
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.change_form import change_form, read_changes
from bot.cards.content import JSON
from bot.cards.reason_form import read_reason
from bot.handlers.approvals import story_to_decide
from bot.handlers.house import Body, House, person_of
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
        await self._house.open_form(ack, body, client, _less)

    async def changed(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: it is a vote, whatever was chosen."""
        view = body["view"]
        request_id, stage = subjects.read_ballot(str(view["private_metadata"]))
        values = view["state"]["values"]
        await self._house.enter(
            ack,
            body,
            decide,
            request_id=request_id,
            approver_id=person_of(body),
            decision=Decision.APPROVED,
            stage=stage,
            reason=read_reason(values) or None,
            changes=read_changes(values),
        )


async def _less(session: AsyncSession, ballot: str, person_id: str, now: datetime) -> JSON:
    """Raises `Refused` when their word is not wanted, or nothing less could be given."""
    story = await story_to_decide(session, ballot, person_id, now)
    if story.leeway is None or not story.leeway.is_any:
        raise Refused(Refusal.NOTHING_LESS)
    return change_form(story, story.leeway)
