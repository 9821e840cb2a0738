"""Which commits of SQLite wait for the disk."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from storage import task_queue
from storage.database import Database, Transaction
from tests.support.clock import MovableClock
from tests.support.waiting import until

#: what `PRAGMA synchronous` says (sqlite.org/pragma.html): in a log, only the latter waits at each commit
NORMAL, FULL = 1, 2


@pytest.fixture
async def database(sqlite_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def commits(database: Database) -> Iterator[list[int]]:
    """What each commit was made with."""
    found: list[int] = []

    def note(connection: Connection) -> None:
        [how] = connection.connection.driver_connection.execute("PRAGMA synchronous").fetchone()  # type: ignore[union-attr]
        found.append(how)

    event.listen(Engine, "commit", note)
    yield found
    event.remove(Engine, "commit", note)


async def ask(tx: Transaction, key: str = "chatgpt:U1") -> None:
    tx.enqueue("account", key)


async def fail(_tx: Transaction) -> None:
    raise LookupError


async def test_only_what_lasts_waits_for_the_disk(database: Database, commits: list[int]) -> None:
    """Whatever was written before it, a decision does; what a cut of the power may undo does not."""
    for_now = database.for_now()
    for each in (database, for_now, for_now, database, for_now, database):
        await each.write(ask)
    assert commits == [FULL, NORMAL, NORMAL, FULL, NORMAL, FULL]


async def test_after_a_failure_each_waits_as_it_should(database: Database, commits: list[int]) -> None:
    """The connection is made anew then, and knows of no commit before."""
    for each in (database.for_now(), database):
        with contextlib.suppress(LookupError):
            await each.write(fail)
        await database.for_now().write(ask)
        await database.write(ask)
    assert commits == [NORMAL, FULL] * 2


async def test_what_is_written_together_lasts_when_a_part_of_it_does(database: Database, commits: list[int]) -> None:
    """One commit for a decision and for what need not last waits for the disk."""
    let_go, writes = threading.Event(), threading.Event()

    async def occupy(_tx: Transaction) -> None:
        writes.set()
        let_go.wait(60)

    occupied = asyncio.create_task(database.for_now().write(occupy))
    await asyncio.to_thread(writes.wait, 60)
    waiting = [
        asyncio.create_task(each.write(ask, key))
        for key, each in (("a", database.for_now()), ("b", database), ("c", database.for_now()))
    ]
    await asyncio.sleep(0)  # begins them
    await asyncio.sleep(0)  # and has them stand in the queue
    let_go.set()
    await asyncio.gather(occupied, *waiting)
    assert commits == [NORMAL, FULL]


async def test_a_press_that_comes_alone_finds_the_writer_ready(database: Database) -> None:
    """When nobody waits, the writer is back at commits that last before anybody asks for one."""
    said: list[str] = []

    def hear(connection: Connection) -> None:
        connection.connection.driver_connection.set_trace_callback(said.append)  # type: ignore[union-attr]

    event.listen(Engine, "commit", hear)
    try:
        await database.for_now().write(ask)
        await until(lambda: said[-1:] == ["PRAGMA synchronous = FULL"])
    finally:
        event.remove(Engine, "commit", hear)


async def test_a_claim_waits_for_no_disk(database: Database, commits: list[int]) -> None:
    """After a cut of the power nobody is left who held one; what comes of the task lasts."""
    await database.write(ask)
    [task], _, _ = await task_queue.claim_due(database, owner="worker", limit=1, lease=timedelta(minutes=1))
    assert await database.write(task_queue.finish, task)
    assert commits == [FULL, NORMAL, FULL]
