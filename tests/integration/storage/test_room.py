"""Room: however many tasks of one kind are due, a worker keeps places for the others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from storage import task_queue, task_statements
from storage.database import Database
from storage.task_queue import Room
from tests.support.clock import START

if TYPE_CHECKING:
    from tests.integration.storage.conftest import Queue

MINUTE = timedelta(minutes=1)


async def fill(queue: Queue) -> None:
    for number in range(8):
        await queue.enqueue("account", str(number), lock_key=f"account:{number}", run_at=START - 2 * MINUTE)
    await queue.enqueue("cards", "R1", run_at=START - MINUTE)
    await queue.enqueue("cards", "R2", run_at=START + MINUTE)


async def claim(database: Database, *, limit: int, left: int) -> tuple[list[str], timedelta | None]:
    tasks, due, _ = await task_queue.claim_due(
        database, owner="worker", limit=limit, lease=10 * MINUTE, room=Room(kind="account", left=left)
    )
    return [task.kind for task in tasks], None if due is None else due - START


async def test_what_has_no_more_room_leaves_places_to_the_others(queue: Queue, database: Database) -> None:
    """Eight accounts were due before the card; it goes beside them, and is not waited for behind them."""
    await fill(queue)
    assert await claim(database, limit=6, left=4) == (["account"] * 4 + ["cards"], MINUTE)


async def test_without_any_room_only_the_others_are_taken(queue: Queue, database: Database) -> None:
    """What is due and has no room is not what the worker is to wake up for: it would turn in circles."""
    await fill(queue)
    assert await claim(database, limit=4, left=0) == (["cards"], MINUTE)


async def test_room_that_is_left_is_worth_waking_up_for(queue: Queue, database: Database) -> None:
    """More accounts are due than there were places; the next look can be at once."""
    await fill(queue)
    assert await claim(database, limit=4, left=16) == (["account"] * 4, -2 * MINUTE)


@pytest.mark.parametrize(("besides", "index"), [(None, "ix_tasks_turn"), ("account", "ix_tasks_turn_besides_accounts")])
async def test_who_is_next_is_found_by_an_index(database: Database, besides: str | None, index: str) -> None:
    """However many are done, due later, or of a kind without room: none of them is looked at, nor is any sorted."""
    bound = {"now": START, "latest": START, "until": START, "owner": "worker", "limit": 4}
    is_sqlite = database.is_sqlite
    statement = task_statements.claim(is_sqlite=is_sqlite, besides=besides)
    async with database.read() as session:
        connection = await session.connection()
        compiled = statement.compile(dialect=connection.dialect)
        values = compiled.construct_params(bound)
        if is_sqlite:
            given = tuple(str(values[name]) for name in compiled.positiontup or ())
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)
        else:  # as with a table that is too long to be read whole
            await session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            rows = await connection.exec_driver_sql(f"EXPLAIN {compiled}", values)
    plan = "\n".join(map(str, rows))
    assert re.search(rf"\b{index}\b", plan), plan
    assert not re.search("TEMP B-TREE|Sort", plan), plan
