"""Access that is wanted for a later day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox.chatgpt.roster import CODEX_SEAT, MEMBER
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import CATALOG, Studio

BERLIN = ZoneInfo("Europe/Berlin")  # where Lena lives
MONTH = timedelta(days=31)


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


def day(studio: Studio, days: int) -> date:
    """So many days from Lena's today."""
    return studio.clock.now().astimezone(BERLIN).date() + timedelta(days=days)


async def scheduled(studio: Studio, days: int = 10) -> Message:
    """Lena asks for a later day, and Maya approves; returns Lena's card."""
    card = await studio.ask(studio.lena, Start=day(studio, days))
    assert "from" in said(card)
    asked = await studio.approve(studio.maya, studio.lena)
    assert "· from" in said(asked)
    await studio.until(lambda: "· Scheduled" in said(card))
    return card


async def test_it_begins_in_the_morning_of_that_day(studio: Studio) -> None:
    """Until then nothing is done; then the invite goes out, and the time counts from when the person has joined."""
    lena = studio.lena
    card = await scheduled(studio)
    [grant] = await studio.grants()
    assert grant.starts_at.astimezone(BERLIN).strftime("%H:%M") == "08:00"
    assert grant.starts_at.astimezone(BERLIN).date() == day(studio, 10)
    assert (grant.state, grant.ends_at) == ("scheduled", None)
    await studio.until(lambda: any("was approved. It starts" in said(one) for one in studio.told(lena)))
    await studio.at_rest()
    assert studio.has(lena) is None

    await studio.in_time(lambda: "· Invited" in said(card), within=MONTH)
    assert studio.clock.now() >= grant.starts_at
    studio.chatgpt.accept(str(lena.user.email))
    await studio.in_time(lambda: "· Active" in said(card))
    assert studio.has(lena) == ("member", MEMBER, CODEX_SEAT)
    [grant] = await studio.grants()
    assert grant.active_at is not None
    assert grant.ends_at == grant.active_at + timedelta(days=7)
    assert [line["starts_at"] is not None for _, _, line in await studio.ledger("request.submitted")] == [True]


async def test_where_the_time_counts_from_the_approval_it_counts_from_that_day(database_file: Path) -> None:
    """`starts: approved`: the end is known as soon as it is approved."""
    catalog = CATALOG.replace("    roles: [member, admin]\n", "    roles: [member, admin]\n    starts: approved\n")
    async with Studio.open(database_file, catalog=catalog) as studio:
        await scheduled(studio)
        [grant] = await studio.grants()
        assert grant.ends_at == grant.starts_at + timedelta(days=7)


async def test_given_back_before_it_begins_it_never_does(studio: Studio) -> None:
    """Nothing is ever sent to ChatGPT."""
    lena = studio.lena
    card = await scheduled(studio)
    await lena.press("Give back", in_=card)
    await studio.until(lambda: "· Ended" in said(card))
    studio.clock.skip(MONTH.total_seconds())
    await studio.at_rest()
    assert studio.has(lena) is None
    assert studio.mails(lena) == 0


async def test_who_leaves_before_it_begins_never_gets_it(studio: Studio) -> None:
    """The grant ends with everything else."""
    lena = studio.lena
    await scheduled(studio)
    studio.slack.deactivate(lena.id)
    await studio.until(lambda: studio.deliveries("user_change"))
    await studio.at_rest()
    studio.clock.skip(MONTH.total_seconds())
    await studio.at_rest()
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "left")
    assert studio.mails(lena) == 0


async def test_decided_after_that_day_it_begins_at_once(studio: Studio) -> None:
    """A day that has passed meanwhile keeps nobody waiting."""
    card = await studio.ask(studio.lena, Start=day(studio, 1))
    studio.clock.skip(timedelta(days=2).total_seconds())
    await studio.approve(studio.maya, studio.lena)
    await studio.until(lambda: "· Invited" in said(card))


@pytest.mark.parametrize(("days", "words"), [(0, "after today"), (-3, "after today"), (366, "within a year")])
async def test_a_day_that_will_not_do_is_said_under_its_field(studio: Studio, days: int, words: str) -> None:
    """And nothing is recorded."""
    await studio.lena.command("/request-access", "chatgpt codex 7d to test")
    outcome = await studio.lena.submit({"Start": day(studio, days)})
    assert words in outcome.errors["Start"]
    assert await studio.requests() == []
