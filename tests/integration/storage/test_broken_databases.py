"""A database that is full, read-only, held by somebody else, damaged or away: a clear sentence, and nothing lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit, migrate
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import (
    DatabaseDamaged,
    DatabaseInUse,
    DatabaseLocked,
    DatabaseReadOnly,
    DatabaseUnreachable,
    SchemaTooOld,
)
from storage.tables import Policy

HOLD_THE_FILE = """
    import asyncio, sys
    from storage.clock import SystemClock
    from storage.database import Database

    async def hold():
        await Database.open(sys.argv[1], clock=SystemClock())
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(hold())
"""

FILL_THE_DISK = """
    import asyncio, resource, signal, sys
    from storage import audit
    from storage.clock import SystemClock
    from storage.database import Database
    from storage.errors import DatabaseFull
    from storage.tables import Policy

    async def write(tx, number):
        tx.session.add(Policy(key=f"{number}", document={"text": "x" * 4000}))
        tx.record("policy.written", actor="U1", subject=f"policy:{number}")

    async def fill():
        database = await Database.open(sys.argv[1], clock=SystemClock())
        acknowledged = 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        try:
            while True:
                await database.write(write, acknowledged)
                acknowledged += 1
        except DatabaseFull as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await database.write(write, acknowledged)  # the same database goes on by itself
        await database.close()
        print(acknowledged + 1)

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    asyncio.run(fill())
"""


def script(source: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(source), *arguments]


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


async def write(tx: Transaction, name: str) -> None:
    tx.session.add(Policy(key=name, document={}))


async def names(url: str) -> list[str]:
    database = await Database.open(url, clock=SystemClock())
    async with database.read() as session:
        found = list(await session.scalars(sa.select(Policy.key)))
    await database.close()
    return found


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """As a user who owns nothing; permissions mean nothing to root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_second_usher_on_one_file_is_refused(sqlite_url: str) -> None:
    """Two processes would send everything twice; the second one ends before it has done anything."""
    pipe = asyncio.subprocess.PIPE
    first = await asyncio.create_subprocess_exec(*script(HOLD_THE_FILE, sqlite_url), stdin=pipe, stdout=pipe)
    assert first.stdout is not None
    assert await first.stdout.readline() == b"open\n"
    linked = file_of(sqlite_url).with_name("link.db")
    linked.symlink_to(file_of(sqlite_url))
    for url in (sqlite_url, f"sqlite+aiosqlite:///{linked}"):
        with pytest.raises(DatabaseInUse, match="Another Usher is running"):
            await Database.open(url, clock=SystemClock())
    first.kill()
    await first.communicate()
    # the lock went with the process, however it ended
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.close()


async def test_a_command_works_beside_a_running_usher(sqlite_url: str) -> None:
    """`usher grant revoke` at three in the morning does not need the bot to stop."""
    bot = await Database.open(sqlite_url, clock=SystemClock())
    command = await Database.open(sqlite_url, clock=SystemClock(), exclusive=False)
    await command.write(write, "from the shell")
    await command.close()
    await bot.write(write, "from the bot")
    async with bot.read() as session:
        assert set(await session.scalars(sa.select(Policy.key))) == {"from the shell", "from the bot"}
    await bot.close()


async def test_a_file_that_another_program_locks_is_waited_for_and_then_told(sqlite_url: str) -> None:
    """Reading goes on meanwhile, and when the other one (a shell, a backup tool) is done so does writing."""
    database = await Database.open(sqlite_url, clock=SystemClock())
    with contextlib.closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLocked, match="nothing was written"):
            await database.write(write, "refused")
        async with database.read() as session:
            assert list(await session.scalars(sa.select(Policy.key))) == []
    await database.write(write, "accepted")
    await database.close()
    assert await names(sqlite_url) == ["accepted"]


async def test_a_full_disk_loses_nothing_that_was_acknowledged(sqlite_url: str) -> None:
    """Writes fail in words until there is room, then the same process goes on; the ledger has no gap."""
    pipe = asyncio.subprocess.PIPE
    filling = await asyncio.create_subprocess_exec(*script(FILL_THE_DISK, sqlite_url), stdout=pipe, stderr=pipe)
    output, mistakes = await filling.communicate()
    assert filling.returncode == 0, mistakes.decode()
    sentence, acknowledged = output.decode().splitlines()
    assert "There is no room left" in sentence
    assert "Free some disk space" in sentence
    assert int(acknowledged) > 5
    assert len(await names(sqlite_url)) == int(acknowledged)
    database = await Database.open(sqlite_url, clock=SystemClock())
    async with database.read() as session:
        result = await audit.verify(session)
    await database.close()
    assert (result.intact, result.lines) == (True, int(acknowledged))


@pytest.fixture
def readable_only(sqlite_url: str) -> Iterator[str]:
    """A database in a directory that can be entered and read, but not written to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(file_of(sqlite_url), folder / "usher.db")
        (folder / "usher.db").chmod(0o444)
        (folder / "usher.db.lock").touch()
        (folder / "usher.db.lock").chmod(0o666)
        folder.chmod(0o555)
        yield f"sqlite+aiosqlite:///{folder}"
        folder.chmod(0o755)


async def test_a_read_only_file_is_told(readable_only: str) -> None:
    """A wrong owner after a restore is the usual reason; the sentence names the permission that is missing."""
    with nobody(), pytest.raises(DatabaseReadOnly, match="write permission"):
        await Database.open(f"{readable_only}/usher.db", clock=SystemClock())


async def test_a_directory_without_write_permission_is_told(readable_only: str) -> None:
    """SQLite needs its side files, and Usher its lock, next to the database."""
    with nobody(), pytest.raises(DatabaseReadOnly, match="its directory"):
        await Database.open(f"{readable_only}/new.db", clock=SystemClock())
    with nobody(), pytest.raises(DatabaseReadOnly, match="its directory"):
        await migrate.upgrade(f"{readable_only}/new.db")


async def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    """A mistyped path cannot destroy a document."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ada,\n" * 1000)
    for attempt in (
        Database.open(f"sqlite+aiosqlite:///{file}", clock=SystemClock()),
        migrate.upgrade(f"sqlite:///{file}"),
    ):
        with pytest.raises(DatabaseDamaged, match="not a database"):
            await attempt
    assert file.read_text() == "Dear Ada,\n" * 1000


async def test_a_directory_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The usual mistake in USHER_DATABASE_URL."""
    with pytest.raises(DatabaseUnreachable, match="nowhere does not exist"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/nowhere/usher.db", clock=SystemClock())


async def test_a_server_that_is_away_is_told_without_the_password() -> None:
    """The sentence may end in a log or a ticket."""
    with pytest.raises(DatabaseUnreachable, match="USHER_DATABASE_URL") as raised:
        await Database.open("postgresql+psycopg://ada:hunter2@127.0.0.1:1/usher", clock=SystemClock())
    assert "hunter2" not in str(raised.value)


async def test_a_database_without_tables_is_told(tmp_path: Path) -> None:
    """Whoever forgot to upgrade is told the command, not a missing table."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/new.db", clock=SystemClock())
    with pytest.raises(SchemaTooOld, match="usher db upgrade"):
        await database.write(write, "x")
    await database.close()
