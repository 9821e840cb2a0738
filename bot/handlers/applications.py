"""Applications on the Home tab of Usher's admins: adding one, its set-up steps, its check."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.access.catalog_store import load_catalog
from bot.access.connections import AnyConnector, Manual, capabilities_of
from bot.access.operations.ask_for_check import ask_for_check
from bot.access.operations.put_application import put_application
from bot.access.refusals import Refusal, Refused
from bot.access.set_up import WrongSetUp, read_connector, read_entry, unfinished
from bot.access.story import ApplicationStory
from bot.cards import actions
from bot.cards.applications import steps_view
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.refusals import refusal
from bot.cards.set_up_forms import (
    Connection,
    chatgpt_form,
    kind_form,
    offer_form,
    read_connection,
    read_kind,
    read_offer,
)
from bot.handlers.house import Body, House, notice, person_of, show, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the buttons and the assistant's modals."""
    door = Applications(house)
    app.action(actions.ADD_APPLICATION)(door.add)
    app.action(actions.CHECK_APPLICATION)(door.check)
    app.action(actions.SET_UP_STEPS)(door.steps)
    app.action(actions.CHOOSE_PLAN)(door.choose)
    app.action(actions.CHOOSE_WAY)(door.choose)
    app.view(actions.SET_UP_KIND)(door.kind)
    app.view(actions.SET_UP_CHATGPT)(door.chatgpt)
    app.view(actions.SET_UP_OFFER)(door.offer)


class Applications:
    """The door through which Usher's admins set applications up. Whether they are admins is asked at every step."""

    def __init__(self, house: House) -> None:
        self._house = house

    # -- buttons -------------------------------------------------------------------------------------------------------
    async def add(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Opens the assistant."""
        if await self._may(body, client):
            form = kind_form(catalog_in_file=self._house.catalog_in_file)
            await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()

    async def check(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Has the connector checked; the answer comes to the card and the Home tab."""
        if await self._may(body, client):
            await self._house.act(ack, body, client, ask_for_check, application=value_of(body))
        else:
            await ack()

    async def steps(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Shows the steps of the set-up again."""
        if await self._may(body, client):
            story = await self._house.database.look(queries.load_application_story, value_of(body))
            if story is None:
                await tell(body, client, refusal(Refused(Refusal.GONE), reader_id=person_of(body)))
            else:
                await show(body, client, self._steps(story))
        await ack()

    async def choose(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Another plan or way in was chosen: the form asks for what that one needs."""
        view = body["view"]
        form = chatgpt_form(Connection.chosen(view["state"]["values"]))
        try:
            await client.views_update(view_id=view["id"], hash=view["hash"], view=form)
        except SlackApiError as error:
            if error.response.get("error") not in ("hash_conflict", "not_found"):
                raise
            # the form has moved on meanwhile, or is closed: what it shows now is newer than this
        await ack()

    # -- the assistant -------------------------------------------------------------------------------------------------
    async def kind(self, ack: AsyncAck, body: Body) -> None:
        """What it is was chosen."""
        if not await self._may_submit(ack, body):
            return
        if read_kind(body["view"]["state"]["values"]) == "manual":
            await self._ask_what_to_offer(ack, body, Manual(type="manual"))
        else:
            await ack(response_action="push", view=chatgpt_form(Connection.chosen({})))

    async def chatgpt(self, ack: AsyncAck, body: Body) -> None:
        """The workspace and the way in were entered."""
        if not await self._may_submit(ack, body):
            return
        view = body["view"]
        try:
            connector = read_connector(read_connection(view["state"]["values"]))
        except WrongSetUp as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
        else:
            await self._ask_what_to_offer(ack, body, connector)

    async def offer(self, ack: AsyncAck, body: Body) -> None:
        """Everything was entered: the application is added, or what is wrong is said under the field."""
        if not await self._may_submit(ack, body):
            return
        view, person_id = body["view"], person_of(body)
        try:
            entry = read_entry(read_offer(view))
            await self._house.database.write(put_application, entry=entry, actor=person_id)
        except WrongSetUp as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
            return
        story = await self._house.database.look(queries.load_application_story, entry.key)
        await ack(response_action="update", view=self._steps(story) if story else _refused(Refusal.GONE, person_id))

    async def _ask_what_to_offer(self, ack: AsyncAck, body: Body, connector: AnyConnector) -> None:
        catalog = await self._house.database.look(load_catalog)
        form = offer_form(
            unfinished(connector),
            capabilities_of(connector),
            catalog.policies,
            admin_id=person_of(body),
            catalog_in_file=self._house.catalog_in_file,
        )
        await ack(response_action="push", view=form)

    def _steps(self, story: ApplicationStory) -> JSON:
        return steps_view(story, catalog_in_file=self._house.catalog_in_file)

    # -- who may -------------------------------------------------------------------------------------------------------
    async def _may(self, body: Body, client: AsyncWebClient) -> bool:
        """Is it one of Usher's admins who pressed? Everybody else is told that it is not for them."""
        if await self._house.is_admin(person_of(body)):
            return True
        await tell(body, client, refusal(Refused(Refusal.NOT_USHERS_ADMIN), reader_id=person_of(body)))
        return False

    async def _may_submit(self, ack: AsyncAck, body: Body) -> bool:
        """The same for a modal."""
        if await self._house.is_admin(person_of(body)):
            return True
        await ack(response_action="update", view=_refused(Refusal.NOT_USHERS_ADMIN, person_of(body)))
        return False


def _refused(why: Refusal, person_id: str) -> JSON:
    return notice(refusal(Refused(why), reader_id=person_id))
