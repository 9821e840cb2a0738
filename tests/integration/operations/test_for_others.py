"""Wishes for somebody else, for several people, for later, in an emergency, and in place of what there is."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.access import catalog_file
from bot.access.batches import load_batch
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.batch import Batched, NobodyCould, ask_for
from bot.access.operations.change import change
from bot.access.operations.confirm import confirm, decline
from bot.access.operations.ending import end_grant
from bot.access.operations.expire import expire
from bot.access.operations.leave import leave
from bot.access.operations.people import upsert_people
from bot.access.operations.release import release
from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import MOST_PEOPLE, Wish, WrongWish
from storage.database import Database, Transaction
from storage.tables import (
    AccessRequest,
    Approval,
    Batch,
    EndReason,
    Grant,
    GrantState,
    LedgerLine,
    RequestState,
    Task,
)
from tests.integration.operations.asking import approve, ask, count, deny, lines, refusal, rows
from tests.integration.operations.conftest import somebody
from tests.support.clock import MovableClock

POLICIES = """
policies:
  confirmed: {approve: [{app_admins: any}], beneficiary_confirms: true, on_behalf: everybody}
  open: {auto_approve: Everybody may have this, beneficiary_confirms: true, on_behalf: everybody}
  urgent: {approve: [{manager: any}], emergency: {longest: 4h, confirm_within: 1d}}
  nobody: {approve: [{manager: any}], on_behalf: nobody}
applications:
"""


@pytest.fixture
async def others(company: Database) -> Database:
    """The company, with an application for each policy, and the usual one."""
    shared = (
        "admins: [noor@harbour.example], roles: [member, admin], seat_types: [chatgpt, codex], durations: [7d, 30d]"
    )
    connector = "type: chatgpt, transport: web_admin, integration_email: it@harbour.example, secret: session"
    workspace = "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e"  # and two digits: an application has one to itself
    keys = {"confirmed": "confirmed", "open": "open", "urgent": "urgent", "nobody": "nobody", "chatgpt": "default"}
    offers = [
        f"  - {{key: {key}, name: {key}, policy: {policy}, {shared}, "
        f"connector: {{{connector}, workspace_id: {workspace}{number}}}}}"
        for number, (key, policy) in enumerate(keys.items(), start=11)
    ]
    catalog = catalog_file.read(POLICIES + "\n".join(offers), "others.yml")
    await company.write(apply_catalog, catalog=catalog, actor="usher")
    return company


def wanted(application: str = "chatgpt", *, for_: str = "ULENA", **more: Any) -> Wish:
    return Wish(
        application=application, role="member", seat_type="codex", duration_seconds=7 * 86_400, reason="to test",
        beneficiary_id=for_, **more,
    )  # fmt: skip


async def ask_them(
    database: Database,
    people: list[str],
    what: Wish | None = None,
    *,
    by: str = "UNOOR",
    origin: str = "a view",
    start: date | None = None,
) -> Submitted | Batched:
    return await database.write(
        ask_for,
        wish=what or wanted(),
        people=people,
        start=start,
        requester_id=by,
        channel="slack",
        origin=origin,
    )


async def granted(database: Database, what: Wish) -> tuple[str, Grant]:
    """A request, and its grant that is active."""
    asked = await database.write(submit, wish=what, requester_id=what.beneficiary_id, channel="slack")
    await approve(database, asked.request_id)

    [grant] = await rows(database, Grant, Grant.request_id == asked.request_id)

    async def activate(tx: Transaction) -> None:
        ends_at = tx.now + timedelta(days=7)
        await tx.move(
            Grant, grant.id, before=[GrantState.GRANTING], to=GrantState.ACTIVE, active_at=tx.now, ends_at=ends_at
        )

    await database.write(activate)
    [grant] = await rows(database, Grant, Grant.request_id == asked.request_id)
    return asked.request_id, grant


# -- whoever would get it agrees first ---------------------------------------------------------------------------------
async def test_nobody_is_asked_before_whoever_would_get_it_agrees(others: Database) -> None:
    """Then the admins are; agreeing twice is agreeing once, and after that it is too late for a no."""
    asked = await ask(others, wanted("confirmed"), by="UTOM")
    assert await count(others, Approval) == 0
    for actor in ("UTOM", "UMAYA", "UNOOR"):
        assert await refusal(others, confirm, request_id=asked.request_id, actor=actor) is Refusal.NOT_YOURS
        assert await refusal(others, decline, request_id=asked.request_id, actor=actor) is Refusal.NOT_YOURS
    for _ in range(2):
        await others.write(confirm, request_id=asked.request_id, actor="ULENA")
    [approval] = await rows(others, Approval)
    assert approval.approver_id == "UNOOR"
    assert await refusal(others, decline, request_id=asked.request_id, actor="ULENA") is Refusal.ALREADY_DECIDED
    assert len(await lines(others, "request.confirmed")) == 1
    assert await approve(others, asked.request_id, "UNOOR") is RequestState.APPROVED


async def test_a_no_ends_it(others: Database) -> None:
    """With why, for who asked; saying it twice is saying it once, and a yes comes too late."""
    asked = await ask(others, wanted("confirmed"), by="UTOM")
    for _ in range(2):
        await others.write(decline, request_id=asked.request_id, actor="ULENA")
    [request] = await rows(others, AccessRequest)
    assert (request.state, request.decided_by) == (RequestState.CANCELLED, "ULENA")
    assert request.decision_reason == "They said “No, thanks”."
    await others.write(decline, request_id=asked.request_id, actor="ULENA")
    assert [actor for _, actor, _ in await lines(others, "request.cancelled")] == ["ULENA"]


async def test_what_nobody_agrees_to_in_time_expires(others: Database, clock: MovableClock) -> None:
    """As any request that waits."""
    asked = await ask(others, wanted("confirmed"), by="UTOM")
    clock.advance(timedelta(days=3))
    assert await refusal(others, confirm, request_id=asked.request_id, actor="ULENA") is Refusal.EXPIRED
    await others.write(expire, request_id=asked.request_id)
    [request] = await rows(others, AccessRequest)
    assert request.state is RequestState.EXPIRED


async def test_a_policy_that_approves_by_itself_waits_for_them_too(others: Database) -> None:
    """The grant follows from the yes."""
    asked = await ask(others, wanted("open"), by="UTOM")
    assert await count(others, Grant) == 0
    await others.write(confirm, request_id=asked.request_id, actor="ULENA")
    assert await count(others, Grant) == 1
    own = await ask(others, wanted("open", for_="UTOM"), by="UTOM")
    [grant] = await rows(others, Grant, Grant.request_id == own.request_id)
    assert grant.beneficiary_id == "UTOM"


async def test_who_may_ask_for_whom(others: Database) -> None:
    """By default managers and the application's admins; nobody where the policy says so, whoever asks."""
    for by in ("UMAYA", "UNOOR"):
        await ask(others, wanted(for_={"UMAYA": "ULENA", "UNOOR": "UTOM"}[by]), by=by)
    arguments = {"wish": wanted(), "requester_id": "UTOM", "channel": "slack"}
    assert await refusal(others, submit, **arguments) is Refusal.NOT_ON_BEHALF
    arguments = {"wish": wanted("nobody"), "requester_id": "UMAYA", "channel": "slack"}
    assert await refusal(others, submit, **arguments) is Refusal.NOT_ON_BEHALF


