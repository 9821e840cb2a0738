"""Another role or seat type in place of what somebody has."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.chatgpt.roster import CODEX_SEAT, MEMBER, STANDARD_SEAT
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import Studio


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


async def change(studio: Studio, who: Person, on: Message, **fields: str) -> Message:
    """They press Change there and send the form; returns the new card."""
    opened = await who.press("Change", in_=on)
    assert opened.ok, opened
    sent = await who.submit({"Reason": "I need the other one"} | {k.replace("_", " "): v for k, v in fields.items()})
    assert sent.closed, sent
    return await studio.until(lambda: who.message("Change · "))


async def approve(studio: Studio) -> Message:
    """Maya presses Approve on the card about it."""
    card = await studio.until(lambda: studio.maya.message("asks for a change in ChatGPT"))
    outcome = await studio.maya.press("Approve", in_=card)
    assert outcome.ok, outcome
    return card


async def test_another_seat_without_a_gap(studio: Studio) -> None:
    """Codex becomes ChatGPT: the member stays one, the old grant ends as replaced when the new one is there."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    new = await change(studio, lena, card, Seat_type="ChatGPT seat", Duration="30 days")
    await studio.until(lambda: "Member · ChatGPT seat may take its place" in said(card))
    assert card.buttons == ["Extend", "Give back"]
    assert "It takes the place of Member · Codex seat, which stays until then." in said(new)
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)

    asked = await approve(studio)
    assert "With your approval it takes the place of Member · Codex seat" in said(asked)
    await studio.in_time(lambda: "· Active" in said(new) and "· Ended" in said(card))
    assert studio.has(lena) == ("member", MEMBER, STANDARD_SEAT)
    assert "It took the place of Member · Codex seat." in said(new)
    assert "Member · ChatGPT seat took its place." in said(card)
    old, grant = await studio.grants()
    assert (old.state, old.end_reason) == ("ended", "replaced")
    assert (grant.state, grant.replaces_id) == ("active", old.id)
    assert studio.mails(lena) == 1
    await studio.at_rest()
    assert not any("has ended" in said(one) for one in studio.told(lena))


async def test_a_lower_role(studio: Studio) -> None:
    """Admin becomes member: the lower role counts, although the higher one is held until then."""
    lena = studio.lena
    card = await studio.give_seat(lena, "chatgpt admin codex 7d to test")
    has = studio.has(lena)
    assert has is not None
    assert has[1] != MEMBER
    new = await change(studio, lena, card, Role="Member", Duration="30 days")
    await approve(studio)
    await studio.in_time(lambda: "· Active" in said(new) and "· Ended" in said(card))
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)


async def test_something_has_to_differ(studio: Studio) -> None:
    """The form says so under the field."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    await lena.press("Change", in_=card)
    outcome = await lena.submit({"Reason": "just so"})
    assert "This is what there is already" in outcome.errors["Seat type"]
    assert len(await studio.requests()) == 1


async def test_a_change_goes_with_what_it_was_to_replace(studio: Studio) -> None:
    """Given back meanwhile, there is nothing to change any more; nobody is asked about it any longer."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    new = await change(studio, lena, card, Seat_type="ChatGPT seat")
    await lena.press("Give back", in_=card)
    await studio.until(lambda: "· Cancelled" in said(new) and "· Ended" in said(card))
    assert "The access that it was to replace has ended." in said(new)


async def test_a_denied_change_changes_nothing(studio: Studio) -> None:
    """And another one can be asked for."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    new = await change(studio, lena, card, Seat_type="ChatGPT seat")
    asked = await studio.until(lambda: studio.maya.message("asks for a change in ChatGPT"))
    await studio.maya.press("Deny", in_=asked)
    await studio.maya.submit({"Reason": "not this month"})
    await studio.until(lambda: "· Denied" in said(new) and "Change" in card.buttons)
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)


@pytest.mark.parametrize("button", ["Change"])
async def test_only_those_it_is_about_change_it(studio: Studio, button: str) -> None:
    """A colleague who gets hold of the button is refused, kindly."""
    card = await studio.give_seat(studio.lena)
    copy = studio.slack.state.post(studio.tom.dm, user=card.user, text="", blocks=card.blocks)
    await studio.tom.press(button, in_=copy)
    assert studio.answers(studio.tom) == ["Only the people this access is about can do that."]
    assert studio.tom.modal is None


async def test_where_nothing_else_is_offered_there_is_no_button(database_file: Path) -> None:
    """An application with one role and one seat."""
    async with Studio.open(database_file) as studio:
        await studio.submit(studio.lena, "handbook to read it")
        card = await studio.until(lambda: studio.lena.message("Handbook"))
        await studio.at_rest()
        assert "Change" not in card.buttons
