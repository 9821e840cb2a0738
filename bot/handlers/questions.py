"""Ask a question and Answer: comments on a request, by a form."""

from __future__ import annotations

from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.comment import comment
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.approval import what_is_asked
from bot.cards.comments import answer_form, question_form, read_comment, to_answer
from bot.cards.content import JSON
from bot.cards.form import field_errors
from bot.cards.refusals import refusal_words
from bot.handlers.approvals import story_to_decide
from bot.handlers.house import Body, House, origin_of, person_of


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
        await self._house.open_form(ack, body, client, _question)

    async def answer(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """The people it is about answer."""
        await self._house.open_form(ack, body, client, _answer)

    async def said(self, ack: AsyncAck, body: Body) -> None:
        """The form was sent: a comment is kept, and told to the other side."""
        view, person_id = body["view"], person_of(body)
        text = read_comment(view["state"]["values"])
        if not text.strip():
            words = refusal_words(Refused(Refusal.NO_WORDS), reader_id=person_id)
            await ack(response_action="errors", errors=field_errors({actions.COMMENT_BLOCK: words}, view))
            return
        await self._house.enter(
            ack,
            body,
            comment,
            request_id=str(view["private_metadata"]),
            author_id=person_id,
            text=text,
            origin=origin_of(view, person_id, text),
        )


async def _question(session: AsyncSession, ballot: str, person_id: str, now: datetime) -> JSON:
    """Raises `Refused` when their word is not wanted, or not any more."""
    story = await story_to_decide(session, ballot, person_id, now)
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
