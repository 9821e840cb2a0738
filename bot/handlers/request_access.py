"""`/request-access`, its form, and the shortcut that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.access.catalog_store import list_choices
from bot.access.durations import parse_duration
from bot.access.operations.submit import submit
from bot.access.people_facts import load_people
from bot.access.refusals import Refused
from bot.access.story import Choice
from bot.access.wish import Wish, Words, WrongWish, read_words
from bot.cards import actions
from bot.cards.content import Content
from bot.cards.form import Draft, field_errors, options_for, read_entered, read_form, request_form
from bot.cards.refusals import refusal, refusal_words
from bot.cards.texts import COMMAND, help_text, not_understood, status_list
from bot.handlers.house import Body, House, notice, origin_of, person_of

#: the shortcut's callback_id in manifest.yml
SHORTCUT = "request_access"


def register(app: AsyncApp, house: House) -> None:
    """Registers the command, the shortcut and the form."""
    door = RequestAccess(house)
    app.view(actions.REQUEST_FORM)(door.submitted)
    app.command(COMMAND)(door.command)
    app.shortcut(SHORTCUT)(door.shortcut)
    app.action(actions.OPEN_FORM)(door.shortcut)
    app.action(actions.CHOOSE_APPLICATION)(door.choose_application)
    app.options(actions.CHOOSE_APPLICATION)(door.suggest)


class RequestAccess:
    """The door through which people ask."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def command(self, ack: AsyncAck, body: Mapping[str, Any], client: AsyncWebClient) -> None:
        """What was typed: nothing or a wish opens the form, `status` and `help` are answered, nonsense too."""
        text = str(body.get("text") or "").strip()
        match text.casefold():
            case "help":
                await self._say(ack, help_text())
            case "status":
                await self._say(ack, await self._status(str(body["user_id"])))
            case _:
                choices = await self._choices()
                words = read_words(text, choices)
                if words is None:
                    await self._say(ack, not_understood(text, choices))
                else:
                    await self._open(ack, body, client, choices, draft_of(words))

    async def shortcut(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """The global shortcut and the button on the Home tab."""
        await self._open(ack, body, client, await self._choices(), Draft())

    async def choose_application(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Another application was chosen: the form offers what that one has."""
        view = body["view"]
        choices = await self._choices()
        form = request_form(choices, read_form(view["state"]["values"], choices))
        try:
            await client.views_update(view_id=view["id"], hash=view["hash"], view=form)
        except SlackApiError as error:
            if error.response.get("error") not in ("hash_conflict", "not_found"):
                raise
            # the form has moved on meanwhile, or is closed: what it shows now is newer than this
        await ack()

    async def suggest(self, ack: AsyncAck, body: Body) -> None:
        """The applications that fit what somebody typed, where there are too many to list."""
        await ack(options=options_for(str(body.get("value", "")), await self._choices()))

    async def submitted(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a request is recorded, or what is wrong is said under the field."""
        view, person_id = body["view"], person_of(body)
        wish = _wish(read_entered(view["state"]["values"]), person_id)
        try:
            await self._house.database.write(
                submit, wish=wish, requester_id=person_id, channel="slack", origin=origin_of(view, person_id, wish)
            )
        except WrongWish as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
        except Refused as refused:
            await self._refuse(ack, view, person_id, refused)
        else:
            await ack()

    async def _refuse(self, ack: AsyncAck, view: Mapping[str, Any], person_id: str, refused: Refused) -> None:
        if refused.permalink is not None:
            # nothing in the form is wrong: what they want exists, and the link leads there
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
            return
        people = await self._house.database.look(load_people, [refused.who] if refused.who else [])
        name = people[refused.who].name if refused.who in people else None
        words = refusal_words(refused, reader_id=person_id, name=name)
        field = "for" if refused.who not in (None, person_id) else "application"
        await ack(response_action="errors", errors=field_errors({field: words}, view))

    async def _open(
        self,
        ack: AsyncAck,
        body: Mapping[str, Any],
        client: AsyncWebClient,
        choices: tuple[Choice, ...],
        draft: Draft,
    ) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=request_form(choices, draft))
        await ack()

    async def _status(self, person_id: str) -> Content:
        stories = await self._house.database.look(queries.load_stories_of, person_id)
        return status_list(stories, self._house.database.clock.now())

    async def _say(self, ack: AsyncAck, content: Content) -> None:
        await ack(response_type="ephemeral", text=content.text, blocks=list(content.blocks))

    async def _choices(self) -> tuple[Choice, ...]:
        return await self._house.database.look(list_choices)


def draft_of(words: Words) -> Draft:
    """What was typed, as the form starts with it."""
    return Draft(
        application=words.application,
        role=words.role,
        seat_type=words.seat_type,
        duration_seconds=parse_duration(words.duration) if words.duration is not None else ...,
        reason=words.reason,
    )


def _wish(entered: Draft, person_id: str) -> Wish:
    return Wish(
        application=entered.application or "",
        role=entered.role,
        seat_type=entered.seat_type,
        duration_seconds=entered.duration_seconds,
        reason=entered.reason,
        beneficiary_id=entered.beneficiary_id or person_id,
    )
