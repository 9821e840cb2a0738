"""A connection to PostgreSQL that does not wait for ever for a server that says nothing any more.

The operating system of a server that is stopped or hangs goes on acknowledging what it receives, so that neither
keepalives nor the driver notice. Only a clock on this side does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg


class Connection(psycopg.AsyncConnection[Any]):
    """One on which every statement is answered within `answer_seconds`, or it is given up.

    The driver takes up to ten seconds more for that, in which it asks the server to stop.
    """

    answer_seconds: float

    async def wait(self, *args: Any, **kwargs: Any) -> Any:
        """What the driver calls to send something and wait for the answer. Raises OperationalError without one.

        Whether the server did what it was asked is then unknown, as with any connection that breaks.
        """
        try:
            async with asyncio.timeout(self.answer_seconds):
                return await super().wait(*args, **kwargs)
        except TimeoutError as error:
            raise psycopg.OperationalError(f"it did not answer within {self.answer_seconds:g} seconds") from error


def connecting(answer_seconds: float) -> Callable[..., Awaitable[Connection]]:
    """Makes such connections, from what psycopg's own `connect` takes."""

    async def connect(*args: Any, **kwargs: Any) -> Connection:
        connection = await Connection.connect(*args, **kwargs)
        connection.answer_seconds = answer_seconds
        return connection

    return connect