# -- several people ----------------------------------------------------------------------------------------------------
async def test_where_some_are_refused_the_others_are_asked_for(others: Database) -> None:
    """A request each; the row keeps who was refused and why, and can be read back."""
    await ask(others, wanted())
    batched = await ask_them(others, ["ULENA", "UTOM", "UGUEST", "UMAYA", "UTOM"])
    assert isinstance(batched, Batched)
    made = await rows(others, AccessRequest, AccessRequest.batch_id == batched.batch_id)
    assert {request.beneficiary_id for request in made} == {"UTOM", "UMAYA"}
    story = await others.look(load_batch, batched.batch_id)
    assert story is not None
    assert {(who.id, why.refusal) for who, why in story.refused} == {
        ("ULENA", Refusal.ALREADY_ASKED),
        ("UGUEST", Refusal.GUEST),
    }
    assert {one.beneficiary.id for one in story.requests} == {"UTOM", "UMAYA"}
    [(_, actor, line)] = await lines(others, "batch.submitted")
    assert (actor, len(line["refused"])) == ("UNOOR", 2)
    assert {data["batch"] for _, _, data in await lines(others, "request.submitted")} == {None, batched.batch_id}


async def test_a_refusal_keeps_until_when_they_have_it(others: Database) -> None:
    """What the words need is read back as it was."""
    _, grant = await granted(others, wanted())
    batched = await ask_them(others, ["ULENA", "UTOM"])
    assert isinstance(batched, Batched)
    story = await others.look(load_batch, batched.batch_id)
    assert story is not None
    [(_, why)] = story.refused
    assert (why.refusal, why.detail["until"]) == (Refusal.ALREADY_HAVE, grant.ends_at)


async def test_where_all_are_refused_nothing_is_written(others: Database) -> None:
    """No request, no batch, no task and no line."""
    before = await count(others, LedgerLine), await count(others, Task)
    with pytest.raises(NobodyCould) as nobody:
        await ask_them(others, ["UGUEST", "UBOT"])
    assert [(one.who, one.refusal) for one in nobody.value.refused] == [
        ("UGUEST", Refusal.GUEST),
        ("UBOT", Refusal.NOT_IN_DIRECTORY),
    ]
    assert await count(others, AccessRequest) == await count(others, Batch) == 0
    assert (await count(others, LedgerLine), await count(others, Task)) == before


