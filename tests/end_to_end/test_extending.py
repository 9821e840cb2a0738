"""Access that goes on beyond its end, and the word before it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sandbox.chatgpt.roster import CODEX_SEAT, MEMBER
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import Studio

DAY = timedelta(days=1)
WEEK = timedelta(days=8)


async def extend(studio: Studio, who: Person, on: Message, duration: str = "7 days") -> Message:
    """They press Extend there and send the form; returns the new card."""
    opened = await who.press("Extend", in_=on)
    assert opened.ok, opened
    assert "ChatGPT · Member · Codex seat" in studio.modal(who)
    sent = await who.submit({"Duration": duration, "Reason": "the pilot goes on"})
    assert sent.closed, sent
    return await studio.until(lambda: who.message("Extension · Member"))


async def asked_for_more(studio: Studio) -> Message:
    """The newest card by which Maya is asked about an extension, once it is there."""
    return await studio.until(lambda: studio.maya.message("asks for an extension"))


async def approve(studio: Studio) -> None:
    """She presses Approve on it."""
    outcome = await studio.maya.press("Approve", in_=await asked_for_more(studio))
    assert outcome.ok, outcome


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


def notices(studio: Studio, who: Person) -> Sequence[Message]:
    """What somebody was told before the end, oldest first."""
    return [one for one in studio.told(who) if "Your access to ChatGPT ends " in said(one)]


async def test_an_approved_extension_goes_on_without_a_gap(studio: Studio) -> None:
    """The seat is kept over the old end: no call takes it, no second invite is sent, and it ends a week later."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    [first] = await studio.grants()
    new = await extend(studio, lena, card)
    await studio.until(lambda: "An extension is waiting for approval" in said(card) and "Extend" not in card.buttons)
    asked = await asked_for_more(studio)
    assert "an extension of ChatGPT" in said(asked)
    assert "With your approval it lasts until" in said(asked)
    await approve(studio)
    await studio.until(lambda: "· Scheduled" in said(new) and "It was extended until" in said(card))
    [_, second] = await studio.grants()
    assert (second.state, second.starts_at) == ("scheduled", first.ends_at)
    assert second.ends_at == first.ends_at + timedelta(days=7)
    await studio.until(lambda: any("was extended. It lasts until" in said(one) for one in studio.told(lena)))

    before = [call for call in studio.chatgpt.calls if call.method != "GET"]
    await studio.in_time(lambda: "· Ended" in said(card) and "· Active" in said(new), within=WEEK)
    await studio.at_rest()
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)
    assert [call for call in studio.chatgpt.calls if call.method != "GET"] == before, "the account was not touched"
    assert "It was extended until" in said(card)
    assert "was gone" not in said(card)
    assert not any("has ended" in said(one) for one in studio.told(lena))

    await studio.in_time(lambda: "· Ended" in said(new), within=WEEK)
    assert studio.has(lena) is None
    assert studio.mails(lena) == 1
    assert [grant.end_reason for grant in await studio.grants()] == ["expired", "expired"]


async def test_while_it_is_pending_and_when_it_is_denied_nothing_changes(studio: Studio) -> None:
    """The end stays where it was; a second wish is told of the first; a denied one can be followed by another."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    button = list(card.blocks)
    new = await extend(studio, lena, card)
    await studio.until(lambda: "Extend" not in card.buttons)
    await studio.at_rest()  # Slack has said where the new card is
    old = studio.slack.state.post(lena.dm, user=card.user, text="", blocks=button)
    await lena.press("Extend", in_=old)
    assert "asked for just this already" in studio.answers(lena)[-1]
    assert "See the card" in studio.answers(lena)[-1]

    asked = await asked_for_more(studio)
    await studio.maya.press("Deny", in_=asked)
    await studio.maya.submit({"Reason": "not this month"})
    await studio.until(lambda: "· Denied" in said(new) and "Extend" in card.buttons)
    [grant] = await studio.grants()
    await studio.in_time(lambda: "· Ended" in said(card), within=WEEK)
    assert studio.has(lena) is None
    [over] = await studio.grants()
    assert (over.ends_at, over.end_reason) == (grant.ends_at, "expired")


async def test_approved_after_the_end_it_starts_like_any_other(studio: Studio) -> None:
    """What ended meanwhile is given anew, with a new invite."""
    lena = studio.lena
    card = await studio.give_seat(lena, "chatgpt codex 2m to test")
    new = await extend(studio, lena, card)
    await studio.in_time(lambda: "· Ended" in said(card))
    assert studio.has(lena) is None
    await approve(studio)
    await studio.until(lambda: "· Invited" in said(new))
    studio.chatgpt.accept(str(lena.user.email))
    await studio.in_time(lambda: "· Active" in said(new))
    assert studio.mails(lena) == 2


async def test_an_extension_goes_with_what_it_extends(studio: Studio) -> None:
    """Given back before its end, access does not come back with the extension."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    new = await extend(studio, lena, card)
    await approve(studio)
    await studio.until(lambda: "· Scheduled" in said(new) and "It was extended" in said(card))
    await lena.press("Give back", in_=card)
    await studio.in_time(lambda: "· Ended" in said(card) and "· Ended" in said(new))
    assert studio.has(lena) is None
    await studio.at_rest()
    assert sum("has ended" in said(one) for one in studio.told(lena)) == 1
    studio.clock.skip(WEEK.total_seconds())
    await studio.at_rest()
    assert studio.has(lena) is None


