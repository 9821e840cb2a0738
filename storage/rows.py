"""Where statements are put: a connection, whichever thread or server is behind it."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Connection

from storage.fixed import is_fixed, put


class Rows(Protocol):
    """What statements can be put to, and answers with rows: a connection, a session, or a transaction."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any: ...


class Here:
    """A connection on the caller's own thread: a statement is over when it returns, so no await ever waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """`Connection.execute`; of a fixed statement, `fixed.Found`."""
        if is_fixed(statement):
            return put(self._connection, statement, parameters)
        return self._connection.execute(statement, parameters)
