"""Cancellation: a timeout or a shutdown in the middle of a write neither blocks the next one nor leaves half of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from storage import engines
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.engines import Limits
from storage.tables import LedgerLine, Policy, Task
from tests.support.locks import policies_locked


async def decide(tx: Transaction, name: str) -> None:
    """A write of several statements, so that a cancellation can fall between any two of them."""
    tx.session.add(Policy(key=name, document={"name": name}))
    await tx.session.flush()
    await tx.session.scalar(sa.select(sa.func.count()).select_from(Policy))
    tx.enqueue("card", name)
    tx.record("decided", actor="U1", subject=name)


async def cancel_at_random(work: asyncio.Task[object], chance: random.Random) -> None:
    await asyncio.sleep(chance.random() * 0.004)
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def test_a_cancelled_write_still_happens_and_the_next_is_not_blocked(database_url: str) -> None:
    """Whoever waited for the write has gone; the write has not."""
    database = await Database.open(database_url, clock=SystemClock())
    chance, slowest = random.Random(1), 0.0
    for number in range(150):
        await cancel_at_random(asyncio.create_task(database.write(decide, f"cancelled {number}")), chance)
        started = time.perf_counter()
        await database.write(decide, f"next {number}")
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < engines.SQLITE_BUSY_SECONDS / 2
    await database.close()

    database = await Database.open(database_url, clock=SystemClock())
    async with database.read() as session:
        counts = [await session.scalar(sa.select(sa.func.count()).select_from(e)) for e in (Policy, Task, LedgerLine)]
        names = set(await session.scalars(sa.select(Policy.key)))
    await database.close()
    assert len(set(counts)) == 1, "a row without its task or its ledger line"
    # a write whose task was cancelled before it took its first step was never begun
    assert {name for name in names if name.startswith("next")} == {f"next {number}" for number in range(150)}


async def test_a_cancelled_read_does_not_disturb_the_next(database_url: str) -> None:
    """A page that is closed while it loads costs nothing."""
    database = await Database.open(database_url, clock=SystemClock(), limits=Limits(connections=2))
    chance = random.Random(3)

    async def look() -> int | None:
        async with database.read() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(Policy))

    for _ in range(100):
        await cancel_at_random(asyncio.create_task(look()), chance)
    async with asyncio.timeout(60):
        assert await look() == 0
    await database.close()


async def test_a_caller_that_gave_up_is_told_so_at_once(database_url: str) -> None:
    """A timeout around a write ends on time, although the write goes on."""
    database = await Database.open(database_url, clock=SystemClock())

    async def slow(tx: Transaction) -> None:
        tx.session.add(Policy(key="slow", document={}))

    with policies_locked(database_url), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await database.write(slow)
    await database.close()
    database = await Database.open(database_url, clock=SystemClock())
    async with database.read() as session:
        assert list(await session.scalars(sa.select(Policy.key))) == ["slow"]
    await database.close()


async def test_an_operation_awaits_nothing_but_its_transaction(sqlite_database: Database) -> None:
    """On SQLite it runs on the database's thread in one go, and says so to whoever writes one that cannot."""

    async def impatient(_tx: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="something else than its session"):
        await sqlite_database.write(impatient)


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    database = await Database.open(sqlite_url, clock=SystemClock())
    yield database
    await database.close()
