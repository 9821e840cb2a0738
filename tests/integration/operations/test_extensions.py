"""Asking for access to go on: a request of its own, whose grant takes over where the other one ends."""

from __future__ import annotations

from datetime import timedelta
from types import EllipsisType
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access import queries
from bot.access.looked_after import is_in_charge, looked_after_by
from bot.access.operations.cancel import cancel
from bot.access.operations.ending import end_grant
from bot.access.operations.extend import demand_extendable, extend
from bot.access.operations.leave import find_unnoticed, leave
from bot.access.operations.release import release
from bot.access.refusals import Refusal, Refused
from bot.access.wish import WrongWish
from bot.engine.settling import move_by_time
from bot.engine.upkeep import repair
from storage.database import Database, Transaction
from storage.tables import AccessRequest, EndReason, Grant, GrantState, Person, RequestState, Task
from tests.integration.operations.asking import approve, ask, deny, lines, rows

WEEK = 7 * 86_400


async def active(company: Database, *, ends_in: timedelta | None = timedelta(days=2)) -> tuple[str, Grant]:
    """Lena's request and its grant, which began five days ago."""
    asked = await ask(company)
    await approve(company, asked.request_id)

    async def begin(tx: Transaction) -> None:
        began = tx.now - timedelta(days=5)
        ends_at = tx.now + ends_in if ends_in is not None else None
        values: dict[str, Any] = {"state": GrantState.ACTIVE, "active_at": began, "ends_at": ends_at}
        await tx.session.execute(sa.update(Grant).values(**values))

    await company.write(begin)
    [grant] = await rows(company, Grant)
    return asked.request_id, grant


async def ask_for_more(
    company: Database, request_id: str, *, by: str = "ULENA", seconds: int | EllipsisType | None = WEEK, **more: Any
) -> str:
    done = await company.write(
        extend, request_id=request_id, actor=by, duration_seconds=seconds, reason="it goes on", channel="slack", **more
    )
    return done.request_id


async def why_not(company: Database, request_id: str, *, by: str = "ULENA") -> Refusal:
    with pytest.raises(Refused) as refused:
        await ask_for_more(company, request_id, by=by)
    return refused.value.refusal


async def grant_of(company: Database, request_id: str) -> Grant:
    [grant] = await rows(company, Grant, Grant.request_id == request_id)
    return grant


async def test_an_approved_extension_starts_where_the_other_one_ends(company: Database) -> None:
    """It is linked, has its own policy and reason, and its time is counted from the old end."""
    request_id, first = await active(company)
    more = await ask_for_more(company, request_id)
    [request] = await rows(company, AccessRequest, AccessRequest.id == more)
    assert (request.extends_id, request.state, request.reason) == (first.id, RequestState.PENDING, "it goes on")
    assert [data.get("extends") for _, _, data in await lines(company, "request.submitted")] == [None, first.id]
    assert len(await rows(company, Grant)) == 1, "while it is pending nothing changes"

    await approve(company, more)
    second = await grant_of(company, more)
    assert first.ends_at is not None
    assert (second.state, second.starts_at) == (GrantState.SCHEDULED, first.ends_at)
    assert second.ends_at == first.ends_at + timedelta(seconds=WEEK)


async def test_both_turn_in_one_transaction(company: Database) -> None:
    """At no moment is there no grant that holds."""
    request_id, _ = await active(company, ends_in=timedelta(seconds=1))
    more = await ask_for_more(company, request_id)
    await approve(company, more)

    async def end(tx: Transaction) -> None:
        moment = tx.now - timedelta(seconds=1)
        await tx.session.execute(sa.update(Grant).where(Grant.request_id == request_id).values(ends_at=moment))
        await tx.session.execute(sa.update(Grant).where(Grant.request_id == more).values(starts_at=moment))
        situation = await move_by_time(tx, "chatgpt", "ULENA")
        assert situation is not None
        assert [grant.request_id for grant in situation.holding] == [more]
        assert [grant.request_id for grant in situation.ending] == [request_id]

    await company.write(end)
    assert (await grant_of(company, more)).state is GrantState.GRANTING


async def test_a_denied_one_changes_nothing_and_another_may_follow(company: Database) -> None:
    """The end stays as it was."""
    request_id, first = await active(company)
    more = await ask_for_more(company, request_id)
    assert await why_not(company, request_id) is Refusal.ALREADY_ASKED
    await deny(company, more)
    assert (await grant_of(company, request_id)).ends_at == first.ends_at
    await approve(company, await ask_for_more(company, request_id))
    assert await why_not(company, request_id) is Refusal.ALREADY_HAVE, "it goes on already"


