"""Revoke, for managers and for the admins of Usher and of applications."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.revoke import find_revocable, revoke_as
from bot.access.refusals import Refused
from bot.access.story import Story
from bot.cards import actions
from bot.cards.form import field_errors
from bot.cards.looked_after import revoke_form
from bot.cards.reason_form import read_reason
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, person_of, show, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers Revoke and its form."""
    door = LookedAfter(house)
    app.action(actions.REVOKE)(door.ask_why)
    app.view(actions.REVOKE_FORM)(door.revoked)


class LookedAfter:
    """The door through which others take access back."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def ask_why(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for the reason. Nothing is taken back before the form is sent."""
        person_id = person_of(body)
        try:
            story = await self._house.database.look(_story_of, value_of(body), person_id, self._house.admins)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, revoke_form(story))
        await ack()

    async def revoked(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there: the access begins to end."""
        view, person_id = body["view"], person_of(body)
        reason = read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words why: they will read this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        try:
            await self._house.database.write(
                revoke_as,
                grant_id=str(view["private_metadata"]),
                actor=person_id,
                reason=reason,
                admins=self._house.admins,
            )
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack(response_action="clear")


async def _story_of(session: AsyncSession, grant_id: str, person_id: str, admins: tuple[str, ...]) -> Story:
    grant = await find_revocable(session, grant_id=grant_id, actor=person_id, admins=admins)
    [story] = await queries.load_stories(session, [grant.request_id])
    return story