async def test_only_those_it_is_about_extend_it(studio: Studio) -> None:
    """A colleague who gets hold of the button is refused, kindly, and sees no form."""
    card = await studio.give_seat(studio.lena)
    copy = studio.slack.state.post(studio.tom.dm, user=card.user, text="", blocks=card.blocks)
    await studio.tom.press("Extend", in_=copy)
    assert studio.answers(studio.tom) == ["Only the people this access is about can do that."]
    assert studio.tom.modal is None


async def test_a_policy_that_approves_by_itself_extends_at_once(database_file: Path) -> None:
    """The same policy as for any request."""
    async with Studio.open(database_file, policy="handbook") as studio:
        lena = studio.lena
        await studio.submit(lena)
        card = await studio.until(lambda: lena.message("· Invited"))
        studio.chatgpt.accept(str(lena.user.email))
        await studio.in_time(lambda: "· Active" in said(card))
        new = await extend(studio, lena, card)
        await studio.until(lambda: "· Scheduled" in said(new) and "It was extended until" in said(card))


async def test_people_are_told_three_days_and_one_day_before_the_end(studio: Studio) -> None:
    """Each once, with Extend; pressed there, it goes, and the notice says what came of it."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    [grant] = await studio.grants()
    assert grant.ends_at is not None
    await studio.at_rest()
    assert notices(studio, lena) == []
    await studio.in_time(lambda: len(notices(studio, lena)) == 1, within=WEEK)
    assert timedelta(days=2, hours=23) < grant.ends_at - studio.clock.now() <= timedelta(days=3)
    await studio.in_time(lambda: len(notices(studio, lena)) == 2, within=WEEK)
    assert timedelta(hours=23) < grant.ends_at - studio.clock.now() <= timedelta(days=1)
    [first, second] = notices(studio, lena)
    assert first.buttons == second.buttons == ["Extend"]
    assert "takes it back by itself" in said(second)

    await extend(studio, lena, second)
    await studio.until(lambda: not first.buttons and not second.buttons)
    assert "An extension is waiting for approval" in said(second)
    await approve(studio)
    await studio.until(lambda: "Your access to ChatGPT goes on." in said(second))
    await studio.at_rest()
    assert notices(studio, lena) == []
    assert card.buttons == ["Change", "Give back"]


async def test_who_has_asked_for_more_time_is_not_told_that_it_ends(studio: Studio) -> None:
    """Neither while that waits nor after it was approved."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    new = await extend(studio, lena, card)
    await approve(studio)
    await studio.in_time(lambda: "· Ended" in said(card) and "· Active" in said(new), within=WEEK)
    assert notices(studio, lena) == []
    await studio.in_time(lambda: len(notices(studio, lena)) == 2, within=WEEK)
    assert "· Ended" not in said(new)


async def test_a_grant_of_two_minutes_ends_without_a_notice(studio: Studio) -> None:
    """There is no time for one."""
    card = await studio.give_seat(studio.lena, "chatgpt codex 2m to test")
    await studio.in_time(lambda: "· Ended" in said(card))
    await studio.at_rest()
    assert notices(studio, studio.lena) == []


async def test_a_notice_that_was_missed_comes_late_but_only_the_last_one(studio: Studio) -> None:
    """Half a day before the end, after a long pause: one notice, not two."""
    lena = studio.lena
    await studio.give_seat(lena)
    [grant] = await studio.grants()
    assert grant.ends_at is not None
    await studio.at_rest()
    studio.clock.skip((grant.ends_at - DAY / 2 - studio.clock.now()).total_seconds())
    await studio.until(lambda: notices(studio, lena))
    await studio.at_rest()
    assert len(notices(studio, lena)) == 1


async def test_a_notice_under_a_card_that_was_deleted_brings_the_card_back(studio: Studio) -> None:
    """People delete messages; what Usher has to say next stands under a new card, and nothing keeps failing."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    await studio.at_rest()
    del lena.dm.messages[card.ts]
    [told] = await studio.in_time(lambda: notices(studio, lena), within=timedelta(days=5))
    again = await studio.until(lambda: lena.message("ChatGPT · Active"))
    assert told.thread_ts == again.ts
    assert studio.alerts() == []
