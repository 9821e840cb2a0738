"""SQLite's log gives its place on the disk back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.engines import LOG_KEEPS, parse, sqlite_file
from storage.tables import Policy


async def add(tx: Transaction, key: str) -> None:
    tx.session.add(Policy(key=key, document={}))


async def test_a_log_that_grew_is_cut_when_it_has_been_written_back(sqlite_url: str) -> None:
    """A great write, or a long backup, takes the room only for as long as it needs it."""
    file = sqlite_file(parse(sqlite_url))

    def bytes_of_log() -> int:
        return Path(f"{file}-wal").stat().st_size

    database = await Database.open(sqlite_url, clock=SystemClock())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE great AS SELECT zeroblob(?) AS room", (LOG_KEEPS * 5 // 4,))
        connection.commit()
        assert bytes_of_log() > LOG_KEEPS
        for key in ("writes it back", "begins it anew"):
            await database.write(add, key)
        assert bytes_of_log() <= LOG_KEEPS
    await database.close()
