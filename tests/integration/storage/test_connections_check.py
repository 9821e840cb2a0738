"""`usher check` compares the connections that Usher may want with those that PostgreSQL gives."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from psycopg import sql

from bot.check_connections import BESIDE_THE_POOL, check_connections
from storage.database import Database
from tests.support import postgresql
from tests.support.clock import MovableClock


@pytest.fixture
async def on_postgresql(postgresql_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    database = await Database.open(postgresql_url, clock=clock, exclusive=False)
    yield database
    await database.close()


async def test_a_pool_that_fits_says_how_many_replicas_do(on_postgresql: Database) -> None:
    """By default a replica wants twelve connections."""
    found = await check_connections(on_postgresql, 10)
    assert found.ok
    assert found.detail.startswith(f"{10 + BESIDE_THE_POOL} of the ")
    assert "replica" in found.detail


async def test_a_pool_that_is_too_large_is_told_before_the_server_refuses(on_postgresql: Database) -> None:
    """With both numbers, and what to change."""
    found = await check_connections(on_postgresql, 500)
    assert not found.ok
    assert "502 connections" in found.detail
    assert "USHER_DATABASE_POOL" in found.remedy


async def test_a_limit_of_the_database_itself_counts(
    on_postgresql: Database, postgresql_url: str, postgresql_server: postgresql.Server
) -> None:
    """Whichever limit is lowest is what the server gives."""
    name = postgresql_url.rpartition("/")[2]
    with postgresql_server.connected(name) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 5").format(sql.Identifier(name)))
    found = await check_connections(on_postgresql, 10)
    assert "PostgreSQL gives 5" in found.detail
