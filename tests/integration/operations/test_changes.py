"""An approver gives less than was asked for: what was asked and what is given are both kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.access import catalog_file, queries
from bot.access.desired import Entitlement, Terms
from bot.access.leeway import Changes
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.decide import decide
from bot.access.operations.extend import extend
from bot.access.refusals import Refusal, Refused
from bot.access.story import Story
from bot.access.wish import Wish, WrongWish
from storage.database import Database, Transaction
from storage.tables import AccessRequest, Approval, Decision, Grant, GrantState, RequestState
from tests.integration.operations.asking import approve, ask, lines, rows, wish
from tests.integration.operations.conftest import CATALOG
from tests.support.clock import MovableClock

#: two applications whose access two people decide about, one after the other and at once
MORE = """
  - key: one-by-one
    name: One by one
    policy: both_stages
    admins: [noor@harbour.example]
    seat_types: [chatgpt, codex]
    durations: [unlimited, 30d, 7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e91}
  - key: at-once
    name: At once
    policy: everybody
    seat_types: [chatgpt, codex]
    durations: [unlimited, 30d, 7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e92}
"""

DAY = 86_400
WEEK = Changes(duration_seconds=7 * DAY)


async def change(
    database: Database, request_id: str, changes: Changes, by: str = "UMAYA", *, reason: str | None = None
) -> RequestState:
    return await database.write(
        decide, request_id=request_id, approver_id=by, decision=Decision.APPROVED, changes=changes, reason=reason
    )


@pytest.fixture
async def company(company: Database) -> Database:
    """The same, with more that two people decide about."""
    await company.write(apply_catalog, catalog=catalog_file.read(CATALOG + MORE, "catalog.yml"), actor="shell:test")
    return company


async def the_story(database: Database, request_id: str) -> Story:
    async with database.read() as session:
        story = await queries.load_story(session, request_id)
    assert story is not None
    return story


def two_decide(application: str) -> Wish:
    return replace(wish(), application=application, duration_seconds=None)


async def test_the_grant_is_what_the_approver_made_of_it(company: Database) -> None:
    """Role, seat and time at once; the request keeps what was asked for."""
    asked = await ask(company, replace(wish(days=30), role="admin"))
    less = Changes(role="member", seat_type="chatgpt", duration_seconds=7 * DAY)
    assert await change(company, asked.request_id, less, reason="To begin with") is RequestState.APPROVED
    [grant] = await rows(company, Grant)
    assert (grant.role, grant.seat_type, grant.duration_seconds) == ("member", "chatgpt", 7 * DAY)
    [request] = await rows(company, AccessRequest)
    assert (request.role, request.seat_type, request.duration_seconds) == ("admin", "codex", 30 * DAY)
    story = await the_story(company, asked.request_id)
    given = Terms(entitlement=Entitlement(role="member", seat_type="chatgpt"), duration_seconds=7 * DAY)
    assert (story.granted, story.terms, story.leeway) == (given, given, None)
    assert [one.changes for one in story.asked] == [given]
    assert story.decision_reason == "To begin with"


async def test_the_ledger_says_from_what_to_what(company: Database) -> None:
    """Only what was changed; a plain vote says nothing of it."""
    asked = await ask(company, wish(days=30))
    await change(company, asked.request_id, WEEK)
    other = await ask(company, wish("either"))
    await approve(company, other.request_id)
    (_, _, changed), (_, _, plain) = await lines(company, "request.vote")
    assert (changed["before"], changed["after"]) == ({"duration": "30d"}, {"duration": "7d"})
    assert not {"before", "after"} & plain.keys()


async def test_what_equals_what_was_asked_for_is_a_plain_approval(company: Database) -> None:
    """Whoever sends the form as it was opened has changed nothing."""
    asked = await ask(company, wish(days=7))
    same = Changes(role="member", seat_type="codex", duration_seconds=7 * DAY)
    assert await change(company, asked.request_id, same) is RequestState.APPROVED
    [request], [approval] = await rows(company, AccessRequest), await rows(company, Approval)
    assert request.terms is None
    assert approval.changes is None
    assert (await the_story(company, asked.request_id)).granted is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (Changes(role="admin"), "role"),
        (Changes(role="owner"), "role"),
        (Changes(seat_type="gold"), "seat_type"),
        (Changes(duration_seconds=None), "duration"),
        (Changes(duration_seconds=30 * DAY), "duration"),
        (Changes(duration_seconds=DAY), "duration"),  # not offered
    ],
)
async def test_nobody_gives_more_than_was_asked_for(company: Database, changes: Changes, field: str) -> None:
    """Nor what is not offered: nothing is decided then."""
    asked = await ask(company, wish(days=7))
    with pytest.raises(WrongWish) as wrong:
        await change(company, asked.request_id, changes)
    assert wrong.value.fields.keys() == {field}
    [request] = await rows(company, AccessRequest)
    assert (request.state, request.terms) == (RequestState.PENDING, None)
    assert await lines(company, "request.vote") == []


async def test_the_next_approver_decides_about_what_is_left(company: Database) -> None:
    """Approved as it stands then, and with further changes; what was taken away does not come back."""
    asked = await ask(company, two_decide("one-by-one"))
    assert await change(company, asked.request_id, Changes(duration_seconds=30 * DAY)) is RequestState.PENDING
    story = await the_story(company, asked.request_id)
    assert story.leeway is not None
    assert story.leeway.durations == (30 * DAY, 7 * DAY)
    with pytest.raises(WrongWish):
        await change(company, asked.request_id, Changes(duration_seconds=None), by="UNOOR")
    assert await change(company, asked.request_id, WEEK, by="UNOOR") is RequestState.APPROVED
    [grant] = await rows(company, Grant)
    assert grant.duration_seconds == 7 * DAY
    story = await the_story(company, asked.request_id)
    assert [one.changes and one.changes.duration_seconds for one in story.asked] == [30 * DAY, 7 * DAY]


async def test_of_two_at_once_none_gives_back_what_the_other_took(company: Database) -> None:
    """Both of everybody must agree, and press at the same moment: the least of both is given, or one is told."""
    asked = await ask(company, two_decide("at-once"))
    results = await asyncio.gather(
        change(company, asked.request_id, Changes(duration_seconds=30 * DAY)),
        change(company, asked.request_id, WEEK, by="UNOOR"),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, BaseException)]
    assert all(isinstance(each, WrongWish) for each in refused)
    if refused:
        await approve(company, asked.request_id, "UMAYA")
    [grant] = await rows(company, Grant)
    assert grant.duration_seconds == 7 * DAY


async def test_an_extension_is_only_made_shorter(company: Database, clock: MovableClock) -> None:
    """It goes on with what there is."""
    asked = await ask(company, wish(days=7))
    await approve(company, asked.request_id)
    [grant] = await rows(company, Grant)
    ends_at = clock.now() + timedelta(days=7)
    await company.write(begin, grant.id, ends_at)
    more = await company.write(
        extend, request_id=asked.request_id, actor="ULENA", duration_seconds=30 * DAY, reason="more", channel="slack"
    )
    with pytest.raises(WrongWish) as wrong:
        await change(company, more.request_id, Changes(seat_type="chatgpt"))
    assert wrong.value.fields.keys() == {"seat_type"}
    await change(company, more.request_id, WEEK)
    [_, after] = await rows(company, Grant)
    assert (after.starts_at, after.duration_seconds) == (ends_at, 7 * DAY)


async def begin(tx: Transaction, grant_id: str, ends_at: datetime) -> None:
    grant = await tx.session.get_one(Grant, grant_id)
    grant.state, grant.active_at, grant.ends_at = GrantState.ACTIVE, tx.now, ends_at


async def test_what_becomes_the_same_as_something_else_stands_beside_it(company: Database) -> None:
    """Another request for just this waits, or such access is there already: both go on."""
    have = await ask(company, wish(days=7))
    await approve(company, have.request_id)
    asked = await ask(company, replace(wish(days=30), seat_type="chatgpt"))
    waiting = await ask(company, wish(days=30))
    same = Changes(seat_type="codex", duration_seconds=7 * DAY)
    assert await change(company, asked.request_id, same) is RequestState.APPROVED
    assert await approve(company, waiting.request_id) is RequestState.APPROVED
    held = [(grant.seat_type, grant.duration_seconds) for grant in await rows(company, Grant)]
    assert held == [("codex", 7 * DAY), ("codex", 7 * DAY), ("codex", 30 * DAY)]


async def test_the_same_press_again_changes_nothing(company: Database) -> None:
    """Slack delivers twice; who has answered does not answer anew."""
    asked = await ask(company, wish(days=30))
    for _ in range(2):
        assert await change(company, asked.request_id, WEEK) is RequestState.APPROVED
    assert await change(company, asked.request_id, Changes(seat_type="chatgpt")) is RequestState.APPROVED
    assert len(await rows(company, Grant)) == len(await lines(company, "request.vote")) == 1
    [request] = await rows(company, AccessRequest)
    assert request.terms == {"role": "member", "seat_type": "codex", "duration_seconds": 7 * DAY}


@pytest.mark.parametrize("by", ["ULENA", "UTOM", "UNOOR"])
async def test_only_who_was_asked_changes_anything(company: Database, by: str) -> None:
    """Least of all the requester."""
    asked = await ask(company, wish(days=30))
    with pytest.raises(Refused) as refused:
        await change(company, asked.request_id, WEEK, by=by)
    assert refused.value.refusal in (Refusal.OWN_REQUEST, Refusal.NOT_ASKED)
    [request] = await rows(company, AccessRequest)
    assert request.terms is None


async def test_what_is_not_offered_any_more_is_approved_as_it_is(company: Database) -> None:
    """The catalogue has changed since: there is nothing to choose from."""
    asked = await ask(company, wish(days=30))
    without = CATALOG.replace("key: chatgpt\n", "key: another\n")
    await company.write(apply_catalog, catalog=catalog_file.read(without, "catalog.yml"), actor="shell:test")
    story = await the_story(company, asked.request_id)
    assert story.leeway is not None
    assert not story.leeway.is_any
    with pytest.raises(WrongWish):
        await change(company, asked.request_id, WEEK)
    assert await change(company, asked.request_id, Changes(duration_seconds=30 * DAY)) is RequestState.APPROVED
