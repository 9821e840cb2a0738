"""Two replicas on one PostgreSQL at the same moment: one holds a transaction open, and the other has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from storage.database import Database, Transaction
from tests.support.waiting import until

T = TypeVar("T")

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def another_replica(database: Database) -> AsyncIterator[Transaction]:
    """A transaction that commits when the block ends."""
    ready, done = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        ready.set_result(tx)
        await done.wait()

    holding = asyncio.create_task(database.write(hold))
    try:
        yield await ready
    finally:
        done.set()
        await holding


async def held_up(database: Database, doing: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begins something, and returns when it waits for a lock, behind whoever waits already."""
    before = await how_many_wait(database)
    begun = asyncio.create_task(doing)

    async def waits_or_is_over() -> bool:
        return begun.done() or await how_many_wait(database) > before

    await until(waits_or_is_over)
    assert not begun.done(), f"nothing held it up: {begun}"
    return begun


async def how_many_wait(database: Database) -> int:
    """How many connections to the database wait for a lock."""
    async with database.read() as session:
        return await session.scalar(_WAITING) or 0


async def undone_once(database: Database, grant_id: str, doing: Coroutine[Any, Any, T]) -> T:
    """What comes of a write that changes a grant, asks for a task and adds to the ledger, when PostgreSQL undoes it.

    It has the grant and wants the ledger, which somebody has who wants the grant: one of the two has to begin again.
    """
    async with another_replica(database) as other:
        await other.execute(sa.text("SET LOCAL deadlock_timeout = '1h'"))  # not this one: it would never notice
        await other.execute(sa.text("LOCK TABLE ledger IN SHARE MODE"))
        async with another_replica(database) as third:
            await third.execute(sa.text("LOCK TABLE tasks IN SHARE MODE"))
            begun = await held_up(database, doing)
            grant = sa.text("SELECT FROM grants WHERE id = :id FOR UPDATE")
            wanting = await held_up(database, other.execute(grant, {"id": grant_id}))
        await wanting
        assert not begun.done()
    return await begun
