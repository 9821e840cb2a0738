"""`/request-access`, its form, and the shortcut that opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.access.catalog_store import list_choices
from bot.access.durations import parse_duration
from bot.access.operations.batch import NobodyCould, ask_for
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
#: for how many of several people an error says why there is no request
_NAMED = 3


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
        entered = read_entered(view["state"]["values"])
        try:
            await self._house.database.write(
                ask_for,
                wish=_wish(entered, person_id),
                people=entered.people,
                start=entered.start,
                requester_id=person_id,
                channel="slack",
                origin=origin_of(view, person_id, entered),
            )
        except WrongWish as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, view))
        except Refused as refused:
            await self._refuse(ack, view, person_id, refused)
        except NobodyCould as nobody:
            words = await self._words([*nobody.refused][:_NAMED], person_id)
            rest = len(nobody.refused) - len(words)
            more = [f"And {rest} more."] if rest else []
            await ack(response_action="errors", errors=field_errors({"for": " ".join([*words, *more])}, view))
        else:
            await ack()

    async def _refuse(self, ack: AsyncAck, view: Mapping[str, Any], person_id: str, refused: Refused) -> None:
        if refused.permalink is not None:
            # nothing in the form is wrong: what they want exists, and the link leads there
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
            return
        [words] = await self._words([refused], person_id)
        field = "for" if refused.who not in (None, person_id) else "application"
        await ack(response_action="errors", errors=field_errors({field: words}, view))

    async def _words(self, refused: Sequence[Refused], reader_id: str) -> list[str]:
        people = await self._house.database.look(load_people, [one.who for one in refused if one.who])
        names = {person.id: person.name for person in people.values()}
        return [refusal_words(one, reader_id=reader_id, name=names.get(one.who or "")) for one in refused]

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
        now = self._house.database.clock.now()
        return status_list(await self._house.database.look(queries.load_stories_of, person_id, now=now), now)

    async def _say(self, ack: AsyncAck, content: Content) -> None:
        await ack(response_type="ephemeral", text=content.text, blocks=list(content.blocks))

    async def _choices(self) -> tuple[Choice, ...]:
        return await self._house.database.glance(list_choices)


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
        beneficiary_id=person_id,
        emergency=entered.emergency,
    )
