"""Seats are counted while people come: nobody is forgotten, and nobody waits for somebody who waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.access.operations.people import upsert_people
from bot.connectors.contract import Account as Observed
from bot.connectors.contract import SeatPool, Seats
from bot.engine import seats, settling
from bot.engine.situation import Situation
from storage.database import Database, Transaction
from storage.tables import GrantState, SeatCount
from tests.integration.operations.asking import granted, rows
from tests.integration.operations.at_once.meanwhile import codex, member, situation_of, state_of
from tests.integration.operations.conftest import somebody
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, held_up, how_many_wait
from tests.support.waiting import until

pytestmark = pytest.mark.postgres


#: all seats of two types are taken
BOTH = SeatPool(by_type={of: Seats(used=1, invited=0, paid=1) for of in ("chatgpt", "codex")})


async def one_comes(tx: Transaction, seat_type: str) -> None:
    await tx.execute(sa.update(SeatCount).where(SeatCount.seat_type == seat_type).values(came=SeatCount.came + 1))


async def first_count(company: Database, pool: SeatPool) -> Situation:
    """Lena is being given a seat, so the seats were counted; returns her situation."""
    await granted(company)
    situation = await situation_of(company)
    began = seats.Began(at=company.clock.now(), came={})
    await company.write(seats.keep_count, situation, pool, began=began)
    return situation


async def begin(company: Database) -> seats.Began:
    return await company.look(seats.begin_count, "chatgpt", now=company.clock.now())


async def test_two_count_the_seats_of_a_new_application(company: Database) -> None:
    """Both find no count to put theirs in the place of, and there is one afterwards."""
    await granted(company)
    situation, began = await situation_of(company), await begin(company)
    async with another_replica(company) as tx:
        await seats.keep_count(tx, situation, codex(9), began=began)
        await tx.session.flush()
        second = await held_up(company, company.write(seats.keep_count, situation, codex(9), began=began))
    await second
    assert [(count.seat_type, count.used) for count in await rows(company, SeatCount)] == [("codex", 9)]


async def test_who_comes_while_a_count_is_kept_is_counted(company: Database) -> None:
    """Ann, who came before it began, is in it; those who came after the provider was asked are remembered."""
    situation = await first_count(company, BOTH)
    await company.write(one_comes, "codex")
    began = await begin(company)
    async with another_replica(company) as bob:
        async with another_replica(company) as eve:
            await one_comes(eve, "codex")
            keeping = await held_up(company, company.write(seats.keep_count, situation, BOTH, began=began))
            await one_comes(bob, "chatgpt")
        await until(lambda: how_many_wait(company))
    await keeping
    assert {count.seat_type: count.came for count in await rows(company, SeatCount)} == {"chatgpt": 1, "codex": 1}


async def test_an_older_count_does_not_take_the_place_of_a_newer(company: Database, clock: MovableClock) -> None:
    """Bob comes between the two: the answer that was on its way for longer knows nothing of him."""
    situation = await first_count(company, codex(9))
    first = await begin(company)
    clock.advance(timedelta(seconds=1))
    await company.write(one_comes, "codex")
    second = await begin(company)
    await company.write(seats.keep_count, situation, codex(10), began=second)
    await company.write(seats.keep_count, situation, codex(9), began=first)
    assert [(count.used, count.came) for count in await rows(company, SeatCount)] == [(10, 0)]


async def test_two_who_come_at_once_do_not_wait_for_each_other(company: Database) -> None:
    """They take seats of two types while a third is in line, for whom all are counted anew: nothing is done twice."""
    await first_count(company, BOTH)
    await company.write(upsert_people, [somebody("UANN", "Ann", "UMAYA")], complete=False)
    _, toms = await granted(company, for_="UTOM", seat_type="chatgpt")
    await granted(company, for_="UANN")
    await company.write(seats.wait_in_line, await situation_of(company, person="UANN"), why="no seat is free")
    lena, tom = [await situation_of(company, person=person) for person in ("ULENA", "UTOM")]
    tries: list[str] = []

    async def settle(tx: Transaction, situation: Situation, observed: Observed) -> None:
        tries.append(situation.person.id)
        await settling.settle(tx, situation, observed)

    async with another_replica(company) as tx:
        await tx.execute(sa.select(SeatCount).where(SeatCount.seat_type == "chatgpt").with_for_update())
        first = await held_up(company, company.write(settle, tom, member("tom", seat_type="chatgpt")))
        second = await held_up(company, company.write(settle, lena, member()))
    await first
    await second
    assert tries == ["UTOM", "ULENA"]
    assert await state_of(company, toms) is GrantState.ACTIVE
    assert {count.seat_type: count.came for count in await rows(company, SeatCount)} == {"chatgpt": 1, "codex": 1}
