"""The task queue: nothing asked for is lost, and nothing is done by two."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage import task_queue
from storage.database import Database, Transaction
from storage.tables import TaskState
from tests.support.clock import START, MovableClock
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.integration.storage.conftest import Queue

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def test_a_task_is_claimed_when_it_is_due_and_not_before(queue: Queue, clock: MovableClock) -> None:
    """An expiry in an hour waits an hour."""
    await queue.enqueue("account", "chatgpt:U1", run_at=START + HOUR, payload={"why": "expiry"})
    assert await queue.claim() == []
    assert await queue.next_due() == START + HOUR
    clock.advance(HOUR)
    task = await queue.claim_one()
    assert (task.kind, task.key, task.payload, task.attempt, task.failures) == (
        "account", "chatgpt:U1", {"why": "expiry"}, 1, 0,
    )  # fmt: skip


async def test_the_task_due_first_is_claimed_first(queue: Queue) -> None:
    """A backlog is worked off in the order in which it became due."""
    for minutes in (3, 1, 2):
        await queue.enqueue("card", str(minutes), run_at=START - minutes * MINUTE)
    assert [(await queue.claim(limit=1))[0].key for _ in range(3)] == ["3", "2", "1"]


async def test_a_finished_task_is_not_run_again(queue: Queue, clock: MovableClock) -> None:
    """It stays as a record of what was done, and the same can be asked for again."""
    await queue.enqueue("card", "request:1")
    assert await queue.finish(await queue.claim_one())
    clock.advance(HOUR)
    assert await queue.claim() == []
    assert await queue.next_due() is None
    await queue.enqueue("card", "request:1")
    assert [row.state for row in await queue.rows()] == [TaskState.DONE, TaskState.OPEN]


@pytest.mark.parametrize(("first", "second"), [(MINUTE, HOUR), (HOUR, MINUTE)])
async def test_asking_again_keeps_the_earlier_time(queue: Queue, first: timedelta, second: timedelta) -> None:
    """However often something is asked for, it is one task, at the earliest of the times."""
    await queue.enqueue("account", "chatgpt:U1", run_at=START + first)
    await queue.enqueue("account", "chatgpt:U1", run_at=START + second)
    assert (await queue.row()).run_at == START + MINUTE


async def test_asking_twice_in_one_transaction_is_asking_once(queue: Queue, database: Database) -> None:
    """The earlier time and the later payload count."""

    async def ask(tx: Transaction) -> None:
        tx.enqueue("account", "chatgpt:U1", run_at=START + HOUR, payload={"n": 1})
        tx.enqueue("account", "chatgpt:U1", run_at=START + MINUTE)
        tx.enqueue("account", "chatgpt:U1", run_at=START + HOUR, payload={"n": 2})

    await database.write(ask)
    row = await queue.row()
    assert (row.run_at, row.payload) == (START + MINUTE, {"n": 2})


async def test_a_payload_is_kept_until_another_is_given(queue: Queue) -> None:
    """Asking again without one does not wipe out what the task was told."""
    await queue.enqueue("card", "incident:1", payload={"n": 1})
    await queue.enqueue("card", "incident:1")
    assert (await queue.row()).payload == {"n": 1}
    await queue.enqueue("card", "incident:1", payload={"n": 2})
    assert (await queue.row()).payload == {"n": 2}


async def test_asking_while_it_runs_makes_it_run_again(queue: Queue) -> None:
    """The run may have read the state from before, so the wish is not lost when it finishes."""
    await queue.enqueue("account", "chatgpt:U1")
    task = await queue.claim_one()
    await queue.enqueue("account", "chatgpt:U1")
    assert await queue.claim() == []
    assert await queue.finish(task)
    assert (await queue.claim_one()).attempt == 2


async def test_of_several_wishes_the_earliest_counts(queue: Queue) -> None:
    """A run that is wished for now and in an hour happens now."""
    await queue.enqueue("account", "chatgpt:U1")
    task = await queue.claim_one()
    for later in (HOUR, MINUTE, 2 * HOUR):
        await queue.enqueue("account", "chatgpt:U1", run_at=START + later)
    await queue.finish(task)
    row = await queue.row()
    assert (row.state, row.run_at, row.wish_at) == (TaskState.OPEN, START + MINUTE, None)


async def test_a_wish_does_not_wait_for_the_back_off(queue: Queue) -> None:
    """A person's decision is acted on at once, also when the run before it failed."""
    await queue.enqueue("account", "chatgpt:U1")
    task = await queue.claim_one()
    await queue.enqueue("account", "chatgpt:U1")
    await queue.retry(task, START + HOUR)
    assert (await queue.claim_one()).failures == 1


