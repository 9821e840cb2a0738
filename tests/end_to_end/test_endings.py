"""How access ends, and what stays of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox import company
from sandbox.chatgpt.roster import ADMIN, CODEX_SEAT, MEMBER, STANDARD_SEAT
from sandbox.slack.person import Person
from tests.support.studio import Studio


async def test_a_member_gives_back(studio: Studio) -> None:
    """Removed at once; the card says so and has no button any more."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    await lena.press("Give back", in_=card)
    await studio.until(lambda: studio.member(lena) is None)
    await studio.until(lambda: "· Ended" in card.shown and "It was given back. Thank you!" in card.shown)
    assert card.buttons == []
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "released")


async def test_an_invite_that_is_given_back_is_cancelled(studio: Studio) -> None:
    """Before it was accepted: nobody can join by it any more, and nobody was ever removed."""
    lena = studio.lena
    card = await studio.ask(lena)
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "Give back" in card.buttons and studio.has(lena))
    await lena.press("Give back", in_=card)
    await studio.until(lambda: "· Ended" in card.shown)
    assert studio.has(lena) is None
    assert any("invite" in event.what and "cancelled" in event.what for event in studio.chatgpt.events)


async def test_only_those_it_is_about_give_it_back(studio: Studio) -> None:
    """Who asked for somebody else may; a colleague who gets hold of the button may not."""
    lena, noor = studio.lena, studio.noor
    await studio.submit(noor, "chatgpt codex 7d she needs it", For=[lena.name])
    await studio.approve(studio.maya, noor)
    noors = await studio.until(lambda: noor.message("· Invited"))
    await studio.until(lambda: noors.buttons == ["Give back"])
    copy = studio.slack.state.post(studio.maya.dm, user=company.USHER.id, text="", blocks=noors.blocks)
    await studio.maya.press("Give back", in_=copy)
    assert studio.answers(studio.maya) == ["Only the people this access is about can do that."]
    await noor.press("Give back", in_=noors)
    await studio.until(lambda: studio.has(lena) is None and "· Ended" in noors.shown)


@pytest.mark.parametrize("first", ["7d", "30d"])
async def test_of_two_overlapping_grants_the_longer_one_holds(studio: Studio, first: str) -> None:
    """Whichever was given first: the shorter one ends on its card and in the ledger, the member stays for the other."""
    lena = studio.lena
    second = "30d" if first == "7d" else "7d"
    cards = {first: await studio.give_seat(lena, f"chatgpt codex {first} to test")}
    # asking for less of the same is no wish, so the shorter one is for the other seat
    seat = "codex" if second == "30d" else "chatgpt"
    cards[second] = await studio.ask(lena, f"chatgpt {seat} {second} to go on")
    await studio.approve(studio.maya, lena)
    await studio.in_time(lambda: "· Active" in cards[second].shown)
    in_wire = {"codex": CODEX_SEAT, "chatgpt": STANDARD_SEAT}[seat]
    assert studio.has(lena) == ("member", MEMBER, in_wire), "the seat of the latest grant"

    await studio.in_time(lambda: "· Ended" in cards["7d"].shown, within=timedelta(days=8))
    await studio.at_rest()
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)
    assert "· Active" in cards["30d"].shown
    await studio.in_time(lambda: "· Ended" in cards["30d"].shown, within=timedelta(days=31))
    assert studio.has(lena) is None
    assert studio.mails(lena) == 1
    assert [grant.end_reason for grant in await studio.grants()] == ["expired", "expired"]


async def test_two_grants_before_the_invite_is_accepted(studio: Studio) -> None:
    """The second asks for another seat while the first invite is out: one invite stands, as the later grant says."""
    lena = studio.lena
    first = await studio.ask(lena, "chatgpt codex 7d to test")
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "· Invited" in first.shown)
    second = await studio.ask(lena, "chatgpt chatgpt 30d to go on")
    await studio.approve(studio.maya, lena)
    await studio.in_time(lambda: studio.has(lena) == ("invited", MEMBER, STANDARD_SEAT))
    await studio.in_time(lambda: "· Invited" in first.shown and "· Invited" in second.shown)
    studio.chatgpt.accept(str(lena.user.email))
    await studio.in_time(lambda: "· Active" in first.shown and "· Active" in second.shown)
    assert [grant.state for grant in await studio.grants()] == ["active", "active"]


