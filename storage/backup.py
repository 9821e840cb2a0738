"""A copy of the live database that is whole, or no copy at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

from storage import engines
from storage.errors import BackupRefused, DatabaseDamaged, explain


async def backup(url: str, target: Path) -> None:
    """Copies a SQLite database, also while Usher writes to it, to a new file that only its owner can read.

    Under a temporary name until it is complete, checked and on the disk. Raises `BackupRefused`, and what an unusable
    database raises.
    """
    parsed = engines.parse(url)
    if not engines.is_sqlite(parsed):
        raise BackupRefused("PostgreSQL has its own tools: use pg_dump, or your provider's backups")
    await asyncio.to_thread(_copy_to_new, engines.sqlite_file(parsed), target)


def _copy_to_new(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupRefused(f"there is no database at {source}")
    if target.exists():
        raise BackupRefused(f"{target} exists already; name another file")
    copy(source, target)


def copy(source: Path, target: Path) -> None:
    """Puts a complete and checked copy in the place of `target`. Raises as `backup` does."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of an earlier copy that was interrupted
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _vacuum(source, partial)
        _check(partial)
        flush(partial)
        partial.replace(target)
        flush(target.parent)
    except sqlite3.Error as error:
        raise explain(error) or BackupRefused(str(error)) from error
    except OSError as error:
        raise BackupRefused(f"{target}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _vacuum(source: Path, target: Path) -> None:
    """VACUUM INTO: one moment of the database, without waiting for or stopping writers (an empty target is allowed)."""
    uri = f"{source.as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=engines.SQLITE_BUSY_SECONDS)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _check(copy: Path) -> None:
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        findings = [finding for (finding,) in connection.execute("PRAGMA integrity_check")]
    if findings != ["ok"]:
        raise DatabaseDamaged(f"the copy failed its check: {findings[0]}")


def flush(path: Path) -> None:
    """Makes sure that a file, or what a directory lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
