"""Access in an emergency: given at once, decided about afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import CATALOG, Studio

NOW = ["This is an emergency: give it now, decide afterwards"]


@pytest.fixture
async def urgent(database_file: Path) -> AsyncIterator[Studio]:
    """Where the policy knows emergencies: four hours at most, to be approved within a day."""
    async with Studio.open(database_file, policy="urgent") as running:
        yield running


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


async def given(studio: Studio) -> tuple[Message, Message]:
    """Lena says that it is an emergency, and accepts the invite; returns her card and Maya's."""
    lena = studio.lena
    await studio.submit(lena, "chatgpt codex 30d the site is down", Emergency=NOW)
    card = await studio.until(lambda: lena.message("ChatGPT · Invited"))
    studio.chatgpt.accept(str(lena.user.email))
    await studio.in_time(lambda: "· Active" in said(card))
    asked = await studio.until(lambda: studio.maya.message("asks for emergency access to ChatGPT"))
    return card, asked


async def test_it_is_given_before_anybody_decides_and_kept_by_approve(urgent: Studio) -> None:
    """For four hours, whatever was chosen; the admins hear of it once; all of it stands in the ledger."""
    studio = urgent
    card, asked = await given(studio)
    [grant] = await studio.grants()
    [request] = await studio.requests()
    assert request.state == "pending"
    assert grant.duration_seconds == 4 * 3600
    assert "Given at once, as an emergency" in said(card)
    assert "Still to be approved by" in said(card)
    assert "Approve keeps it, Deny takes it back" in said(asked)
    [alert] = studio.alerts()
    assert "Emergency access to ChatGPT for Lena Fischer" in said(alert)
    assert "the site is down" in said(alert)

    await studio.maya.press("Approve", in_=asked)
    await studio.until(lambda: "Approved" in said(card) and "Still to be approved" not in said(card))
    [same] = await studio.grants()
    assert (same.id, same.state) == (grant.id, "active")
    await studio.in_time(lambda: "· Ended" in said(card), within=timedelta(hours=5))
    assert studio.has(studio.lena) is None
    [ended] = await studio.grants()
    assert ended.end_reason == "expired"
    events = [event for event, _, _ in await studio.ledger() if event.startswith("request.")]
    assert events == ["request.submitted", "request.given_first", "request.vote", "request.approved"]
    assert [line["emergency"] for _, _, line in await studio.ledger("request.submitted")] == [True]
    assert len(studio.alerts()) == 1


async def test_deny_takes_it_back(urgent: Studio) -> None:
    """At once, and Lena reads why."""
    studio = urgent
    card, asked = await given(studio)
    await studio.maya.press("Deny", in_=asked)
    await studio.maya.submit({"Reason": "that was none"})
    await studio.in_time(lambda: "· Ended" in said(card))
    assert "that was none" in said(card)
    assert studio.has(studio.lena) is None
    [grant] = await studio.grants()
    assert grant.end_reason == "revoked"
    await studio.at_rest()
    assert [one for one in studio.told(studio.maya) if one.thread_ts is None] == [asked], "her card says it all"


async def test_not_approved_in_time_it_is_over(database_file: Path) -> None:
    """What nobody approved is taken back, and the card says so."""
    catalog = CATALOG.replace("confirm_within: 1d", "confirm_within: 1h")
    async with Studio.open(database_file, policy="urgent", catalog=catalog) as studio:
        card, asked = await given(studio)
        await studio.in_time(lambda: "· Ended" in said(card), within=timedelta(hours=3))
        assert "nobody approved it in time afterwards" in said(card)
        assert studio.has(studio.lena) is None
        [grant] = await studio.grants()
        assert (grant.state, grant.end_reason) == ("ended", "not_confirmed")
        await studio.until(lambda: not asked.buttons)


async def test_it_is_off_where_the_policy_does_not_know_it(studio: Studio) -> None:
    """There is nothing to tick."""
    await studio.lena.command("/request-access", "chatgpt codex 7d help")
    with pytest.raises(LookupError):
        await studio.lena.choose("Emergency", NOW)