async def test_a_member_from_before_goes_back_to_what_they_had(studio: Studio) -> None:
    """Maya was a member on a standard seat: she becomes an admin on a Codex seat for a week, and then is as before."""
    maya, noor = studio.maya, studio.noor
    before = studio.has(maya)
    assert before == ("member", MEMBER, STANDARD_SEAT)
    card = await studio.ask(maya, "chatgpt admin codex 7d to help out")
    asked = await studio.asked(noor, maya)
    await studio.in_time(lambda: "has access to ChatGPT already" in asked.shown)
    await noor.press("Approve", in_=asked)
    await studio.in_time(lambda: "· Active" in card.shown)
    assert studio.has(maya) == ("member", ADMIN, CODEX_SEAT)
    await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(days=8))
    assert studio.has(maya) == before
    assert studio.mails(maya) == 0


async def test_who_is_deactivated_in_slack_loses_access(studio: Studio) -> None:
    """At once, told to nobody who is not there any more; their open wishes end too."""
    lena = studio.lena
    await studio.give_seat(lena)
    await studio.ask(lena, "figma 30d to draw")
    asked = await studio.asked(studio.maya, lena)
    studio.slack.deactivate(lena.id)
    await studio.until(lambda: studio.member(lena) is None)
    await studio.until(lambda: "· Cancelled" in asked.shown and not asked.buttons)
    await studio.at_rest()
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "left")
    assert studio.alerts() == []


async def test_who_was_removed_in_chatgpt_itself_is_told(studio: Studio) -> None:
    """Somebody removed her there: after half a minute without her Usher believes it, and invites nobody again."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    member = studio.member(lena)
    assert member is not None
    studio.chatgpt.remove(member.user_id)
    await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(days=2))
    assert "removed in ChatGPT itself" in card.shown
    assert studio.mails(lena) == 1


async def test_a_seat_that_was_changed_in_chatgpt_is_put_right(studio: Studio) -> None:
    """Within a day it is again as it was approved."""
    lena = studio.lena
    await studio.give_seat(lena)
    member = studio.member(lena)
    assert member is not None
    studio.chatgpt.set_seat(member.user_id, STANDARD_SEAT)
    await studio.in_time(lambda: studio.has(lena) == ("member", MEMBER, CODEX_SEAT), within=timedelta(days=2))


async def test_ten_grants_approved_at_once_keep_their_ten_ends(database_file) -> None:
    """Ten invites, ten members, and two minutes after each joined nobody is left."""
    crew = [
        replace(company.LENA, id=f"U0CREW{number:04}", name=f"Crew {number}", email=f"crew{number}@harbour.example")
        for number in range(10)
    ]
    async with Studio.open(database_file, newcomers=crew) as studio:
        people: list[Person] = [studio.slack.person(one.id) for one in crew]
        for person in people:
            await studio.submit(person, "chatgpt codex 2m to test")
        cards = [await studio.asked(studio.maya, person) for person in people]
        await asyncio.gather(*(studio.maya.press("Approve", in_=card) for card in cards))
        await studio.until(lambda: all(studio.has(person) for person in people))
        for person in people:
            studio.chatgpt.accept(str(person.user.email))
        await studio.in_time(lambda: all(person.message("· Active") for person in people), within=timedelta(minutes=1))
        joined = {grant.beneficiary_id: grant.active_at for grant in await studio.grants()}
        await studio.in_time(lambda: not any(studio.has(person) for person in people), within=timedelta(minutes=4))
        await studio.at_rest()
        grants = await studio.grants()
        assert {grant.end_reason for grant in grants} == {"expired"}
        for grant in grants:
            assert grant.ends_at == joined[grant.beneficiary_id] + timedelta(minutes=2)
        assert studio.alerts() == []
