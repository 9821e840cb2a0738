"""A copy of a database: everything or nothing, from either kind to either kind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit
from storage.clock import SystemClock
from storage.copying import copy_database
from storage.database import Database, Transaction
from storage.errors import CopyRefused, LedgerBroken
from storage.tables import Base, Policy, Secret
from tests.integration.cli import house
from tests.support import postgresql


async def open_(url: str) -> Database:
    return await Database.open(url, clock=SystemClock())


async def fill(url: str) -> None:
    """A house, with more lines in its ledger than are copied at once, and what is no plain text."""
    database = await open_(url)

    async def more(tx: Transaction) -> None:
        await house.furnish(tx)
        document = {"deep": [1, 2.5, None, {"ü": "\U0001f6aa"}], "b": 1, "a": True}
        tx.session.add(Policy(key="Zoë's “policy”", document=document))
        tx.session.add(Secret(name="s", sealed=b"\x00\xff", key_id="k", created_at=tx.now, updated_at=tx.now))
        for number in range(1100):
            tx.record("test.line", actor="usher", subject=f"person:{number}", text="ü" * (number % 7))

    await database.write(more)
    await database.close()


async def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = await open_(url)
    async with database.read() as session:
        found = {
            table.name: sorted(map(tuple, await session.execute(sa.select(table))), key=str)
            for table in Base.metadata.sorted_tables
        }
    await database.close()
    return found


@pytest.mark.postgres
async def test_everything_arrives(database_url: str, postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    """Every row of every table reads the same there, the chain holds, and what is written next finds its number."""
    name = postgresql_server.create()
    from_url, to_url = database_url, f"sqlite+aiosqlite:///{tmp_path}/new.db"
    if database_url.startswith("sqlite"):
        to_url = postgresql_server.url(name)
    await fill(from_url)
    told: list[tuple[str, int, int]] = []
    counts = await copy_database(from_url, to_url, progress=lambda *page: told.append(page))
    assert counts["ledger"] == 1100
    assert [page for page in told if page[0] == "ledger"] == [("ledger", n, 1100) for n in (500, 1000, 1100)]
    assert await everything(to_url) == await everything(from_url)

    database = await open_(to_url)

    async def go_on(tx: Transaction) -> None:
        tx.enqueue("directory", "next")
        tx.record("test.line", actor="usher", subject="usher")

    await database.write(go_on)
    async with database.read() as session:
        assert (await audit.verify(session)).lines == 1101
    await database.close()
    with pytest.raises(CopyRefused, match="the target holds data already"):
        await copy_database(from_url, to_url)
    postgresql_server.drop(name)


async def test_a_running_usher_is_in_the_way(database_url: str, tmp_path: Path) -> None:
    """What it writes meanwhile would be lost, so the copy is refused on either database, and no file is left."""
    running = await open_(database_url)
    with pytest.raises(CopyRefused, match="stop it"):
        await copy_database(database_url, f"sqlite:///{tmp_path}/new.db")
    await running.close()
    assert not (tmp_path / "new.db").exists()
    with pytest.raises(CopyRefused, match="the same database"):
        await copy_database(database_url, database_url)


@pytest.mark.postgres
async def test_a_failure_leaves_the_target_as_it_was(
    sqlite_url: str, postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    """A ledger that was changed is not carried over: the target does not even get its tables."""
    await fill(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as file:
        file.execute("UPDATE ledger SET actor = 'somebody else' WHERE seq = 700")
        file.commit()
    name = postgresql_server.create()
    with pytest.raises(LedgerBroken, match="Line 700 was changed"):
        await copy_database(sqlite_url, postgresql_server.url(name))
    with pytest.raises(LedgerBroken, match="Line 700 was changed"):
        await copy_database(sqlite_url, f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()
    engine = sa.create_engine(postgresql_server.url(name))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    postgresql_server.drop(name)
