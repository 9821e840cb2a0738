"""What people say about a request is kept with it."""

from __future__ import annotations

import asyncio

import pytest

from bot.access import queries
from bot.access.operations.comment import MOST, comment
from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.refusals import Refusal
from bot.access.story import CommentStory
from storage.database import Database
from storage.tables import Comment
from tests.integration.operations.asking import approve, ask, count, lines, refusal, wish
from tests.support.clock import MovableClock


async def say(database: Database, request_id: str, by: str, text: str, *, origin: str = "") -> None:
    await database.write(comment, request_id=request_id, author_id=by, text=text, origin=origin or f"{by}: {text}")


async def said(database: Database, request_id: str) -> list[CommentStory]:
    async with database.read() as session:
        story = await queries.load_story(session, request_id)
    assert story is not None
    return list(story.comments)


async def test_both_sides_talk_with_each_other(company: Database, clock: MovableClock) -> None:
    """The requester, the beneficiary and whoever was asked: what each says is told with the request, in order."""
    asked = await ask(company, wish(for_="UTOM"), by="UNOOR")
    await say(company, asked.request_id, "UMAYA", "what for?")
    await say(company, asked.request_id, "UNOOR", " for the fair \n")
    await say(company, asked.request_id, "UTOM", "indeed")
    await approve(company, asked.request_id)
    await say(company, asked.request_id, "UTOM", "thank you")
    comments = await said(company, asked.request_id)
    assert [(one.author.name, one.text) for one in comments] == [
        ("Maya", "what for?"),
        ("Noor", "for the fair"),
        ("Tom", "indeed"),
        ("Tom", "thank you"),
    ]
    assert {one.at for one in comments} == {clock.now()}


async def test_the_ledger_says_that_something_was_said_but_not_what(company: Database) -> None:
    """The words are personal and the ledger is for ever."""
    asked = await ask(company)
    await say(company, asked.request_id, "ULENA", "my private reason")
    [(_, actor, data)] = await lines(company, "request.commented")
    assert actor == "ULENA"
    assert data["length"] == len("my private reason")
    assert "private" not in str(data)


async def test_a_redelivery_is_one_comment(company: Database) -> None:
    """The same message twice, also at once, is one comment and one line; the same words again are another one."""
    asked = await ask(company)
    await asyncio.gather(*(say(company, asked.request_id, "ULENA", "please", origin="m1") for _ in range(3)))
    await say(company, asked.request_id, "ULENA", "please", origin="m2")
    assert await count(company, Comment) == 2
    assert len(await lines(company, "request.commented")) == 2


async def test_a_long_comment_is_kept_whole_as_far_as_there_is_room(company: Database) -> None:
    """3,000 characters; what is longer ends in an ellipsis."""
    asked = await ask(company)
    await say(company, asked.request_id, "ULENA", "x" * MOST)
    await say(company, asked.request_id, "ULENA", "y" * (MOST + 1))
    whole, cut = await said(company, asked.request_id)
    assert whole.text == "x" * MOST
    assert cut.text == "y" * (MOST - 1) + "…"


@pytest.mark.parametrize(
    ("by", "text", "why"),
    [
        ("UTOM", "let me in, too", Refusal.NOT_CONCERNED),
        ("UNOOR", "I am an admin", Refusal.NOT_CONCERNED),
        ("USTRANGER", "hello", Refusal.NOT_IN_DIRECTORY),
        ("ULENA", " \n", Refusal.NO_WORDS),
    ],
)
async def test_nobody_else_is_heard(company: Database, by: str, text: str, why: Refusal) -> None:
    """Who is not concerned, or says nothing, is told so; nothing is kept."""
    asked = await ask(company)
    assert why is await refusal(company, comment, request_id=asked.request_id, author_id=by, text=text, origin="m1")
    assert await count(company, Comment) == 0


async def test_whoever_left_is_not_heard(company: Database) -> None:
    """A requester who was deactivated says nothing more; nor does anybody about a request that is not there."""
    asked = await ask(company)
    gone = SlackPerson(id="ULENA", name="Lena", email="lena@harbour.example", manager_id="UMAYA", active=False)
    await company.write(upsert_people, [gone], complete=False)
    for request_id, by, why in (
        (asked.request_id, "ULENA", Refusal.NOT_IN_DIRECTORY),
        ("nothing", "UMAYA", Refusal.GONE),
    ):
        assert why is await refusal(company, comment, request_id=request_id, author_id=by, text="hi", origin="m1")
