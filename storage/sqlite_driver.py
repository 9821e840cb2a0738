"""aiosqlite, with one trip to the connection's thread for each statement instead of four.

As it comes, opening a cursor, executing, fetching and closing are a trip each, and a write of four statements costs
more in trips than in SQLite. Here a statement is done with when it comes back: its rows are read and its cursor is
closed on the thread. So a cancelled task also leaves no live cursor behind.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite


def plain_connection(file: Path, *, busy_seconds: float, pragmas: Mapping[str, str]) -> sqlite3.Connection:
    """A connection for one thread at a time. It begins no transactions of its own accord."""
    connection = sqlite3.connect(file, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


async def connect(file: Path, *, busy_seconds: float, pragmas: Mapping[str, str]) -> SQLiteConnection:
    """A connection that begins no transactions of its own accord. SQLAlchemy's `async_creator`."""

    def connector() -> sqlite3.Connection:
        return plain_connection(file, busy_seconds=busy_seconds, pragmas=pragmas)

    connection = SQLiteConnection(connector, iter_chunk_size=1)
    connection._thread.daemon = True  # as SQLAlchemy sets it: a forgotten connection must not keep the process alive
    try:
        await connection
    except Exception:
        # aiosqlite stops its thread without waiting; it would report to an event loop that may be gone by then
        await asyncio.to_thread(connection._thread.join)
        raise
    return connection


class SQLiteConnection(aiosqlite.Connection):
    """What SQLAlchemy's adapter asks of a connection."""

    def cursor(self) -> FinishedCursor:  # type: ignore[override]  # aiosqlite's is awaited first
        return FinishedCursor(self)

    async def run(self, statement: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function of the plain connection on its thread."""
        result: Result = await self._execute(lambda: statement(self._conn))  # type: ignore[no-untyped-call]
        return result


class Result(NamedTuple):
    """What is left of a statement when its cursor is closed."""

    rows: Sequence[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


class FinishedCursor:
    """What SQLAlchemy's adapter asks of a cursor; holds the result of a statement that is over."""

    arraysize = 1

    def __init__(self, connection: SQLiteConnection) -> None:
        self._connection = connection
        self._result = Result([], None, -1, None)

    async def __aenter__(self) -> FinishedCursor:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> FinishedCursor:
        self._result = await self._connection.run(lambda plain: _finish(plain, lambda c: c.execute(sql, parameters)))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> FinishedCursor:
        self._result = await self._connection.run(
            lambda plain: _finish(plain, lambda c: c.executemany(sql, parameters))
        )
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._result.rows

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def description(self) -> Any:
        return self._result.description

    @property
    def rowcount(self) -> int:
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._result.lastrowid


def _finish(plain: sqlite3.Connection, execute: Callable[[sqlite3.Cursor], object]) -> Result:
    with closing(plain.cursor()) as cursor:
        execute(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return Result(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
