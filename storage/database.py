"""The database: one way to write, one way to read.

A write is a transaction that the caller's cancellation (a timeout, a shutdown) cannot reach, so it either happens or
does not, and nothing is left half open.
"""

from __future__ import annotations

import asyncio
import copy
import fcntl
import logging
import os
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context, copy_context
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from storage import engines
from storage.audit import Entry
from storage.clock import Clock
from storage.errors import DatabaseInUse, DatabaseReadOnly, DatabaseUnreachable, can_be_repeated, in_words
from storage.glances import Glances
from storage.rows import Rows
from storage.transaction import Transaction
from storage.writers import PoolWriter, ThreadReader, ThreadWriter, Writer, is_inside

__all__ = ["Database", "Transaction"]

P = ParamSpec("P")
T = TypeVar("T")

#: the door of what Usher does by itself: by the clock, or because of what it saw
USHER = "usher"

_TRIES = 6  # of a transaction that PostgreSQL undid because of another one
#: seconds: whoever wrote answers the person who waits first; log lines follow
_AFTER_THE_ANSWER = 0.001
_PAUSE = 0.01  # seconds, times a random part of 2 ** try

_log = logging.getLogger(__name__)


class Database:
    """An open database. Make one with `Database.open`, end it with `close`."""

    def __init__(
        self,
        url: URL,
        *,
        clock: Clock,
        writer: Writer,
        reader: AsyncEngine,
        lookers: ThreadReader | None,
        glances: Glances | None,
        lock: int | None,
    ) -> None:
        self.clock = clock
        #: with the password; `address` is for people
        self.url = url.render_as_string(hide_password=False)
        self.address = url.render_as_string(hide_password=True)
        self.is_sqlite = engines.is_sqlite(url)
        #: by which door its writers come in, as the ledger names it: slack, chatgpt, shell, or Usher itself
        self.door = USHER
        #: whether what is written outlives a cut of the power
        self.lasting = True
        #: called soon after every commit that leaves tasks to look at; must neither block nor raise
        self.on_tasks: list[Callable[[], None]] = []
        #: called a moment after every commit, with the lines that it added to the ledger; must neither block nor raise
        self.on_lines: list[Callable[[Sequence[Entry]], None]] = []
        self._writer = writer
        self._reader = reader
        self._lookers = lookers
        self._glances = glances
        self._read_session = async_sessionmaker(reader, expire_on_commit=False, autoflush=False)
        self._lock = lock
        self._writes: set[asyncio.Task[Any]] = set()
        self._untold: deque[tuple[Context, Sequence[Entry]]] = deque()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock,
        limits: engines.Limits = engines.Limits(),  # noqa: B008 - it cannot change
        exclusive: bool = True,
    ) -> Database:
        """Connects, and proves that it can write. Does not look at the schema (`migrate.check` does).

        With SQLite one process owns the file; a second raises `DatabaseInUse`. `exclusive=False` is for a short command
        beside a running Usher. `limits` are PostgreSQL's. Raises the children of `StorageError`.
        """
        parsed = engines.parse(url)
        lock, lookers, glances = None, None, None
        if engines.is_sqlite(parsed):
            lock = lock_file(parsed) if exclusive else None
            writer: Writer = ThreadWriter(engines.sqlite_writer(parsed, checkpoints=exclusive), clock)
            reader = engines.sqlite_reader(parsed)
            lookers = ThreadReader(engines.sqlite_lookers(parsed), threads=engines.READERS)
            glances = Glances(engines.sqlite_glances(parsed))
        else:
            pool = engines.postgresql(parsed, limits)
            writer = PoolWriter(pool, clock)
            # every statement of one read sees the same moment, as on SQLite
            reader = pool.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        database = cls(parsed, clock=clock, writer=writer, reader=reader, lookers=lookers, glances=glances, lock=lock)
        try:
            with in_words():
                await writer.transact(_nothing, door=USHER)
        except BaseException:
            await database.close()
            raise
        return database

    async def write(
        self, operation: Callable[Concatenate[Transaction, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `operation(transaction, …)` and commits; rolls back when it raises, and raises the same.

        PostgreSQL may undo a transaction because of another one; then the operation runs again, so it must have no
        effect outside, changes nothing that it was handed, and awaits nothing but its transaction. There, each
        statement sees what others have committed by then: what is to stay as it was read has to be locked, and what is
        not there yet cannot be (`Transaction.take_turns`). A write inside a write would wait for itself and is a
        RuntimeError.
        """
        if is_inside(self._writer):
            raise RuntimeError("a write inside a write: pass the transaction on instead")
        writing = asyncio.create_task(self._write(operation, *args, **kwargs))
        self._writes.add(writing)
        writing.add_done_callback(self._writes.discard)
        return await asyncio.shield(writing)

    def through(self, door: str) -> Database:
        """The same database for those who come in by a door, which their lines in the ledger then name."""
        same = copy.copy(self)
        same.door = door
        return same

    def for_now(self) -> Database:
        """The same database for what is found out anew after a cut of the power: on SQLite no commit waits for a disk.

        What is written so is there after a kill, and whatever lasts takes what was written before it along
        (sqlite.org/pragma.html, "synchronous").
        """
        same = copy.copy(self)
        same.lasting = False
        return same

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that sees one moment of the database and cannot change it."""
        return self._read()

    async def look(
        self, query: Callable[Concatenate[AsyncSession, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`query(session, …)` on one moment of the database. Quicker than `read`, for what awaits nothing but it."""
        with in_words():
            if self._lookers is not None:
                return await self._lookers.look(lambda session: query(session, *args, **kwargs))
            async with self._read_session() as session:
                return await query(session, *args, **kwargs)

    async def glance(self, query: Callable[Concatenate[Rows, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """`query(rows, …)` for a few rows that are found by their keys, as columns: the quickest there is.

        Each statement sees a moment of its own.
        """
        with in_words():
            if self._glances is not None:
                return self._glances.look(lambda rows: query(rows, *args, **kwargs))
            async with self._reader.connect() as connection:
                return await query(connection, *args, **kwargs)

    async def close(self) -> None:
        """Waits for the writes under way, then lets go of the database."""
        if self._writes:
            await asyncio.wait(set(self._writes))
        while self._untold:
            self._tell_of_next()
        await self._reader.dispose()
        if self._lookers is not None:
            await self._lookers.close()
        if self._glances is not None:
            self._glances.close()
        await self._writer.close()
        if self._lock is not None:
            os.close(self._lock)  # closing gives the lock up; the file stays, as deleting it would let two in
            self._lock = None

    async def _write(
        self, operation: Callable[Concatenate[Transaction, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with in_words():
            for attempt in range(1, _TRIES):
                try:
                    return await self._transact(operation, *args, **kwargs)
                except Exception as error:
                    if not can_be_repeated(error):
                        raise
                await asyncio.sleep(_PAUSE * random.uniform(0, 2**attempt))  # noqa: S311 - a pause, not a secret
            return await self._transact(operation, *args, **kwargs)

    async def _transact(
        self, operation: Callable[Concatenate[Transaction, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result, transaction = await self._writer.transact(
            lambda tx: operation(tx, *args, **kwargs), door=self.door, lasting=self.lasting
        )
        if transaction.wakes:
            asyncio.get_running_loop().call_soon(self._tell, self.on_tasks)
        if transaction.lines:
            self._untold.append((copy_context(), transaction.lines))
            asyncio.get_running_loop().call_later(_AFTER_THE_ANSWER, self._tell_of_next)
        return result

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncSession]:
        with in_words():
            async with self._read_session() as session:
                yield session

    def _tell_of_next(self) -> None:
        """Tells the listeners of the next commit's lines, as part of whatever made it."""
        if self._untold:
            context, lines = self._untold.popleft()
            context.run(self._tell, self.on_lines, lines)

    def _tell(self, listeners: Sequence[Callable[P, None]], *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in listeners:
            try:
                listener(*args, **kwargs)
            except Exception:
                _log.exception("a listener failed; the commit stands")


async def _nothing(_tx: Transaction) -> None:
    """Begins and commits: proves that there is a database, and that it can be written to."""


def lock_file(url: URL) -> int:
    """Takes a SQLite file for one process and returns what to close to give it up. Raises `DatabaseInUse`."""
    path = engines.sqlite_file(url)
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError as error:
        raise DatabaseUnreachable(f"the directory {path.parent} does not exist") from error
    except PermissionError as error:
        raise DatabaseReadOnly(str(path)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise DatabaseInUse(str(path)) from error
    return descriptor
