"""PostgreSQL is asked for so much at most, and waited for so long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
import sqlalchemy as sa

from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.engines import Limits
from storage.errors import DatabaseBusy, DatabaseUnreachable
from storage.tables import Policy
from tests.support.postgresql import PrivateServer

pytestmark = pytest.mark.postgres

CONNECTIONS = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")


async def add(tx: Transaction, key: str) -> None:
    tx.session.add(Policy(key=key, document={}))


async def keys(database: Database) -> set[str]:
    async with database.read() as session:
        return set(await session.scalars(sa.select(Policy.key)))


@asynccontextmanager
async def opened(url: str, **limits: float) -> AsyncIterator[Database]:
    database = await Database.open(url, clock=SystemClock(), limits=Limits(**limits))
    yield database
    await database.close()


async def test_there_are_never_more_connections_than_were_allowed(postgresql_url: str) -> None:
    """A hundred writes at once share three, and each of them happens."""
    async with opened(postgresql_url, connections=3) as database:
        await asyncio.gather(*(database.write(add, str(number)) for number in range(100)))
        assert await keys(database) == {str(number) for number in range(100)}
        async with database.read() as session:
            assert await session.scalar(CONNECTIONS) == 3


async def test_whoever_waits_too_long_for_a_connection_is_told_what_to_do(postgresql_url: str) -> None:
    """Nothing of theirs happened, and the next is served as soon as one is free."""
    async with opened(postgresql_url, connections=1, pool_seconds=0.2) as database:
        async with database.read() as session:
            await session.connection()
            with pytest.raises(DatabaseBusy, match=r"nothing was written.*USHER_DATABASE_POOL"):
                await database.write(add, "refused")
        await database.write(add, "served")
        assert await keys(database) == {"served"}


async def test_a_statement_that_takes_too_long_is_undone(postgresql_url: str) -> None:
    """By the server, so that it is known that nothing was written."""

    async def linger(tx: Transaction) -> None:
        await add(tx, "lingering")
        await tx.execute(sa.text("SELECT pg_sleep(60)"))

    async with opened(postgresql_url, statement_seconds=1) as database:
        with pytest.raises(DatabaseBusy, match="nothing was written"):
            await database.write(linger)
        assert await keys(database) == set()


async def test_a_server_that_says_nothing_is_given_up(unsteady_server: PrivateServer, unsteady_url: str) -> None:
    """Its operating system still answers for it, so only a clock notices. When it is back, Usher goes on with it."""
    async with opened(unsteady_url, connections=1, answer_seconds=1) as database:
        with ExitStack() as pause:

            async def lose_it_halfway(tx: Transaction) -> None:
                await add(tx, "lost")
                await tx.session.flush()
                pause.enter_context(unsteady_server.paused())
                await tx.execute(sa.text("SELECT 1"))

            with pytest.raises(DatabaseUnreachable, match="did not answer within 1 seconds"):
                await database.write(lose_it_halfway)
        await database.write(add, "kept")
        assert await keys(database) == {"kept"}
