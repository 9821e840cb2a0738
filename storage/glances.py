"""Reading a few rows at once.

On SQLite that is done on the caller's own thread: to find a row by its key takes less time than the way to another
thread and back, and a reader there waits for nobody. Whatever reads more goes by `Database.look`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.rows import Here, Rows
from storage.writers import at_once

T = TypeVar("T")


class Glances:
    """SQLite's reader on the caller's own thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def look(self, query: Callable[[Rows], Awaitable[T]]) -> T:
        """Runs a query that awaits nothing but its statements; each of them sees a moment of its own."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            return at_once(_run(query, Here(self._connection)))
        except BaseException:
            self._connection.rollback()  # makes a connection usable again that SQLAlchemy gave up
            raise

    def close(self) -> None:
        """Lets go of the connection."""
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


async def _run(query: Callable[[Rows], Awaitable[T]], rows: Rows) -> T:
    return await query(rows)
