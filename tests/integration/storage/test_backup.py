"""Backups: whole or not at all, and never in the place of something else."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.backup import backup
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import BackupRefused, DatabaseDamaged
from storage.tables import Policy


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if "backup" in path.name}


async def write(tx: Transaction, name: str) -> None:
    tx.session.add(Policy(key=name, document={}))


async def names(url: str) -> list[str]:
    database = await Database.open(url, clock=SystemClock())
    async with database.read() as session:
        found = list(await session.scalars(sa.select(Policy.key)))
    await database.close()
    return found


async def test_a_backup_of_a_live_database_is_whole(sqlite_url: str, tmp_path: Path) -> None:
    """What was written before it is in it, it opens as a database of its own, and only its owner can read it."""
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.write(write, "before")
    target = tmp_path / "backup.db"
    await backup(sqlite_url, target)
    await database.write(write, "after")
    await database.close()
    assert target.stat().st_mode & 0o777 == 0o600
    assert left_in(tmp_path) == {"backup.db"}
    assert await names(f"sqlite+aiosqlite:///{target}") == ["before"]


async def test_a_backup_never_replaces_a_file(sqlite_url: str, tmp_path: Path) -> None:
    """Yesterday's backup is safe from a typing mistake, and so is the database itself."""
    for target in (tmp_path / "kept.db", file_of(sqlite_url)):
        target.touch()
        before = target.read_bytes()
        with pytest.raises(BackupRefused, match="exists already"):
            await backup(sqlite_url, target)
        assert target.read_bytes() == before


async def test_a_backup_that_cannot_be_made_leaves_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """A damaged database is found out when it is backed up, not when it is put back."""
    with pytest.raises(BackupRefused, match="No such file or directory"):
        await backup(sqlite_url, tmp_path / "nowhere" / "backup.db")
    with pytest.raises(BackupRefused, match="there is no database at"):
        await backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "backup.db")
    broken = tmp_path / "broken.db"
    content = bytearray(file_of(sqlite_url).read_bytes())
    content[4096 : 4096 * 3] = os.urandom(4096 * 2)
    broken.write_bytes(content)
    with pytest.raises(DatabaseDamaged):
        await backup(f"sqlite:///{broken}", tmp_path / "backup.db")
    assert left_in(tmp_path) == set()


async def test_a_copy_that_fails_its_check_is_no_backup(sqlite_url: str, tmp_path: Path) -> None:
    """Damage that copying alone does not notice: a row without a value that it must have."""
    with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        (statement,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'policies'").fetchone()
        set_schema = "UPDATE sqlite_master SET sql = ? WHERE name = 'policies'"
        database.execute(set_schema, [statement.replace("document JSON NOT NULL", "document JSON")])
        database.execute("PRAGMA writable_schema = RESET")
        database.execute("INSERT INTO policies (key) VALUES ('x')")
        database.execute("PRAGMA writable_schema = ON")
        database.execute(set_schema, [statement])
    with pytest.raises(DatabaseDamaged, match=r"failed its check: NULL value in policies.document"):
        await backup(sqlite_url, tmp_path / "backup.db")
    assert left_in(tmp_path) == set()


async def test_postgresql_is_backed_up_with_its_own_tools(tmp_path: Path) -> None:
    """The sentence names them."""
    with pytest.raises(BackupRefused, match="pg_dump"):
        await backup("postgresql://127.0.0.1/usher", tmp_path / "backup.db")