async def test_who_may_and_what_can_be_extended(company: Database) -> None:
    """Those it is about; what is alive and has an end that is known."""
    request_id, grant = await active(company)
    assert await why_not(company, request_id, by="UMAYA") is Refusal.NOT_YOURS
    assert await why_not(company, "nothing") is Refusal.NOTHING_TO_EXTEND
    with pytest.raises(WrongWish) as wrong:
        await ask_for_more(company, request_id, seconds=12)
    assert wrong.value.fields.keys() == {"duration"}

    async def change(tx: Transaction, **values: Any) -> None:
        await tx.session.execute(sa.update(Grant).values(**values))

    await company.write(change, ends_at=None)
    assert await why_not(company, request_id) is Refusal.NOT_BEGUN
    await company.write(change, duration_seconds=None)
    assert await why_not(company, request_id) is Refusal.NO_END_DATE
    await company.write(change, duration_seconds=WEEK, ends_at=grant.ends_at, role="owner")
    assert await why_not(company, request_id) is Refusal.NOT_OFFERED
    await company.write(change, state=GrantState.ENDED)
    assert await why_not(company, request_id) is Refusal.NOTHING_TO_EXTEND


async def test_the_form_is_not_opened_for_nothing(company: Database) -> None:
    """Who presses Extend while an extension waits is told of it at once."""
    request_id, _ = await active(company)
    async with company.read() as session:
        assert (await demand_extendable(session, request_id=request_id, actor="ULENA")).request_id == request_id
    await ask_for_more(company, request_id)
    async with company.read() as session:
        with pytest.raises(Refused) as refused:
            await demand_extendable(session, request_id=request_id, actor="ULENA")
    assert refused.value.refusal is Refusal.ALREADY_ASKED


async def test_the_same_form_twice_is_one_request(company: Database) -> None:
    """Slack delivers again what it is not sure of."""
    request_id, _ = await active(company)
    assert await ask_for_more(company, request_id, origin="form") == await ask_for_more(
        company, request_id, origin="form"
    )


async def test_approved_after_the_end_it_starts_at_once(company: Database) -> None:
    """Like any grant: the time counts from when the person has joined."""
    request_id, first = await active(company)
    more = await ask_for_more(company, request_id)

    async def over(tx: Transaction) -> None:
        await end_grant(tx, await tx.session.get_one(Grant, first.id), why=EndReason.EXPIRED, actor="usher")

    await company.write(over)
    await approve(company, more)
    second = await grant_of(company, more)
    assert (second.state, second.ends_at) == (GrantState.GRANTING, None)


@pytest.mark.parametrize("decided", [False, True])
async def test_it_goes_with_what_it_extends(company: Database, *, decided: bool) -> None:
    """Given back or revoked, asked for or approved: access does not come back by an extension."""
    request_id, _ = await active(company)
    more = await ask_for_more(company, request_id)
    if decided:
        await approve(company, more)
    await company.write(release, request_id=request_id, actor="ULENA")
    [request] = await rows(company, AccessRequest, AccessRequest.id == more)
    if decided:
        assert (await grant_of(company, more)).end_reason is EndReason.RELEASED
    else:
        assert request.state is RequestState.CANCELLED
        assert request.decision_reason == "The access that it was to extend has ended."


async def test_an_extension_alone_can_be_given_up(company: Database) -> None:
    """Then the access ends when it would have ended, and can be extended again."""
    request_id, first = await active(company)
    more = await ask_for_more(company, request_id)
    await company.write(cancel, request_id=more, actor="ULENA")
    more = await ask_for_more(company, request_id)
    await approve(company, more)
    await company.write(release, request_id=more, actor="ULENA")
    kept = await grant_of(company, request_id)
    assert (kept.state, kept.ends_at) == (GrantState.ACTIVE, first.ends_at)
    async with company.read() as session:
        [story] = await queries.load_stories(session, [request_id])
    assert story.extension is None


# -- who leaves --------------------------------------------------------------------------------------------------------
async def test_a_grant_approved_while_its_owner_left_is_found(company: Database) -> None:
    """A net below the events: what slipped through is followed up, and what is ending already is left alone."""
    await active(company)

    async def gone(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id == "ULENA").values(active=False))

    await company.write(gone)
    assert await company.write(find_unnoticed) == 1
    assert [task.key for task in await rows(company, Task, Task.kind == "left")] == ["ULENA"]
    await company.write(leave, person_id="ULENA")
    assert await company.write(find_unnoticed) == 0


async def test_a_notice_that_no_task_remembers_is_found(company: Database) -> None:
    """At every start and once an hour: so that people are told although Usher was replaced by a newer version."""
    request_id, _ = await active(company)
    key = f"request:{request_id}"

    async def forget(tx: Transaction) -> None:
        await tx.session.execute(sa.delete(Task).where(Task.kind == "cards"))

    await company.write(forget)
    await company.write(repair)
    assert key in [task.key for task in await rows(company, Task, Task.kind == "cards")]


# -- who looks after access --------------------------------------------------------------------------------------------
async def test_app_admins_look_after_their_applications(company: Database) -> None:
    """Noor does; Maya, who administers nothing, does not."""
    await active(company)
    async with company.read() as session:
        noor, maya = await session.get_one(Person, "UNOOR"), await session.get_one(Person, "UMAYA")
        assert "chatgpt" in await looked_after_by(session, noor)
        assert await looked_after_by(session, maya) == frozenset()
        assert await is_in_charge(session, "chatgpt", "UNOOR")
        assert not await is_in_charge(session, "chatgpt", "UMAYA")
