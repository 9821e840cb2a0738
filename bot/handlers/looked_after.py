"""Find somebody's access and Revoke, for the admins of Usher and of applications."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.looked_after import Found, demand_in_charge, find_looked_after
from bot.access.operations.revoke import find_revocable, revoke
from bot.access.people_facts import load_people
from bot.access.refusals import Refused
from bot.access.story import Story, Who
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.looked_after import found_access, revoke_form
from bot.cards.reason_form import read_reason
from bot.cards.refusals import refusal
from bot.handlers.house import Body, House, notice, person_of, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the button, the choice of a person, Revoke and its form."""
    door = LookedAfter(house)
    app.action(actions.FIND_ACCESS)(door.find)
    app.action(actions.WHOSE_ACCESS)(door.choose)
    app.action(actions.REVOKE)(door.ask_why)
    app.view(actions.REVOKE_FORM)(door.revoked)


class LookedAfter:
    """The door through which admins take access back."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def find(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Opens the list. It holds what this person looks after, so nobody has to be turned away."""
        view = await self._found(person_of(body), None)
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    async def choose(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Somebody was chosen: the list shows theirs."""
        view = await self._found(person_of(body), body["actions"][0].get("selected_user"))
        try:
            await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
        except SlackApiError as error:
            if error.response.get("error") not in ("hash_conflict", "not_found"):
                raise
            # it has moved on meanwhile, or is closed: what it shows now is newer than this
        await ack()

    async def ask_why(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Asks for the reason. Nothing is taken back before the form is sent."""
        person_id = person_of(body)
        try:
            await self._demand(value_of(body), person_id)
            story = await self._house.database.look(_story_of, value_of(body))
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await client.views_push(trigger_id=body["trigger_id"], view=revoke_form(story))
        await ack()

    async def revoked(self, ack: AsyncAck, body: Body) -> None:
        """The reason is there: the access begins to end."""
        view, person_id = body["view"], person_of(body)
        grant_id, reason = str(view["private_metadata"]), read_reason(view["state"]["values"])
        if not reason:
            why = {"reason": "Say in a few words why: they will read this."}
            await ack(response_action="errors", errors=field_errors(why, view))
            return
        try:
            await self._demand(grant_id, person_id)
            await self._house.database.write(revoke, grant_id=grant_id, actor=person_id, reason=reason)
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack(response_action="clear")

    async def _demand(self, grant_id: str, person_id: str) -> None:
        """Raises `Refused` for whoever does not look after this grant, as the directory and the catalogue stand now."""
        grant = await self._house.database.look(find_revocable, grant_id)
        if not await self._house.is_admin(person_id):
            await self._house.database.look(demand_in_charge, grant.application, person_id)

    async def _found(self, person_id: str, whose: str | None) -> JSON:
        is_admin = await self._house.is_admin(person_id)
        found, stories, who = await self._house.database.look(_look, person_id, is_admin, whose)
        return found_access(stories, found.total, whose=who)


async def _look(
    session: AsyncSession, person_id: str, is_admin: bool, whose: str | None
) -> tuple[Found, list[Story], Who | None]:
    found = await find_looked_after(session, person_id, is_admin=is_admin, beneficiary_id=whose)
    people = await load_people(session, [whose]) if whose else {}
    who = queries.who(people[whose]) if whose in people else None
    return found, await queries.load_stories(session, found.request_ids), who


async def _story_of(session: AsyncSession, grant_id: str) -> Story:
    grant = await find_revocable(session, grant_id)
    [story] = await queries.load_stories(session, [grant.request_id])
    return story
