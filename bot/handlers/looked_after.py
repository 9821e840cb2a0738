"""Revoke, for managers and for the admins of Usher and of applications."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.revoke import find_revocable, revoke_as
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.looked_after import revoke_form
from bot.cards.reason_form import read_reason
from bot.handlers.house import Body, House, closing_all, person_of


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
        await self._house.open_form(ack, body, client, self._revocation)

    async def revoked(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there: the access begins to end."""
        view = body["view"]
        reason = read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words why: they will read this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        await self._house.enter(
            closing_all(ack),
            body,
            revoke_as,
            grant_id=str(view["private_metadata"]),
            actor=person_of(body),
            reason=reason,
            admins=self._house.admins,
        )

    async def _revocation(self, session: AsyncSession, grant_id: str, person_id: str, _now: datetime) -> JSON:
        grant = await find_revocable(session, grant_id=grant_id, actor=person_id, admins=self._house.admins)
        [story] = await queries.load_stories(session, [grant.request_id])
        return revoke_form(story)
