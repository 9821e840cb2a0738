"""Reading a few rows at once.

On SQLite that is done on the caller's own thread: to find a row by its key takes less time than the way to another
thread and back, and a reader there waits for nobody. Whatever reads more goes by `Database.look`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from storage.writers import at_once

T = TypeVar("T")


class Rows(Protocol):
    """What statements can be put to, and answers with rows: a connection, or a session."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any: ...
    async def scalar(self, statement: Any, parameters: Any = None, /) -> Any: ...


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
            return at_once(_run(query, _Here(self._connection)))
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


class _Here:
    """A connection on the caller's own thread: a statement is over when it returns, so no await ever waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        return self._connection.execute(statement, parameters)

    async def scalar(self, statement: Any, parameters: Any = None, /) -> Any:
        return self._connection.scalar(statement, parameters)