async def test_one_form_is_one_batch_however_often_it_comes(others: Database) -> None:
    """Eight times at once."""
    found = await asyncio.gather(*(ask_them(others, ["ULENA", "UTOM"]) for _ in range(8)))
    assert len({one.batch_id for one in found if isinstance(one, Batched)}) == 1
    assert (await count(others, AccessRequest), await count(others, Batch)) == (2, 1)
    assert len(await lines(others, "batch.submitted")) == 1


async def test_what_is_wrong_with_the_form_is_wrong_for_everybody(others: Database) -> None:
    """Too many people, an application that there is none of, a requester whom nobody knows."""
    with pytest.raises(WrongWish) as wrong:
        await ask_them(others, [f"U{number}" for number in range(MOST_PEOPLE + 1)])
    assert list(wrong.value.fields) == ["for"]
    with pytest.raises(WrongWish) as wrong:
        await ask_them(others, ["ULENA", "UTOM"], wanted("gone"))
    assert list(wrong.value.fields) == ["application"]
    for by, why in (("UGONE", Refusal.NOT_IN_DIRECTORY), ("UGUEST", Refusal.GUEST)):
        with pytest.raises(Refused) as refused:
            await ask_them(others, ["ULENA", "UTOM"], by=by)
        assert (refused.value.refusal, refused.value.who) == (why, by)
    assert await count(others, AccessRequest) == await count(others, Batch) == 0


async def test_one_person_in_the_form_is_no_batch(others: Database) -> None:
    """And nobody means: for who asks."""
    assert isinstance(await ask_them(others, ["UTOM"], origin="one"), Submitted)
    await ask_them(others, [], wanted(for_="UNOOR"), origin="none")
    assert {one.beneficiary_id for one in await rows(others, AccessRequest)} == {"UTOM", "UNOOR"}
    assert await count(others, Batch) == 0


async def test_each_begins_in_their_own_morning(others: Database, clock: MovableClock) -> None:
    """The day is the same; everybody here lives in UTC."""
    day = (clock.now() + timedelta(days=3)).date()
    await ask_them(others, ["ULENA", "UTOM"], start=day)
    assert {one.starts_at for one in await rows(others, AccessRequest)} == {
        datetime(*day.timetuple()[:3], 8, tzinfo=UTC)
    }


# -- the same wish by every door ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("doors", [("slack", "chatgpt"), ("chatgpt", "slack")])
async def test_the_same_wish_from_slack_and_from_chatgpt_is_one_request(
    others: Database, doors: tuple[str, str]
) -> None:
    """Whichever comes second is told where the first one stands, also when they come at once."""

    async def wish_by(door: str) -> object:
        try:
            return await others.write(submit, wish=wanted(), requester_id="ULENA", channel=door, origin=f"by {door}")
        except Refused as refused:
            return refused.refusal

    assert isinstance(await wish_by(doors[0]), Submitted)
    assert await wish_by(doors[1]) is Refusal.ALREADY_ASKED
    results = await asyncio.gather(*(wish_by(door) for door in doors * 3))
    assert {type(one) for one in results} <= {Submitted, Refusal}
    assert await count(others, AccessRequest) == 1
    assert [data["channel"] for _, _, data in await lines(others, "request.submitted")] == [doors[0]]


# -- emergencies -------------------------------------------------------------------------------------------------------
async def test_an_emergency_is_given_and_then_decided(others: Database) -> None:
    """For the longest time there is, at once; a yes keeps just that grant, a no takes it back."""
    kept = await ask(others, wanted("urgent", emergency=True))
    [grant] = await rows(others, Grant)
    assert (grant.state, grant.duration_seconds) == (GrantState.GRANTING, 4 * 3600)
    assert await approve(others, kept.request_id) is RequestState.APPROVED
    assert [one.id for one in await rows(others, Grant)] == [grant.id]

    other = await ask(others, wanted("urgent", for_="UTOM", emergency=True), by="UTOM")
    await deny(others, other.request_id)
    [given] = await rows(others, Grant, Grant.request_id == other.request_id)
    assert (given.state, given.end_reason, given.end_note) == (GrantState.ENDING, EndReason.REVOKED, "not now")


async def test_an_emergency_that_nobody_approves_is_over(others: Database, clock: MovableClock) -> None:
    """After a day, here; and what was given back before stays given back."""
    asked = await ask(others, wanted("urgent", emergency=True))
    early = await ask(others, wanted("urgent", for_="UTOM", emergency=True), by="UTOM")
    await others.write(release, request_id=early.request_id, actor="UTOM")
    clock.advance(timedelta(days=1))
    for request_id in (asked.request_id, early.request_id):
        await others.write(expire, request_id=request_id)
    why = {one.request_id: one.end_reason for one in await rows(others, Grant)}
    assert why == {asked.request_id: EndReason.NOT_CONFIRMED, early.request_id: EndReason.RELEASED}


