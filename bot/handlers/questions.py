"""Ask a question and Answer: comments on a request, by a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries, subjects
from bot.access.operations.comment import comment
from bot.access.operations.decide import find_ballot
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.approval import what_is_asked
from bot.cards.comments import answer_form, question_form, read_comment, to_answer
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.refusals import refusal, refusal_words
from bot.handlers.house import Body, House, notice, origin_of, person_of, show, tell, value_of


def register(app: AsyncApp, house: House) -> None:
    """Registers the two buttons and their form."""
    door = Questions(house)
    app.action(actions.ASK)(door.ask)
    app.action(actions.ANSWER)(door.answer)
    app.view(actions.COMMENT_FORM)(door.said)


class Questions:
    """The door through which those who decide and those who wait talk with each other."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def ask(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Whoever's word is wanted may ask before they give it."""
        await self._open(ack, body, client, _question)

    async def answer(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """The people it is about answer."""
        await self._open(ack, body, client, _answer)

    async def said(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a comment is kept, and told to the other side."""
        view, person_id = body["view"], person_of(body)
        text = read_comment(view["state"]["values"])
        try:
            await self._house.database.write(
                comment,
                request_id=str(view["private_metadata"]),
                author_id=person_id,
                text=text,
                origin=origin_of(view, person_id, text),
            )
        except Refused as refused:
            if refused.refusal is Refusal.NO_WORDS:
                words = refusal_words(refused, reader_id=person_id)
                await ack(response_action="errors", errors=field_errors({actions.COMMENT_BLOCK: words}, view))
            else:
                await ack(response_action="update", view=notice(refusal(refused, reader_id=person_id)))
        else:
            await ack()

    async def _open(
        self,
        ack: AsyncAck,
        body: Body,
        client: AsyncWebClient,
        make_form: Callable[[AsyncSession, str, str, datetime], Awaitable[JSON]],
    ) -> None:
        person_id, database = person_of(body), self._house.database
        try:
            form = await database.look(make_form, value_of(body), person_id, database.clock.now())
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, form)
        await ack()


async def _question(session: AsyncSession, ballot: str, person_id: str, now: datetime) -> JSON:
    """Raises `Refused` when their word is not wanted, or not any more."""
    request_id, stage = subjects.read_ballot(ballot)
    found = await find_ballot(session, request_id=request_id, approver_id=person_id, stage=stage)
    found.demand_open(now)
    [story] = await queries.load_stories(session, [request_id])
    return question_form(story, intro=what_is_asked(story))


async def _answer(session: AsyncSession, request_id: str, person_id: str, _now: datetime) -> JSON:
    """Raises `Refused` when there is nothing that they could answer."""
    story = await queries.load_story(session, request_id)
    if story is None:
        raise Refused(Refusal.GONE)
    question = to_answer(story, person_id)
    if question is None:
        raise Refused(Refusal.NOTHING_TO_ANSWER)
    return answer_form(story, question)
