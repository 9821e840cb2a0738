"""How transactions are carried out: on SQLite in one trip to a thread each, on PostgreSQL over a pool of connections.

A trip for each statement costs more than SQLite's statements do, and lets the event loop, or a cancellation, come
between them. So what is run here can await nothing but its session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from storage.clock import Clock
from storage.transaction import Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], Awaitable[T]]
Query = Callable[[AsyncSession], Awaitable[T]]

_current: ContextVar[tuple[Writer, Transaction] | None] = ContextVar("transaction", default=None)


class Writer(Protocol):
    """Runs one operation after the other, each in a transaction."""

    async def transact(self, operation: Operation[T], *, door: str) -> tuple[T, Transaction]:
        """Runs the operation and commits; rolls back when it raises, and raises the same. The ledger names the door."""
        ...

    async def close(self) -> None:
        """Lets go of the database."""
        ...


def is_inside(writer: Writer) -> bool:
    """Is the caller part of an operation that this writer is carrying out?"""
    current = _current.get()
    return current is not None and current[0] is writer and current[1].session.in_transaction()


class ThreadWriter:
    """SQLite's one writer: a thread with the one connection that writes, and a queue before it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="usher-writer")

    async def transact(self, operation: Operation[T], *, door: str) -> tuple[T, Transaction]:
        return await _trip(self._thread, lambda: self._transact(operation, door))

    async def _transact(self, operation: Operation[T], door: str) -> tuple[T, Transaction]:
        session = _ThreadSession(expire_on_commit=False)
        session.sync_session.bind = self._engine
        with session.sync_session as plain, plain.begin():
            plain.connection()  # begins, so that `now` is not older than what it reads
            transaction = Transaction(session, self._clock.now(), is_sqlite=True, door=door)
            _current.set((self, transaction))
            result = await operation(transaction)
            await transaction.settle()
        return result, transaction

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)


class ThreadReader:
    """SQLite's readers: as many threads as there are connections that can only read."""

    def __init__(self, engine: Engine, *, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="usher-reader")

    async def look(self, query: Query[T]) -> T:
        """Runs a query that sees one moment of the database."""
        return await _trip(self._threads, lambda: self._look(query))

    async def _look(self, query: Query[T]) -> T:
        session = _ThreadSession(expire_on_commit=False, autoflush=False)
        session.sync_session.bind = self._engine
        with session.sync_session:
            return await query(session)

    async def close(self) -> None:
        """Lets go of the connections."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.dispose)
        self._threads.shutdown(wait=False)


class _ThreadSession(AsyncSession):
    """A session that is on its database's own thread: a statement is over when it returns, so no await ever waits."""

    async def execute(self, *statement: Any, **options: Any) -> Any:
        return self.sync_session.execute(*statement, **options)

    async def scalar(self, *statement: Any, **options: Any) -> Any:
        return self.sync_session.scalar(*statement, **options)

    async def scalars(self, *statement: Any, **options: Any) -> Any:
        return self.sync_session.scalars(*statement, **options)

    async def get(self, *entity: Any, **options: Any) -> Any:
        return self.sync_session.get(*entity, **options)

    async def flush(self, objects: Any = None) -> None:
        self.sync_session.flush(objects)


class PoolWriter:
    """PostgreSQL's writers: as many transactions at once as the pool has connections."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def transact(self, operation: Operation[T], *, door: str) -> tuple[T, Transaction]:
        async with self._sessions() as session, session.begin():
            await session.connection()  # waits for its turn, so that `now` is not older than what it reads
            transaction = Transaction(session, self._clock.now(), is_sqlite=False, door=door)
            _current.set((self, transaction))  # of this task only
            result = await operation(transaction)
            await transaction.settle()
        return result, transaction

    async def close(self) -> None:
        await self._engine.dispose()


async def _trip(threads: ThreadPoolExecutor, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, lambda: context.run(_at_once, work()))


def _at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that never has to wait to its end, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("an operation awaited something else than its session")
