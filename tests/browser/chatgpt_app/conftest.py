"""A company whose Usher is served, for chats with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import upsert_people
from storage.database import Database
from tests.integration.chatgpt_app.conftest import CATALOG, PEOPLE
from tests.support.clock import MovableClock
from tests.support.mcp_app import Served, served


@pytest_asyncio.fixture(loop_scope="session")
async def app(sqlite_url: str) -> AsyncIterator[Served]:
    """The company's Usher, at a time that stands still."""
    database = await Database.open(sqlite_url, clock=MovableClock())
    await database.write(upsert_people, PEOPLE, complete=True)
    await offer(database, CATALOG)
    async with served(database) as running:
        yield running
    await database.close()


async def offer(database: Database, catalog: str) -> None:
    """Applies a catalogue."""
    await database.write(apply_catalog, catalog=catalog_file.read(catalog, "catalog.yml"), actor="shell:test")