async def test_asking_for_one_that_backs_off_brings_it_forward(queue: Queue) -> None:
    """A failed task that waits an hour runs now when somebody asks; how often it failed is remembered."""
    await queue.enqueue("account", "chatgpt:U1")
    await queue.retry(await queue.claim_one(), START + HOUR)
    assert await queue.claim() == []
    await queue.enqueue("account", "chatgpt:U1")
    assert (await queue.claim_one()).failures == 1


async def test_failures_are_counted_in_a_row(queue: Queue) -> None:
    """A success, or a run that was only put off, starts the count anew."""
    await queue.enqueue("account", "chatgpt:U1")
    for expected in (0, 1, 2):
        task = await queue.claim_one()
        assert task.failures == expected
        await queue.retry(task, START)
    await queue.retry(await queue.claim_one(), START, failed=False)
    assert (await queue.claim_one()).failures == 0


async def test_the_task_of_a_dead_worker_becomes_due_again(queue: Queue, clock: MovableClock) -> None:
    """When the lease is over another worker takes it, and the first one's report no longer counts."""
    await queue.enqueue("account", "chatgpt:U1", lock_key="chatgpt:U1")
    first = await queue.claim_one()
    assert await queue.next_due() == START + MINUTE
    clock.advance(MINUTE)
    second = await queue.claim_one()
    assert (first.attempt, second.attempt) == (1, 2)
    assert not await queue.finish(first)
    assert not await queue.retry(first, START)
    assert not await queue.park(first)
    assert await queue.finish(second)


async def test_a_lease_can_be_extended_while_it_is_held(queue: Queue, clock: MovableClock, database: Database) -> None:
    """A slow provider does not cost the worker its task."""
    await queue.enqueue("account", "chatgpt:U1")
    task = await queue.claim_one()
    clock.advance(MINUTE - SECOND)
    assert await database.write(task_queue.extend_lease, task, MINUTE)
    clock.advance(MINUTE - SECOND)
    assert await queue.claim() == []
    clock.advance(SECOND)
    assert len(await queue.claim()) == 1
    assert not await database.write(task_queue.extend_lease, task, MINUTE)


async def test_a_wish_that_is_due_is_granted_by_the_next_claim(queue: Queue, clock: MovableClock) -> None:
    """What was wished for while a worker died is done once, by its successor."""
    await queue.enqueue("account", "chatgpt:U1")
    await queue.claim_one()
    await queue.enqueue("account", "chatgpt:U1")
    clock.advance(MINUTE)
    await queue.finish(await queue.claim_one())
    assert (await queue.row()).state is TaskState.DONE


async def test_tasks_that_are_handed_back_are_due_at_once(queue: Queue, database: Database) -> None:
    """A worker that is told to stop leaves its tasks to the others, who are woken, and has no more say in them."""
    await queue.enqueue("account", "chatgpt:U1", lock_key="chatgpt:U1")
    task = await queue.claim_one()
    woken: list[int] = []
    database.on_tasks.append(lambda: woken.append(1))
    assert await database.write(task_queue.hand_back, [task]) == 1
    await until(lambda: woken)
    assert woken == [1]
    assert not await queue.finish(task)
    assert (await queue.claim_one()).attempt == 2


async def test_a_parked_task_waits_for_its_incident(queue: Queue, clock: MovableClock, database: Database) -> None:
    """Neither time nor asking again opens it; resolving the incident does, with a clean slate."""
    await queue.enqueue("account", "chatgpt:U1")
    await queue.retry(await queue.claim_one(), START)
    assert await queue.park(await queue.claim_one())
    await queue.enqueue("account", "chatgpt:U1", run_at=START - MINUTE)
    clock.advance(HOUR)
    assert await queue.claim() == []
    assert await queue.next_due() is None
    row = await queue.row()
    assert (row.state, row.run_at, row.error) == (TaskState.PARKED, START - MINUTE, "Blocked")

    woken: list[int] = []
    database.on_tasks.append(lambda: woken.append(1))
    assert await queue.release() == 1
    await until(lambda: woken)
    assert woken == [1]
    assert (await queue.claim_one()).failures == 0


async def test_an_incident_releases_only_what_waits_on_it(queue: Queue) -> None:
    """Two connectors can be in trouble at once."""
    for key, incident in (("chatgpt:U1", "I1"), ("figma:U1", "I2")):
        await queue.enqueue("account", key)
        await queue.park(await queue.claim_one(), incident)
    assert await queue.release("I2") == 1
    assert (await queue.claim_one()).key == "figma:U1"
    assert await queue.release("I2") == 0


async def test_old_finished_tasks_can_be_deleted(queue: Queue, clock: MovableClock, database: Database) -> None:
    """The table does not grow for ever; what is open stays, however old."""
    await queue.enqueue("card", "done")
    await queue.finish(await queue.claim_one())
    await queue.enqueue("card", "open")
    clock.advance(HOUR)
    assert await database.write(task_queue.purge, before=clock.now()) == 1
    assert [row.key for row in await queue.rows()] == ["open"]
