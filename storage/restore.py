"""A backup in the place of the database: checked before anything is moved, and what was there is kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage import audit, backup, engines, migrate
from storage.clock import Clock
from storage.database import Database, lock_file
from storage.errors import BackupRefused, DatabaseDamaged, DatabaseInUse, LedgerBroken, RestoreRefused
from storage.transaction import Transaction

#: SQLite's files beside the database's own
_SIDES = ("-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of a restore."""

    #: lines of the ledger, all of them as they were written
    lines: int
    #: when the last of them was written, as good as when the backup was made; None for an empty ledger
    until: datetime | None
    #: where the database is that was there before; None where there was none
    kept: Path | None


async def restore(
    url: str, file: Path, *, clock: Clock, afterwards: Callable[[Transaction], Awaitable[object]], replace: bool = False
) -> Restored:
    """Puts a backup in the place of a SQLite database.

    The copy is checked, brought to this version, and its ledger verified before the database is touched. That is then
    kept beside it, under its name with ".before-" and the time.

    Args:
        url: the database's address.
        file: the backup. It is not changed.
        clock: tells the time.
        afterwards: a write to the copy before it becomes the database.
        replace: whether a database that is there may be set aside.

    Raises:
        RestoreRefused: Usher runs on the database, there is one and it was not said to replace it, or no such backup.
        StorageError: the backup is damaged, of a newer version, or its ledger is not as it was written.
    """
    parsed = engines.parse(url)
    if not engines.is_sqlite(parsed):
        raise RestoreRefused(
            "PostgreSQL has its own tools: use pg_restore, or your provider's, and then `usher db look-again`"
        )
    target = engines.sqlite_file(parsed)
    _must_be_another(file, target)
    try:
        lock = lock_file(parsed)
    except DatabaseInUse as error:
        raise RestoreRefused(f"Usher runs on {target}; stop it first") from error
    try:
        if not replace:
            _must_be_free(target)
        return await _restore(target, file, clock=clock, afterwards=afterwards)
    finally:
        os.close(lock)


def _must_be_another(file: Path, target: Path) -> None:
    if not file.is_file():
        raise RestoreRefused(f"there is no file {file}")
    if file.resolve() == target:
        raise RestoreRefused(f"{file} is the database itself")


def _must_be_free(target: Path) -> None:
    if target.exists():
        raise RestoreRefused(
            f"there is a database at {target}; with --replace it is set aside and the backup takes its place"
        )


async def _restore(
    target: Path, file: Path, *, clock: Clock, afterwards: Callable[[Transaction], Awaitable[object]]
) -> Restored:
    copy = target.with_name(f".{target.name}.restoring")
    try:
        await asyncio.to_thread(_copy, file, copy)
        lines, until = await _make_ready(f"sqlite:///{copy}", clock, afterwards)
        kept = await asyncio.to_thread(_put_in_place, copy, target, clock.now())
    except OSError as error:
        raise RestoreRefused(f"{error.filename or target}: {error.strerror}") from error
    finally:
        _remove(copy)
    return Restored(lines=lines, until=until, kept=kept)


def _copy(file: Path, copy: Path) -> None:
    _remove(copy)  # of an earlier restore that was interrupted
    try:
        backup.copy(file.resolve(), copy)
    except BackupRefused as error:
        raise RestoreRefused(error.detail) from error
    except DatabaseDamaged as error:
        raise RestoreRefused(f"{file} is damaged, or no SQLite database: choose another backup") from error


async def _make_ready(
    url: str, clock: Clock, afterwards: Callable[[Transaction], Awaitable[object]]
) -> tuple[int, datetime | None]:
    """Brings a copy to this version, verifies its ledger and writes to it what is to be done."""
    await migrate.upgrade(url)
    database = await Database.open(url, clock=clock, exclusive=False)
    try:
        async with database.read() as session:
            result = await audit.verify(session)
            until = await audit.last_moment(session)
        if result.problem is not None:
            raise LedgerBroken(result.problem.rstrip("."))
        await database.through("shell").write(afterwards)
    finally:
        await database.close()
    return result.lines, until


def _put_in_place(copy: Path, target: Path, now: datetime) -> Path | None:
    """Makes the copy the database, and returns where the one is that was there."""
    _fold_in(copy)
    kept = _set_aside(target, now) if target.exists() else None
    copy.replace(target)
    backup.flush(target.parent)
    return kept


def _set_aside(target: Path, now: datetime) -> Path:
    """Moves a database away, with what its side files hold."""
    kept = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%S}")
    if kept.exists():
        raise RestoreRefused(f"{kept} exists already; try again in a second")
    with contextlib.suppress(sqlite3.Error):  # it may be damaged, which is why somebody restores a backup
        _fold_in(target)
    # the side files first: left behind, SQLite would take them for the new database's
    for suffix in (*_SIDES, ""):
        file = target.with_name(target.name + suffix)
        if file.exists():
            file.replace(kept.with_name(kept.name + suffix))
    return kept


def _fold_in(file: Path) -> None:
    """Has SQLite write everything into the one file, and make that sure on the disk."""
    with contextlib.closing(sqlite3.connect(file, timeout=engines.SQLITE_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    backup.flush(file)


def _remove(copy: Path) -> None:
    for file in copy.parent.glob(f"{copy.name}*"):
        with contextlib.suppress(OSError):
            file.unlink()
