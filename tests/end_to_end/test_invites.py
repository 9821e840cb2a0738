"""An invite is not a grant: what becomes of one that its person leaves unanswered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.slack.state import Message
from tests.support.studio import CATALOG, Studio

IMPATIENT = CATALOG.replace(
    "    durations: [7d,", "    invites: {remind_after: 1h, resend_after: 2h, cancel_after: 6h}\n    durations: [7d,"
)


@pytest.fixture
async def studio(database_file: Path) -> AsyncIterator[Studio]:
    """A company that counts in hours what others count in days."""
    async with Studio.open(database_file, catalog=IMPATIENT) as running:
        yield running


async def invited(studio: Studio) -> Message:
    """Lena is invited and does nothing; returns her card."""
    card = await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    await studio.until(lambda: "· Invited" in card.shown)
    return card


async def test_an_unanswered_invite_is_sent_once_more(studio: Studio) -> None:
    """When the catalogue says, and only that once."""
    card = await invited(studio)
    [grant] = await studio.grants()
    since = grant.invited_at
    assert since is not None
    await studio.in_time(lambda: studio.mails(studio.lena) == 2, within=timedelta(hours=3))
    assert studio.clock.now() - since >= timedelta(hours=2)
    await studio.in_time(lambda: studio.clock.now() - since > timedelta(hours=5), within=timedelta(hours=6))
    assert studio.mails(studio.lena) == 2
    assert "· Invited" in card.shown


async def test_an_invite_that_nobody_accepts_is_taken_back(studio: Studio) -> None:
    """The seat is free again, both sides are told, and it can be asked for anew."""
    await studio.submit(studio.noor, "chatgpt codex 7d she needs it", For=[studio.lena.name])
    await studio.approve(studio.maya, studio.noor)
    await studio.until(lambda: studio.lena.message("· Invited"))
    await studio.in_time(lambda: studio.lena.message("· Ended"), within=timedelta(hours=8))
    assert studio.has(studio.lena) is None
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "not_accepted")
    for person in (studio.noor, studio.lena):
        await studio.until(lambda person=person: person.message("The invite was not accepted in time"))
    await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    await studio.until(lambda: studio.lena.message("· Invited"))


async def test_an_invite_that_is_accepted_late_is_still_a_grant(studio: Studio) -> None:
    """Its time starts to count then, even if nobody looks any more before the invite would be taken back."""
    card = await invited(studio)
    since = studio.clock.now()
    await studio.in_time(lambda: studio.clock.now() - since > timedelta(hours=5), within=timedelta(hours=6))
    await studio.at_rest()
    studio.chatgpt.accept(str(studio.lena.user.email))
    await studio.in_time(lambda: "· Active" in card.shown)
    [grant] = await studio.grants()
    assert grant.ends_at is not None
    assert grant.ends_at - studio.clock.now() > timedelta(days=6, hours=22)


async def test_who_is_removed_and_invited_anew_by_hand_has_to_accept_again(studio: Studio) -> None:
    """The card says so, nobody is reminded at once of an invite of long ago, and the access ends when it would have."""
    card = await studio.give_seat(studio.lena)
    [before] = await studio.grants()
    has, member = studio.has(studio.lena), studio.member(studio.lena)
    assert has is not None
    assert member is not None
    studio.chatgpt.remove(member.user_id)
    studio.chatgpt.invite(str(studio.lena.user.email), role=has[1], seat_type=has[2])
    mails = studio.mails(studio.lena)
    await studio.in_time(lambda: "· Invited" in card.shown, within=timedelta(days=2))
    await studio.at_rest()
    assert studio.mails(studio.lena) == mails
    studio.chatgpt.accept(str(studio.lena.user.email))
    await studio.in_time(lambda: "· Active" in card.shown)
    [after] = await studio.grants()
    assert after.ends_at == before.ends_at


async def test_only_addresses_of_the_domains_named_can_be_asked_for(database_file: Path) -> None:
    """The answer names the domain that the application takes."""
    catalog = CATALOG.replace("    durations: [7d,", "    email_domains: [elsewhere.example]\n    durations: [7d,")
    async with Studio.open(database_file, catalog=catalog) as studio:
        await studio.lena.command("/request-access", "chatgpt codex 7d to test")
        outcome = await studio.lena.submit({})
        assert any("takes @elsewhere.example only" in words for words in outcome.errors.values()), outcome


async def test_whoever_leaves_an_invite_unanswered_is_reminded_of_it(studio: Studio) -> None:
    """In a message of its own, once: where to look, what to press, until when. It is kept right afterwards."""
    await invited(studio)
    reply = await studio.in_time(lambda: studio.lena.message("still waits in your mailbox"))
    assert str(studio.lena.user.email) in reply.shown
    assert "Join workspace" in reply.shown
    assert reply.thread_ts
    studio.chatgpt.accept(str(studio.lena.user.email))
    await studio.in_time(lambda: "does not wait any more" in reply.shown)
    await studio.at_rest()
    assert sum("your invite to ChatGPT" in message.shown for message in studio.told(studio.lena)) <= 2
