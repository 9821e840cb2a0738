"""What people write to Usher, and user groups that change: from Slack's event to what Usher knows and says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.access import queries
from bot.access.user_groups import members_of
from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from storage.tables import Comment
from tests.support.studio import Studio

HELP = "Usher gets you access to applications"


async def comments(studio: Studio) -> list[tuple[str, str]]:
    async with studio.usher.database.read() as session:
        rows = await session.scalars(sa.select(Comment).order_by(Comment.id))
        return [(one.author_id, one.text) for one in rows]


def heard(studio: Studio, message: Message) -> bool:
    """Whether Usher has taken the event about a message."""
    return any(
        one.status == 200
        for one in studio.deliveries("message")
        if one.outgoing.payload["event"].get("ts") == message.ts
    )


async def reply(studio: Studio, who: Person, to: Message, text: str = "", *, files: Sequence[str] = ()) -> Message:
    await studio.at_rest()
    written = await who.reply(to, text, files=files)
    await studio.until(lambda: heard(studio, written))
    await studio.at_rest()
    return written


async def test_a_reply_under_a_card_is_a_comment(studio: Studio) -> None:
    """From both sides: kept with the request, told with its story, and under no other name than who wrote it."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await reply(studio, studio.maya, asked, "For how many briefs? <@U0TOM00001> &amp; you?")
    await reply(studio, studio.lena, card, "Six a week")
    assert await comments(studio) == [
        (studio.maya.id, "For how many briefs? @Tom Okafor & you?"),
        (studio.lena.id, "Six a week"),
    ]
    [request] = await studio.requests()
    async with studio.usher.database.read() as session:
        story = await queries.load_story(session, request.id)
    assert story is not None
    assert [(one.author.name, one.text) for one in story.comments] == [
        ("Maya Lindqvist", "For how many briefs? @Tom Okafor & you?"),
        ("Lena Fischer", "Six a week"),
    ]
    lines = await studio.ledger("request.commented")
    assert [(actor, data["length"]) for _, actor, data in lines] == [(studio.maya.id, 39), (studio.lena.id, 10)]
    assert studio.answers(studio.lena) == studio.answers(studio.maya) == []
    assert not any(HELP in one.shown for one in studio.told(studio.lena))


async def test_a_reply_that_slack_delivers_again_is_one_comment(studio: Studio) -> None:
    """Three deliveries, two of them at once; what the author changes or takes back later changes nothing here."""
    card = await studio.ask(studio.lena)
    written = await reply(studio, studio.lena, card, "Six a week")
    delivery = next(
        one for one in studio.deliveries("message") if one.outgoing.payload["event"].get("ts") == written.ts
    )
    again = await studio.slack.courier.again(delivery, times=2, at_once=True)
    assert [one.status for one in again] == [200, 200]
    await studio.lena.edit(written, "Seven a week")
    await studio.lena.delete(written)
    await studio.until(lambda: studio.deliveries("message")[-1].status == 200)
    assert await comments(studio) == [(studio.lena.id, "Six a week")]
    assert len(await studio.ledger("request.commented")) == 1


async def test_a_message_is_answered_once_with_what_usher_does(studio: Studio) -> None:
    """However often Slack delivers it; another message is answered anew."""
    hello = await studio.lena.say("hello?")
    await studio.until(lambda: [one for one in studio.told(studio.lena) if HELP in one.shown])
    delivery = next(one for one in studio.deliveries("message") if one.outgoing.payload["event"]["ts"] == hello.ts)
    await studio.slack.courier.again(delivery, times=3, at_once=True)
    await studio.at_rest()
    assert len(studio.told(studio.lena)) == 1
    await studio.lena.say("anybody?")
    await studio.until(lambda: len([one for one in studio.told(studio.lena) if HELP in one.shown]) == 2)
    assert await comments(studio) == []


@pytest.mark.parametrize("where", ["under the help", "under their own message", "a file alone"])
async def test_what_is_passed_on_to_nobody_is_said(studio: Studio, where: str) -> None:
    """A reply that is no comment is answered in its thread, to its author alone."""
    lena = studio.lena
    if where == "a file alone":
        to = await studio.ask(lena)
        await reply(studio, lena, to, files=["map.png"])
        said = "Only words are passed on"
    else:
        own = await lena.say("hello?")
        answer = await studio.until(lambda: next(one for one in studio.told(lena) if HELP in one.shown))
        to = answer if where == "under the help" else own
        await reply(studio, lena, to, "Thanks!")
        said = "Nobody reads what is written here"
    [answered] = studio.answers(lena)
    assert said in answered
    assert next(one for one in lena.messages() if one.visible_to).thread_ts == to.ts
    assert await comments(studio) == []


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
async def test_other_members_of_a_group_are_known_at_once(database_file: Path, socket_mode: bool) -> None:
    """Who is in a user group is known from the start, and after every change that Slack tells of."""
    async with Studio.open(database_file, socket_mode=socket_mode) as studio:
        assert await members(studio, "@security") == (company.NOOR.id, company.TOM.id)
        studio.slack.user_groups.set_users("security", [studio.lena.id])
        for event in ("subteam_members_changed", "subteam_updated"):
            await studio.until(lambda event=event: studio.deliveries(event)[-1].answer is not None)
        await studio.at_rest()
        assert await members(studio, "security") == (studio.lena.id,)
        _, actor, line = (await studio.ledger("group.changed"))[-1]
        assert (actor, line["handle"]) == ("slack", "security")
        assert (line["added"], line["removed"]) == ([studio.lena.id], [company.NOOR.id, company.TOM.id])
        said = await studio.lena.say("hello?")
        await studio.until(lambda: [one for one in studio.told(studio.lena) if HELP in one.shown])
        assert studio.lena.messages()[0] is said


async def members(studio: Studio, group: str) -> tuple[str, ...]:
    async with studio.usher.database.read() as session:
        return (await members_of(session, [group]))[group]
