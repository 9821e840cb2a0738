"""PostgreSQL undoes one of two transactions that wait for each other: what is done again comes to what it was to be."""

from __future__ import annotations

import pytest

from bot.connectors.contract import Account as Observed
from bot.connectors.contract import CancelInvite
from bot.engine import seats, settling
from storage.database import Database
from storage.tables import GrantState
from tests.integration.operations.asking import granted, lines
from tests.integration.operations.at_once.meanwhile import ABSENT, give_back, member, situation_of, state_of
from tests.support.replicas import undone_once

pytestmark = pytest.mark.postgres


async def test_a_member_is_active_however_often_that_was_written(company: Database) -> None:
    """The second try finds the same to do as the first, and the ledger says once that it was done."""
    _, grant_id = await granted(company)
    situation = await situation_of(company)
    living = await undone_once(company, grant_id, company.write(settling.settle, situation, member()))
    assert [grant.state for grant in living] == [GrantState.ACTIVE]
    assert await state_of(company, grant_id) is GrantState.ACTIVE
    assert [data["before"] for *_, data in await lines(company, "grant.active")] == ["granting"]


async def test_what_is_over_is_over_however_often_that_was_written(company: Database) -> None:
    """An account that is gone takes its grant with it, and none is left that ends for ever."""
    _, grant_id = await granted(company)
    await company.write(give_back, grant_id)
    situation = await situation_of(company)
    assert await undone_once(company, grant_id, company.write(settling.settle, situation, ABSENT)) == ()
    assert await state_of(company, grant_id) is GrantState.ENDED


async def test_who_is_in_line_was_given_a_seat_before_that(company: Database) -> None:
    """The ledger's line about the second try does not take what the first one came to for what was there before."""
    _, grant_id = await granted(company)
    situation = await situation_of(company)
    waits = await undone_once(company, grant_id, company.write(seats.wait_in_line, situation, why="no seat is free"))
    assert [grant.state for grant in waits.grants] == [GrantState.WAITING]
    assert await state_of(company, grant_id) is GrantState.WAITING
    assert [data["before"] for *_, data in await lines(company, "grant.waiting")] == ["granting"]


async def test_an_invite_that_makes_room_for_another_is_taken_back(company: Database) -> None:
    """The second try does not take the first one's doing for somebody else's."""
    _, grant_id = await granted(company)
    invited = Observed(email=ABSENT.email, status="invited", role="member", seat_type="chatgpt", provider_id="I1")
    await company.write(settling.settle, await situation_of(company), invited)
    taken_back = CancelInvite(email=invited.email, provider_id=invited.provider_id)
    noted = company.write(settling.note_change, await situation_of(company), invited, taken_back)
    assert [grant.state for grant in (await undone_once(company, grant_id, noted)).grants] == [GrantState.GRANTING]
    assert await state_of(company, grant_id) is GrantState.GRANTING
