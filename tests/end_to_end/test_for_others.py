"""Asking for somebody else who has to agree, and for several people at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import Studio

WISH = "chatgpt codex 7d for the pilot"


@pytest.fixture
async def confirmed(database_file: Path) -> AsyncIterator[Studio]:
    """Where whoever would get something has to agree first."""
    async with Studio.open(database_file, policy="confirmed") as running:
        yield running


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


async def offered(studio: Studio, who: Person) -> Message:
    """Their card, once it asks whether they want it."""
    return await studio.until(
        lambda: next(one for one in reversed(studio.told(who)) if one.buttons == ["Yes, please", "No, thanks"])
    )


async def test_whoever_would_get_it_agrees_first(confirmed: Studio) -> None:
    """Until Lena says yes nobody is asked to approve it; then her manager is, and it goes on as ever."""
    studio = confirmed
    await studio.submit(studio.noor, WISH, For=[studio.lena.name])
    card = await offered(studio, studio.lena)
    noors = await studio.until(lambda: studio.noor.message("ChatGPT · Waiting for approval"))
    assert "was asked whether they want it" in said(noors)
    assert noors.buttons == ["Cancel request"]
    await studio.at_rest()
    assert studio.told(studio.maya) == []

    copy = studio.slack.state.post(studio.tom.dm, user=card.user, text="", blocks=card.blocks)
    await studio.tom.press("Yes, please", in_=copy)
    assert studio.answers(studio.tom) == ["Only the people this access is about can do that."]

    await studio.lena.press("Yes, please", in_=card)
    await studio.approve(studio.maya, studio.noor)
    await studio.until(lambda: "· Invited" in said(card))
    assert [actor for _, actor, _ in await studio.ledger("request.confirmed")] == [studio.lena.id]


async def test_whoever_does_not_want_it_ends_it(confirmed: Studio) -> None:
    """Nobody is bothered, and who asked reads why."""
    studio = confirmed
    await studio.submit(studio.noor, WISH, For=[studio.lena.name])
    await studio.lena.press("No, thanks", in_=await offered(studio, studio.lena))
    noors = await studio.until(lambda: studio.noor.message("ChatGPT · Cancelled"))
    assert "They said “No, thanks”." in said(noors)
    await studio.at_rest()
    assert studio.told(studio.maya) == []
    [(_, actor, _)] = await studio.ledger("request.cancelled")
    assert actor == studio.lena.id


async def test_who_asks_for_themselves_need_not_agree(confirmed: Studio) -> None:
    """They have said so by asking."""
    await confirmed.ask(confirmed.lena)
    await confirmed.asked(confirmed.maya, confirmed.lena)


async def test_several_people_in_one_form(studio: Studio) -> None:
    """Maya asks for her team and for somebody who has it: a request each, and one card for her that tells all."""
    lena, tom, maya, noor = studio.lena, studio.tom, studio.maya, studio.noor
    await studio.ask(lena, WISH)
    await studio.submit(maya, WISH, For=[lena.name, tom.name])
    card = await studio.until(lambda: maya.message("ChatGPT for 2 people"))
    await studio.until(lambda: "1 waiting for approval, 1 could not be asked for" in said(card))
    assert "Not asked for: " in said(card)
    assert "asked for just this already" in said(card)
    assert not any("· Waiting for approval" in one.shown for one in studio.told(maya))
    toms = await studio.until(lambda: tom.message("ChatGPT · Waiting for approval"))
    assert "asked for you" in toms.shown.replace("\n", "")

    await studio.approve(noor, maya)
    await studio.until(lambda: "1 invited" in said(card))
    studio.chatgpt.accept(str(tom.user.email))
    await studio.in_time(lambda: "1 active, 1 could not be asked for" in said(card))
    [(_, actor, line)] = await studio.ledger("batch.submitted")
    assert actor == maya.id
    assert [one["person"] for one in line["refused"]] == [lena.id]
    assert [line.get("batch") is not None for _, _, line in await studio.ledger("request.submitted")] == [False, True]
    assert sum("for 2 people" in one.shown for one in studio.told(maya)) == 1


async def test_where_nobody_can_be_asked_for_the_form_says_so(studio: Studio) -> None:
    """Under the field, for each; and nothing is written."""
    await studio.tom.command("/request-access", WISH)
    outcome = await studio.tom.submit({"For": [studio.lena.name, studio.noor.name]})
    assert "You cannot ask for Lena Fischer" in outcome.errors["For"]
    assert "You cannot ask for Noor Haddad" in outcome.errors["For"]
    assert await studio.requests() == []
    assert await studio.ledger("batch.submitted") == []


async def test_the_same_form_delivered_again_is_one_batch(studio: Studio) -> None:
    """Slack delivers twice and more: one request for each person, one card."""
    await studio.submit(studio.noor, WISH, For=[studio.lena.name, studio.tom.name])
    [first] = studio.deliveries("view_submission")
    again = await studio.slack.courier.again(first, times=5, at_once=True)
    assert {(one.status, str(one.answer)) for one in again} == {(200, "{}")}
    assert len(await studio.requests()) == 2
    await studio.until(lambda: studio.noor.message("ChatGPT for 2 people"))
    await studio.at_rest()
    assert len(studio.told(studio.noor)) == 1
    assert len(await studio.ledger("batch.submitted")) == 1
