"""Seats cost money: none is added to the bill unless somebody says so, and whoever waits is served in turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support.studio import Studio

IVAN = company.Person(
    id="U0IVAN0001",
    name="Ivan Petrov",
    email="ivan@harbour.example",
    title="Copywriter",
    manager=company.MAYA.id,
)
WISH = "chatgpt chatgpt 7d to write"


def pay_for(studio: Studio, more: int) -> None:
    """The workspace has this many free standard seats."""
    chatgpt = studio.chatgpt
    paid = chatgpt.profile.paid | {"default": chatgpt.profile.paid["default"] - chatgpt.free("default") + more}
    chatgpt.profile = replace(chatgpt.profile, paid=paid)


async def approved(studio: Studio, who: Person) -> Message:
    """From the request to the press on Approve; returns the status card."""
    card = await studio.ask(who, WISH)
    await studio.approve(studio.maya, who)
    return card


async def seat_card(studio: Studio, about: Person) -> Message:
    return await studio.until(lambda: studio.noor.message(f"No free seat in ChatGPT for {about.name}"))


async def test_an_approver_sees_how_many_seats_are_free(studio: Studio) -> None:
    """Counted when the request came in, so that it is there when they decide."""
    pay_for(studio, 3)
    await studio.ask(studio.lena, WISH)
    card = await studio.asked(studio.maya, studio.lena)
    paid = studio.chatgpt.profile.paid["default"]
    await studio.until(lambda: f"3 of {paid} ChatGPT seats are free." in card.shown)


async def test_an_approver_sees_that_it_would_cost(studio: Studio) -> None:
    """Before they decide, not on the next invoice."""
    pay_for(studio, 0)
    await studio.ask(studio.lena, WISH)
    card = await studio.asked(studio.maya, studio.lena)
    await studio.until(lambda: "this will add a seat to the bill" in card.shown)


async def test_nobody_is_invited_to_a_seat_that_is_not_paid_for(studio: Studio) -> None:
    """The person waits in line, the admins are asked, and when a seat becomes free it is given by itself."""
    pay_for(studio, 0)
    # the provider would just put it on the bill
    studio.chatgpt.profile = replace(studio.chatgpt.profile, auto_true_up=True)
    card = await approved(studio, studio.lena)
    await studio.until(lambda: "· Waiting for a seat" in card.shown)
    asked = await seat_card(studio, studio.lena)
    await studio.at_rest()
    assert studio.has(studio.lena) is None
    assert asked.buttons == ["Invite anyway", "Keep waiting", "Decline"]
    assert "0 free" in asked.shown
    [grant] = await studio.grants()
    assert grant.state == "waiting"

    pay_for(studio, 1)
    await studio.in_time(lambda: "· Invited" in card.shown)
    await studio.until(lambda: "· Seat found" in asked.shown and asked.buttons == [])


async def test_an_admin_lets_a_seat_be_added(studio: Studio) -> None:
    """Invite anyway: the invite goes out, and the ledger knows whose word it was."""
    pay_for(studio, 0)
    studio.chatgpt.profile = replace(studio.chatgpt.profile, auto_true_up=True)
    card = await approved(studio, studio.lena)
    asked = await seat_card(studio, studio.lena)
    await studio.noor.press("Invite anyway", in_=asked)
    await studio.until(lambda: "· Invited" in card.shown)
    await studio.until(lambda: "· Seat added" in asked.shown and asked.buttons == [])
    [(_, actor, _)] = await studio.ledger("grant.billed")
    assert actor == studio.noor.id
    assert studio.mails(studio.lena) == 1


async def test_an_admin_lets_them_wait(studio: Studio) -> None:
    """Keep waiting is answered, changes nothing, and can be followed by another answer."""
    pay_for(studio, 0)
    await approved(studio, studio.lena)
    asked = await seat_card(studio, studio.lena)
    await studio.noor.press("Keep waiting", in_=asked)
    assert "keep their place in line" in studio.answers(studio.noor)[-1]
    await studio.at_rest()
    assert asked.buttons == ["Invite anyway", "Keep waiting", "Decline"]


async def test_an_admin_declines(studio: Studio) -> None:
    """The person is told why, and nothing was ever sent to ChatGPT."""
    pay_for(studio, 0)
    card = await approved(studio, studio.lena)
    asked = await seat_card(studio, studio.lena)
    await studio.noor.press("Decline", in_=asked)
    await studio.until(lambda: "· Ended" in card.shown and "No seat was free" in card.shown)
    await studio.until(lambda: "· Declined" in asked.shown and asked.buttons == [])
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "no_seat")
    assert studio.mails(studio.lena) == 0


async def test_only_admins_decide_about_the_bill(studio: Studio) -> None:
    """Not the person who waits, who gets hold of the button."""
    pay_for(studio, 0)
    await approved(studio, studio.lena)
    asked = await seat_card(studio, studio.lena)
    copy = studio.slack.state.post(studio.lena.dm, user=company.USHER.id, text="", blocks=asked.blocks)
    await studio.lena.press("Invite anyway", in_=copy)
    assert studio.answers(studio.lena) == ["Only the admins can answer this. They see it as well."]
    [grant] = await studio.grants()
    assert grant.state == "waiting"


async def test_whoever_waits_longest_is_served_first(database_file: Path) -> None:
    """A seat that somebody gives back goes to the first in line at once, and to nobody who came later."""
    async with Studio.open(database_file, newcomers=[IVAN]) as studio:
        pay_for(studio, 1)
        holder = await approved(studio, studio.lena)
        await studio.until(lambda: "· Invited" in holder.shown)
        first = await approved(studio, studio.tom)
        await studio.until(lambda: "· Waiting for a seat" in first.shown)
        late = await approved(studio, studio.slack.person(IVAN.id))
        await studio.until(lambda: "· Waiting for a seat" in late.shown)
        await studio.lena.press("Give back", in_=holder)
        await studio.until(lambda: "· Invited" in first.shown)
        await studio.at_rest()
        assert "· Waiting for a seat" in late.shown


async def test_no_more_are_invited_than_there_are_seats(database_file: Path) -> None:
    """All are approved in one moment, and every one of them counts the same free seats."""
    async with Studio.open(database_file, newcomers=[IVAN]) as studio:
        pay_for(studio, 2)
        studio.chatgpt.profile = replace(studio.chatgpt.profile, auto_true_up=True)
        people = [studio.lena, studio.tom, studio.slack.person(IVAN.id)]
        cards = [await studio.ask(person, WISH) for person in people]
        asked = [await studio.asked(studio.maya, person) for person in people]
        await asyncio.gather(*(studio.maya.press("Approve", in_=card) for card in asked))

        def states() -> list[str]:
            return sorted(
                word for card in cards for word in ("· Invited", "· Waiting for a seat") if word in card.shown
            )

        await studio.in_time(lambda: states() == ["· Invited", "· Invited", "· Waiting for a seat"])
        await studio.at_rest()
        assert sum(studio.mails(person) for person in people) == 2


async def test_a_switch_to_a_seat_that_is_taken_waits_too(studio: Studio) -> None:
    """They keep what they have meanwhile."""
    pay_for(studio, 0)
    await studio.give_seat(studio.lena, "chatgpt codex 7d to code")
    before = studio.has(studio.lena)
    card = await approved(studio, studio.lena)
    await studio.until(lambda: "· Waiting for a seat" in card.shown)
    await studio.at_rest()
    assert studio.has(studio.lena) == before
    pay_for(studio, 1)
    await studio.in_time(lambda: "· Active" in card.shown, within=timedelta(hours=3))
    assert studio.has(studio.lena) == ("member", "standard-user", "default")


async def test_what_ends_while_a_wish_waits_for_a_seat_is_taken_back_then(studio: Studio) -> None:
    """The wait for one seat is no reason to keep another one for longer; the wish keeps its place in line."""
    pay_for(studio, 0)
    old = await studio.give_seat(studio.lena, "chatgpt codex 2m to code")
    card = await approved(studio, studio.lena)
    await studio.until(lambda: "· Waiting for a seat" in card.shown)
    [_, since] = [grant.waiting_since for grant in await studio.grants()]
    await studio.in_time(lambda: studio.has(studio.lena) is None)
    await studio.in_time(lambda: "· Ended" in old.shown)
    assert "· Waiting for a seat" in card.shown
    [ended, waiting] = await studio.grants()
    assert (ended.state, ended.end_reason) == ("ended", "expired")
    assert (waiting.state, waiting.waiting_since) == ("waiting", since)

    pay_for(studio, 1)
    await studio.in_time(lambda: "· Invited" in card.shown, within=timedelta(hours=3))
    assert studio.has(studio.lena) == ("invited", "standard-user", "default")


async def test_a_provider_that_knows_of_no_free_seat_is_believed(studio: Studio) -> None:
    """One was counted as free, and is not: the admins get the same card, and it is no incident."""
    studio.chatgpt.faults.switch_on("additional_seat_needed")
    card = await approved(studio, studio.lena)
    asked = await seat_card(studio, studio.lena)
    await studio.until(lambda: "· Waiting for a seat" in card.shown)
    await studio.at_rest()
    assert asked.buttons == ["Invite anyway", "Keep waiting", "Decline"]
    assert studio.alerts() == []
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Invited" in card.shown)
    await studio.until(lambda: "· Seat found" in asked.shown and asked.buttons == [])


async def test_codex_is_offered_where_the_workspace_has_it(studio: Studio) -> None:
    """OpenAI gives Codex seats to some workspaces and not to others; the form follows what was counted last."""
    await studio.ask(studio.lena, WISH)
    await studio.at_rest()
    await studio.tom.command("/request-access", "chatgpt")
    assert "Codex seat" in studio.tom.options("Seat type")
    studio.chatgpt.profile = replace(studio.chatgpt.profile, usage_based_enabled=False)
    await studio.tom.submit({"Reason": "to write", "Seat type": "ChatGPT seat"})
    await studio.until(lambda: studio.maya.message(f"{studio.tom.name} asks for"))
    await studio.at_rest()
    await studio.maya.command("/request-access", "chatgpt")
    assert studio.maya.options("Seat type") == ["ChatGPT seat"]
