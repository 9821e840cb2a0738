"""PostgreSQL's LISTEN: how a replica learns at once of a task that another one has enqueued.

Only a quicker way to what polling finds anyway, so nothing depends on it: a notification that is lost (a broken
connection, a transaction-pooling PgBouncer) costs a few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from storage.engines import POSTGRESQL_CONNECT, parse

CHANNEL = "usher_tasks"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between attempts to reconnect

_log = logging.getLogger(__name__)


class Notifications:
    """Calls `heard` whenever some replica commits tasks, and after every (re)connection, as some may be missed."""

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        address = parse(url)
        _, where = address.get_dialect()().create_connect_args(address)  # also where it names several servers
        self._connect = {**where, **POSTGRESQL_CONNECT, "autocommit": True}
        self._heard = heard
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Notifications:
        self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def start(self) -> None:
        self._listening = asyncio.create_task(self._listen_for_ever(), name="usher notifications")

    async def close(self) -> None:
        if self._listening is None:
            return
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening
        self._listening = None

    async def _listen_for_ever(self) -> None:
        import psycopg  # ten megabytes, of no use to whoever runs on SQLite

        pause = _FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**self._connect) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    pause = _FIRST_PAUSE
                    self._heard()
                    async for _ in connection.notifies():
                        self._heard()
            except psycopg.Error as error:
                _log.warning("task notifications are interrupted (%s); trying again", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
