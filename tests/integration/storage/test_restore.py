"""A restore: checked before anything is moved, and what was there is kept."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.backup import backup
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import LedgerBroken, RestoreRefused, SchemaTooNew
from storage.restore import Restored, restore
from storage.tables import LedgerLine

WRITER = """
import asyncio, sys
sys.path.insert(0, ".")
from storage.clock import SystemClock
from storage.database import Database

async def record(tx):
    tx.record("test.line", actor="usher", subject="usher")

async def main():
    database = await Database.open(sys.argv[1], clock=SystemClock())
    while True:
        await database.write(record)
        print("committed", flush=True)

asyncio.run(main())
"""
ROOT = Path(__file__).parents[3]


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


async def note_it(tx: Transaction) -> None:
    tx.record("database.restored", actor="usher", subject="usher")


async def put_back(url: str, file: Path, *, replace: bool = False) -> Restored:
    return await restore(url, file, clock=SystemClock(), afterwards=note_it, replace=replace)


async def lines_in(url: str) -> int:
    database = await Database.open(url, clock=SystemClock())
    async with database.read() as session:
        count = await session.scalar(sa.select(sa.func.count()).select_from(LedgerLine))
    await database.close()
    return count or 0


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


async def test_what_was_backed_up_while_usher_wrote_is_all_there(sqlite_url: str, tmp_path: Path) -> None:
    """Every line that was committed before the backup is in it; the database of later is kept, readable, beside it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, sqlite_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(20):
        await process.stdout.readline()
    await backup(sqlite_url, tmp_path / "backup.db")
    for _ in range(200):  # what came down the pipe meanwhile, and then some
        await process.stdout.readline()
    with pytest.raises(RestoreRefused, match="Usher runs on"):
        await put_back(sqlite_url, tmp_path / "backup.db", replace=True)
    process.kill()
    await process.wait()
    with pytest.raises(RestoreRefused, match="with --replace"):
        await put_back(sqlite_url, tmp_path / "backup.db")

    restored = await put_back(sqlite_url, tmp_path / "backup.db", replace=True)
    assert restored.lines >= 20
    assert await lines_in(sqlite_url) == restored.lines + 1
    assert file_of(sqlite_url).stat().st_mode & 0o777 == 0o600
    assert restored.kept is not None
    assert await lines_in(f"sqlite+aiosqlite:///{restored.kept}") >= 200
    assert await lines_in(f"sqlite+aiosqlite:///{tmp_path}/backup.db") == restored.lines  # it can be used again
    assert not [name for name in os.listdir(tmp_path) if "restoring" in name]


async def test_a_restore_needs_no_database(sqlite_url: str, tmp_path: Path) -> None:
    """On a new machine there is nothing to replace."""
    await backup(sqlite_url, tmp_path / "backup.db")
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    assert (await put_back(url, tmp_path / "backup.db")).kept is None
    assert await lines_in(url) == 1


async def test_what_is_no_good_backup_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """A damaged file, one of a newer Usher, one whose ledger was changed: said before the database is touched."""
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.write(note_it)
    await database.close()
    for name in ("changed", "newer"):
        await backup(sqlite_url, tmp_path / name)
    change(tmp_path / "changed", "UPDATE ledger SET actor = 'somebody else'")
    change(tmp_path / "newer", "UPDATE alembic_version SET version_num = '9999', works_with = '9999'")
    (tmp_path / "damaged").write_bytes(b"this is no database" * 1000)
    before = file_of(sqlite_url).read_bytes()
    for name, wrong in (
        ("changed", LedgerBroken),
        ("newer", SchemaTooNew),
        ("damaged", RestoreRefused),
        ("not-there", RestoreRefused),
        ("usher.db", RestoreRefused),
    ):
        with pytest.raises(wrong):
            await put_back(sqlite_url, tmp_path / name, replace=True)
    assert file_of(sqlite_url).read_bytes() == before
    assert not [name for name in os.listdir(tmp_path) if "restoring" in name or "before" in name]


async def test_a_damaged_database_is_replaced_by_its_backup(sqlite_url: str, tmp_path: Path) -> None:
    """The very reason for a backup; the damaged file is kept, with what its side files hold."""
    await backup(sqlite_url, tmp_path / "backup.db")
    file_of(sqlite_url).write_bytes(b"damaged" * 1000)
    file_of(sqlite_url).with_name("usher.db-wal").write_bytes(b"left over")
    restored = await put_back(sqlite_url, tmp_path / "backup.db", replace=True)
    assert restored.kept is not None
    assert restored.kept.read_bytes() == b"damaged" * 1000
    assert await lines_in(sqlite_url) == 1


async def test_postgresql_is_restored_with_its_own_tools(tmp_path: Path) -> None:
    """The sentence names them, and what is to be done after it."""
    with pytest.raises(RestoreRefused, match=r"pg_restore.*usher db look-again"):
        await put_back("postgresql://127.0.0.1/usher", tmp_path / "backup.db")
