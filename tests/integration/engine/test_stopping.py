"""A dispatcher that is told to stop while the database is answering it."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.engine.dispatcher import Dispatcher
from bot.engine.work import Done, Outcome
from storage.database import Database, Transaction
from storage.tables import Task, TaskState
from storage.task_queue import ClaimedTask
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, how_many_wait
from tests.support.waiting import until

pytestmark = pytest.mark.postgres


async def test_what_is_claimed_while_it_stops_is_handed_back(postgresql_url: str, clock: MovableClock) -> None:
    """Another replica takes it at once, instead of waiting for the end of a lease."""
    database = await Database.open(postgresql_url, clock=clock)
    ran: list[str] = []

    async def errand(task: ClaimedTask) -> Outcome:
        ran.append(task.key)
        return Done()

    async def ask(tx: Transaction) -> None:
        tx.enqueue("errand", "E1")

    await database.write(ask)
    dispatcher = Dispatcher(database, {"errand": errand})
    async with another_replica(database) as tx:
        await tx.execute(sa.text("LOCK TABLE tasks"))
        running = asyncio.create_task(dispatcher.run())
        await until(lambda: how_many_wait(database))
        await dispatcher.stop(within=5)
    await running
    async with database.read() as session:
        task = (await session.scalars(sa.select(Task))).one()
    assert (ran, task.owner, task.state) == ([], None, TaskState.OPEN)
    await database.close()
