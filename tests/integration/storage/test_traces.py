"""What caused something is kept with it: with a line of the ledger, and with a task for whoever runs it later."""

from __future__ import annotations

import json
from datetime import timedelta

from storage import audit, task_queue, traces
from storage.database import Database, Transaction


async def _ask(tx: Transaction) -> None:
    tx.enqueue("account", "chatgpt:U1")
    tx.record("request.approved", actor="U2", subject="request:1")


async def _run(database: Database) -> task_queue.ClaimedTask:
    claim = await task_queue.claim_due(database, owner="w", limit=1, lease=timedelta(minutes=1))
    return claim.tasks[0]


async def test_a_task_carries_the_trace_of_what_asked_for_it_last(database: Database) -> None:
    """Also when it is run again by itself; what nothing at a door caused takes it from nobody."""
    with traces.follow("first"):
        await database.write(_ask)
    with traces.follow("second"):
        await database.write(_ask)
    await database.write(_ask)
    task = await _run(database)
    assert task.trace == "second"
    with traces.follow("third"):
        await database.write(_ask)  # while it runs: a wish for the next time
    assert await database.write(task_queue.finish, task)
    assert (await _run(database)).trace == "third"


async def test_a_line_of_the_ledger_names_its_trace(database: Database) -> None:
    """As a part of what is hashed; outside of every trace there is none, as in lines from before there were traces."""
    with traces.follow() as trace:
        await database.write(_ask)
    await database.write(_ask)
    async with database.read() as session:
        said = [json.loads(line.data).get("trace") async for line in audit.export(session)]
        assert (await audit.verify(session)).intact
    assert said == [trace, None]
    assert traces.current() is None
