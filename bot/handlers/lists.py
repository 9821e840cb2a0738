"""See all, Previous, Next and what narrows a list; and Open, for one request of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.catalog_store import list_choices
from bot.access.history import Happening, load_history
from bot.access.lists import ListName, Look
from bot.access.paging import FIRST, Turn
from bot.access.refusals import Refusal, Refused
from bot.access.story import Story
from bot.cards import actions
from bot.cards.form import options_for
from bot.cards.lists import read_look
from bot.cards.refusals import refusal
from bot.cards.request_detail import request_view
from bot.handlers.house import Body, House, person_of, show, tell, value_of
from bot.handlers.list_views import make_view, replace_view
from storage.tables import RequestState


def register(app: AsyncApp, house: House) -> None:
    """Registers what opens a list, and what is in it besides the items' own buttons."""
    door = Lists(house)
    for name in ListName:
        app.action(f"{actions.SEE_LIST}:{name}")(door.open)
    for action_id in (
        actions.LIST_NEXT,
        actions.LIST_PREVIOUS,
        actions.LIST_STATE,
        actions.LIST_PERSON,
        actions.LIST_APPLICATION,
        actions.LIST_RESET,
    ):
        app.action(action_id)(door.turn)
    app.options(actions.LIST_APPLICATION)(door.suggest)
    app.action(actions.OPEN_REQUEST)(door.open_request)


class Lists:
    """The door to everything of which there may be much."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Opens a list at its beginning; of all requests those that somebody has to decide."""
        name = ListName(value_of(body))
        look = Look(name=name, state=RequestState.PENDING if name is ListName.REQUESTS else None)
        try:
            view = await make_view(self._house.database, self._house.admins, person_of(body), look)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_of(body)))
        else:
            await show(body, client, view)
        await ack()

    async def turn(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Another page, or another part of the list."""
        try:
            look = _turned(read_look(body["view"]["private_metadata"]), body)
            view = await make_view(self._house.database, self._house.admins, person_of(body), look)
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_of(body)))
        else:
            await replace_view(client, body["view"], view)
        await ack()

    async def suggest(self, ack: AsyncAck, body: Body) -> None:
        """The applications that fit what somebody typed."""
        await ack(options=options_for(str(body.get("value", "")), await self._house.database.look(list_choices)))

    async def open_request(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Shows an admin everything about one request."""
        person_id = person_of(body)
        try:
            await self._house.admin_only(person_id, Refusal.NOT_USHERS_ADMIN)
            story, history = await self._house.database.look(_request, value_of(body))
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, request_view(story, history, viewer_id=person_id))
        await ack()


async def _request(session: AsyncSession, request_id: str) -> tuple[Story, Sequence[Happening]]:
    story = await queries.load_story(session, request_id)
    if story is None:
        raise Refused(Refusal.GONE)
    return story, await load_history(session, story)


def _turned(look: Look, body: Body) -> Look:
    """What is wanted after this press, given what was shown before it."""
    action = body["actions"][0]
    chosen = (action.get("selected_option") or {}).get("value")
    match action["action_id"]:
        case actions.LIST_NEXT:
            return replace(look, turn=Turn(after=value_of(body)))
        case actions.LIST_PREVIOUS:
            return replace(look, turn=Turn(before=value_of(body)))
        case actions.LIST_STATE:
            return replace(look, turn=FIRST, state=RequestState(chosen) if chosen and chosen != actions.ANY else None)
        case actions.LIST_PERSON:
            return replace(look, turn=FIRST, person_id=action.get("selected_user"))
        case actions.LIST_APPLICATION:
            return replace(look, turn=FIRST, application=chosen)
        case _:
            return replace(look, turn=FIRST, person_id=None, application=None)
