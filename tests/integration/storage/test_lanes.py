"""Lanes: tasks with one lock never run at once, whatever asks for them and whoever runs them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from storage import task_queue
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.tables import TaskState
from tests.support.clock import START, MovableClock

if TYPE_CHECKING:
    from tests.integration.storage.conftest import Queue

MINUTE = timedelta(minutes=1)


async def test_one_task_of_a_lane_runs_at_a_time_the_earliest_first(queue: Queue) -> None:
    """An account's removal and its extension cannot cross."""
    await queue.enqueue("steps", "chatgpt:U1", lock_key="U1", run_at=START - 1 * MINUTE)
    await queue.enqueue("account", "chatgpt:U1", lock_key="U1", run_at=START - 3 * MINUTE)
    await queue.enqueue("notice", "chatgpt:U1", lock_key="U1", run_at=START - 2 * MINUTE)
    order = []
    for _ in range(3):
        (task,) = await queue.claim()
        assert await queue.claim() == []
        order.append(task.kind)
        await queue.finish(task)
    assert order == ["account", "notice", "steps"]


async def test_lanes_do_not_wait_for_each_other(queue: Queue) -> None:
    """One claim takes the first of every lane, and all that have none."""
    for lane in ("U1", "U1", "U2", None, None):
        await queue.enqueue("account", str(random.random()), lock_key=lane)
    assert Counter(task.lock_key for task in await queue.claim()) == {"U1": 1, "U2": 1, None: 2}


async def test_a_dead_workers_lane_is_taken_up_by_its_own_task(queue: Queue, clock: MovableClock) -> None:
    """The task that holds the lane and one that was due before it do not wait for each other for ever."""
    await queue.enqueue("account", "held", lock_key="U1")
    await queue.claim_one()
    await queue.enqueue("account", "due before", lock_key="U1", run_at=START - MINUTE)
    clock.advance(2 * MINUTE)
    held = await queue.claim_one()
    assert held.key == "held"
    await queue.finish(held)
    assert (await queue.claim_one()).key == "due before"


async def test_a_task_behind_a_taken_lane_is_not_reported_as_due(queue: Queue) -> None:
    """A dispatcher that asked again at once would ask for ever; it waits for the end of the lease."""
    await queue.enqueue("account", "running", lock_key="U1")
    task = await queue.claim_one()
    await queue.enqueue("notice", "waiting", lock_key="U1", run_at=START - MINUTE)
    assert await queue.next_due() == START + MINUTE
    await queue.finish(task)
    assert await queue.next_due() == START - MINUTE


async def test_many_workers_never_run_one_lane_twice(database_url: str) -> None:
    """Four workers, twelve lanes, tasks put in front of others meanwhile: no overlap, nothing lost, nothing twice."""
    database = await Database.open(database_url, clock=SystemClock())
    chance = random.Random(7)
    wanted, running, ran = 240, Counter[str](), Counter[str]()

    async def ask(tx: Transaction, numbers: range) -> None:
        for number in numbers:
            back = timedelta(seconds=chance.random() * 100)
            tx.enqueue("account", f"{number}", lock_key=f"lane {number % 12}", run_at=tx.now - back)

    async def producer() -> None:
        for first in range(0, wanted, 8):
            await database.write(ask, range(first, first + 8))

    async def worker(name: str) -> None:
        while len(ran) < wanted:
            claimed, _, _ = await task_queue.claim_due(database, owner=name, limit=3, lease=MINUTE)
            for task in claimed:
                assert task.lock_key is not None
                running[task.lock_key] += 1
                assert running[task.lock_key] == 1, "two tasks of one lane at once"
                await asyncio.sleep(0)
                ran[task.key] += 1
                running[task.lock_key] -= 1
                assert await database.write(task_queue.finish, task)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(producer())
        for number in range(4):
            group.create_task(worker(f"worker {number}"))
    assert set(ran.values()) == {1}
    async with database.read() as session:
        assert await task_queue.next_due(session) is None
    await database.close()


async def test_the_schema_itself_refuses_a_second_runner(queue: Queue, database: Database) -> None:
    """Whatever a claim overlooks, the unique index does not."""
    import pytest
    import sqlalchemy as sa
    from sqlalchemy.exc import IntegrityError

    from storage.tables import Task

    await queue.enqueue("account", "one", lock_key="U1")
    await queue.enqueue("account", "two", lock_key="U1")

    async def claim_all_by_hand(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Task).where(Task.state == TaskState.OPEN).values(owner="worker"))

    with pytest.raises(IntegrityError):
        await database.write(claim_all_by_hand)
