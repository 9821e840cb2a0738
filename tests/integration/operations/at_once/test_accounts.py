"""Somebody says something about an account at the moment in which a worker brings it to what it should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.access.desired import Entitlement
from bot.access.operations.answer_step import answer_step
from bot.connectors.contract import ByHand, Invite
from bot.engine import seats, settling
from storage.database import Database
from storage.tables import Account, AccountStatus, Grant, GrantState, ManualStep
from tests.integration.operations.asking import approve, ask, granted, lines, rows, wish
from tests.integration.operations.at_once.meanwhile import ABSENT, codex, give_back, situation_of, state_of
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, held_up

pytestmark = pytest.mark.postgres


async def due_to_start(company: Database, clock: MovableClock) -> Grant:
    """Lena's grant, whose start was appointed, and has come."""
    asked = await ask(company, replace(wish(), starts_at=clock.now() + timedelta(days=1)))
    await approve(company, asked.request_id)
    [grant] = await rows(company, Grant)
    clock.advance(timedelta(days=1))
    return grant


async def test_who_slept_over_the_end_of_its_lease_sends_no_second_invite(
    company: Database, clock: MovableClock
) -> None:
    """A process that stood still for half a minute finds that another one has taken its task over."""
    await granted(company)
    slept = await situation_of(company)
    await company.write(seats.keep_count, slept, codex(9), began=seats.Began(at=clock.now(), came={}))
    invites = [
        Invite(email=ABSENT.email, entitlement=Entitlement(role="member", seat_type="codex"), key=key) for key in "12"
    ]
    await company.write(settling.note_change, await situation_of(company), ABSENT, invites[0])
    with pytest.raises(settling.Overtaken):
        await company.write(settling.note_change, slept, ABSENT, invites[1])
    assert len(await lines(company, "account.change_sent")) == 1
    assert [account.last_change_key for account in await rows(company, Account)] == ["1"]


async def test_what_was_done_by_hand_is_not_forgotten_because_it_is_no_longer_wanted(company: Database) -> None:
    """Lena gives it back as Noor lets her in: she has it now, and it has to be taken away from her again."""
    _, grant_id = await granted(company, "figma")
    wanted = Entitlement(role="", seat_type="")
    await company.write(
        settling.ask_for_hands, await situation_of(company, "figma"), wanted, ByHand("Give lena access.")
    )
    [step] = await rows(company, ManualStep)
    await company.write(give_back, grant_id)
    nothing_to_do = await situation_of(company, "figma")
    await company.write(answer_step, step_id=step.id, actor="UNOOR", done=True)
    with pytest.raises(settling.Overtaken):
        await company.write(settling.settle, nothing_to_do, ABSENT)
    assert [account.status for account in await rows(company, Account)] == [AccountStatus.MEMBER]
    assert await state_of(company, grant_id) is GrantState.ENDING


async def test_what_is_given_back_at_the_moment_of_its_start_does_not_start(
    company: Database, clock: MovableClock
) -> None:
    """The ledger says that it ends, and nothing else after that."""
    grant = await due_to_start(company, clock)
    async with another_replica(company) as tx:
        await give_back(tx, grant.id)
        moving = await held_up(company, company.write(settling.move_by_time, "chatgpt", "ULENA"))
    await moving
    assert [(event, data["before"]) for event, _, data in await lines(company, "grant.")] == [
        ("grant.ending", "scheduled")
    ]
    assert await state_of(company, grant.id) is GrantState.ENDING


async def test_what_two_workers_start_is_started_once(company: Database, clock: MovableClock) -> None:
    """The second one does not begin anew with somebody who is in line by then."""
    grant = await due_to_start(company, clock)
    async with another_replica(company) as tx:
        await settling.move_by_time(tx, "chatgpt", "ULENA")
        await tx.move(Grant, grant.id, before=[GrantState.GRANTING], to=GrantState.WAITING, waiting_since=tx.now)
        moving = await held_up(company, company.write(settling.move_by_time, "chatgpt", "ULENA"))
    await moving
    assert await state_of(company, grant.id) is GrantState.WAITING
    assert len(await lines(company, "grant.started")) == 1


async def test_the_ledger_says_what_a_grant_was_at_its_end(company: Database) -> None:
    """It became active at the moment in which it was given back."""
    _, grant_id = await granted(company)
    async with another_replica(company) as tx:
        await tx.move(Grant, grant_id, before=[GrantState.GRANTING], to=GrantState.ACTIVE)
        ending = await held_up(company, company.write(give_back, grant_id))
    await ending
    assert [data["before"] for *_, data in await lines(company, "grant.ending")] == ["active"]
