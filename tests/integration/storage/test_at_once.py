"""Two replicas that migrate a database, or remove a secret, at the same moment."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from storage import engines, migrate
from storage.database import Database
from storage.secrets import Keyring, SecretStore, new_key
from storage.tables import LedgerLine
from tests.support.replicas import another_replica, held_up

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """On SQLite everybody waits for whoever writes."""
    return postgresql_url


async def test_another_migration_is_waited_for_as_long_as_it_takes(database: Database) -> None:
    """And nothing else: what people wait for is held up no longer than by any other write."""
    url = engines.parse(database.url)
    patience = sa.text("SHOW lock_timeout")
    async with migrate.engine_for(url) as engine, engine.begin() as connection:
        assert await connection.scalar(patience) == "0"
        await migrate.upgrade_inside(connection, url)
        assert await connection.scalar(patience) == "30s"


async def test_who_waited_for_a_migration_finds_it_done(database: Database, empty_url: str) -> None:
    """It changes nothing, and raises nothing."""
    url = engines.parse(empty_url)
    empty = await Database.open(empty_url, clock=database.clock)
    try:
        async with migrate.engine_for(url) as engine, engine.begin() as connection:
            await migrate.upgrade_inside(connection, url)
            second = await held_up(empty, migrate.upgrade(empty_url))
        await second
        await migrate.check(empty)
    finally:
        await empty.close()


async def test_a_secret_that_two_remove_is_removed_once(database: Database) -> None:
    """The second is told that there was none, and the ledger has one line about it."""
    store = SecretStore(database, Keyring.from_setting(new_key()), {})
    await store.put("chatgpt-session", "eyJhbGciOi.a-session-token")
    async with another_replica(database) as tx:
        await tx.execute(sa.text("SELECT FROM secrets FOR UPDATE"))
        both = [await held_up(database, store.remove("chatgpt-session")) for _ in range(2)]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    async with database.read() as session:
        removed = sa.select(sa.func.count()).where(LedgerLine.event == "secret.removed")
        assert await session.scalar(removed) == 1