async def test_an_emergency_ends_with_whoever_asked_for_it(others: Database) -> None:
    """Noor asks for Lena and leaves: nobody can be asked about it any more, so it is not kept."""
    await ask(others, wanted("urgent", emergency=True), by="UNOOR")
    await others.write(upsert_people, [somebody("UNOOR", "Noor", active=False)], complete=False)
    await others.write(leave, person_id="UNOOR")
    [request] = await rows(others, AccessRequest)
    [grant] = await rows(others, Grant)
    assert (request.state, grant.end_reason) == (RequestState.CANCELLED, EndReason.NOT_CONFIRMED)


async def test_emergencies_are_off_unless_the_policy_says_otherwise(others: Database) -> None:
    """Whatever a form sends; and none of them is planned for a later day."""
    with pytest.raises(WrongWish) as wrong:
        await ask(others, wanted(emergency=True))
    assert list(wrong.value.fields) == ["emergency"]
    with pytest.raises(WrongWish) as wrong:
        await ask_them(others, ["ULENA"], wanted("urgent", emergency=True), by="ULENA", start=date(2030, 1, 1))
    assert list(wrong.value.fields) == ["start"]


# -- in place of what there is -----------------------------------------------------------------------------------------
def another(request_id: str, **more: Any) -> dict[str, Any]:
    return {
        "request_id": request_id, "actor": "ULENA", "role": "member", "seat_type": "chatgpt",
        "duration_seconds": 7 * 86_400, "reason": "the other one", "channel": "slack", **more,
    }  # fmt: skip


async def test_a_change_is_a_request_that_replaces(others: Database) -> None:
    """Its grant names the one whose place it takes, which goes on until then."""
    request_id, grant = await granted(others, wanted())
    asked = await others.write(change, **another(request_id))
    [(_, _, _), (_, _, line)] = await lines(others, "request.submitted")
    assert line["replaces"] == grant.id
    await approve(others, asked.request_id)
    [new] = await rows(others, Grant, Grant.request_id == asked.request_id)
    assert (new.replaces_id, new.seat_type) == (grant.id, "chatgpt")
    [old] = await rows(others, Grant, Grant.id == grant.id)
    assert old.state is GrantState.ACTIVE


async def test_who_may_change_what(others: Database) -> None:
    """Those it is about, while it is active, to something else."""
    asked = await ask(others, wanted(for_="UTOM"), by="UTOM")
    assert await refusal(others, change, **another(asked.request_id, actor="UTOM")) is Refusal.NOTHING_TO_CHANGE
    request_id, _ = await granted(others, wanted())
    assert await refusal(others, change, **another(request_id, actor="UTOM")) is Refusal.NOT_YOURS
    with pytest.raises(WrongWish) as wrong:
        await others.write(change, **another(request_id, seat_type="codex"))
    assert list(wrong.value.fields) == ["seat_type"]
    await others.write(change, **another(request_id))
    assert await refusal(others, change, **another(request_id)) is Refusal.ALREADY_ASKED


@pytest.mark.parametrize("decided", [False, True])
async def test_a_change_ends_with_what_it_was_to_replace(others: Database, *, decided: bool) -> None:
    """Asked for or approved, unless it has taken that one's place."""
    request_id, _ = await granted(others, wanted())
    asked = await others.write(change, **another(request_id))
    if decided:
        await approve(others, asked.request_id)
    await others.write(release, request_id=request_id, actor="ULENA")
    [request] = await rows(others, AccessRequest, AccessRequest.id == asked.request_id)
    ended = [(one.state, one.end_reason) for one in await rows(others, Grant, Grant.request_id == asked.request_id)]
    if decided:
        assert ended == [(GrantState.ENDING, EndReason.RELEASED)]
    else:
        assert (request.state, ended) == (RequestState.CANCELLED, [])
        assert request.decision_reason == "The access that it was to replace has ended."


async def test_what_has_taken_its_place_stays(others: Database) -> None:
    """The old one ends as replaced, and other changes to it with it."""
    request_id, old = await granted(others, wanted())
    first = await others.write(change, **another(request_id))
    second = await others.write(change, **another(request_id, role="admin"))
    await approve(others, first.request_id)

    async def replaced(tx: Transaction) -> None:
        await end_grant(tx, await tx.session.get_one(Grant, old.id), why=EndReason.REPLACED, actor="usher")

    await others.write(replaced)
    states = {one.id: one.state for one in await rows(others, AccessRequest)}
    assert states[second.request_id] is RequestState.CANCELLED
    [new] = await rows(others, Grant, Grant.request_id == first.request_id)
    assert new.state is GrantState.GRANTING
