"""How transactions are carried out: on SQLite in one trip to a thread each, on PostgreSQL over a pool of connections.

A trip for each statement costs more than SQLite's statements do, and lets the event loop, or a cancellation, come
between them. So what is run here can await nothing but its session.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.clock import Clock
from storage.rows import Here
from storage.transaction import Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], Awaitable[T]]
Query = Callable[[AsyncSession], Awaitable[T]]

#: operations that one commit is for; the first of them waits for the last
MOST_TOGETHER = 64

_current: ContextVar[tuple[Writer, Transaction] | None] = ContextVar("transaction", default=None)


class Writer(Protocol):
    """Runs one operation after the other, each in a transaction."""

    async def transact(self, operation: Operation[T], *, door: str, lasting: bool = True) -> tuple[T, Transaction]:
        """Runs the operation and commits; rolls back when it raises, and raises the same. The ledger names the door.

        A cut of the power may undo a commit that is not `lasting`.
        """
        ...

    async def close(self) -> None:
        """Lets go of the database."""
        ...


def is_inside(writer: Writer) -> bool:
    """Is the caller part of an operation that this writer is carrying out?"""
    current = _current.get()
    return current is not None and current[0] is writer and current[1].is_open


class ThreadWriter:
    """SQLite's one writer: a thread with the one connection that writes, and a queue before it.

    What waits in the queue at the same time is written together: each operation in a savepoint of its own, so that it
    happens or does not whatever the others do, and one commit for all, because a commit waits for the disk and takes
    longer than most operations. Nobody hears of theirs before that commit.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="usher-writer")
        self._queue: deque[_Work] = deque()
        self._connection: Connection | None = None
        self._is_lasting = True

    async def transact(self, operation: Operation[T], *, door: str, lasting: bool = True) -> tuple[T, Transaction]:
        work = _Work(operation=operation, door=door, lasting=lasting)
        self._queue.append(work)
        self._thread.submit(self._write)
        result: tuple[T, Transaction] = await asyncio.wrap_future(work.done)
        return result

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _write(self) -> None:
        """Writes what waits. Often nothing does any more: it was written with what came before it."""
        taken = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER))]
        group = [work for work in taken if work.done.set_running_or_notify_cancel()]
        if len(group) < 2 or not self._write_together(group):
            for work in group:
                self._write_alone(work)
        if self._connection is not None and not self._queue:
            self._wait_for_the_disk(self._connection, lasting=True)  # whoever comes next should not have to say so

    def _write_together(self, group: Sequence[_Work]) -> bool:
        """False when the database failed them as a group, which it rolled back: each is then to be told its own."""
        try:
            with self._begin(lasting=any(work.lasting for work in group)) as connection:
                outcomes = []
                for work in group:
                    outcomes.append(self._attempt(work, connection))
                    if not _is_in_transaction(connection):
                        return False  # SQLite undoes it all after some errors (sqlite.org/lang_transaction.html, 1.3)
        except Exception:
            return False
        for work, tell in zip(group, outcomes, strict=True):
            tell(work.done)
        return True

    def _write_alone(self, work: _Work) -> None:
        try:
            with self._begin(lasting=work.lasting) as connection:
                result = work.context.run(self._carry_out, work, connection)
        except BaseException as error:
            work.done.set_exception(error)
        else:
            work.done.set_result(result)

    def _attempt(self, work: _Work, connection: Connection) -> Callable[[Future[Any]], None]:
        """What to tell whoever waits, once the group is committed."""
        _put(connection, "SAVEPOINT work")
        try:
            result = work.context.run(self._carry_out, work, connection)
        except Exception as error:
            if _is_in_transaction(connection):
                _put(connection, "ROLLBACK TO work")
            return partial(Future.set_exception, exception=error)
        _put(connection, "RELEASE work")
        return partial(Future.set_result, result=result)

    @contextmanager
    def _begin(self, *, lasting: bool) -> Iterator[Connection]:
        """A transaction on the connection that writes; a connection that something went wrong with is not kept."""
        if self._connection is None:
            self._connection, self._is_lasting = self._engine.connect(), True
        try:
            self._wait_for_the_disk(self._connection, lasting=lasting)
            with self._connection.begin():
                yield self._connection
        except BaseException:
            self._let_go()
            raise

    def _wait_for_the_disk(self, connection: Connection, *, lasting: bool) -> None:
        """Whether the next commit does. With one that lasts, those before it do, too."""
        if lasting is not self._is_lasting:
            _put(connection, f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._is_lasting = lasting

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._engine.dispose()

    def _carry_out(self, work: _Work, connection: Connection) -> tuple[Any, Transaction]:
        return at_once(self._transact(work, connection))

    async def _transact(self, work: _Work, connection: Connection) -> tuple[Any, Transaction]:
        make_session = partial(_session_inside, connection)
        # the transaction has begun, so that `now` is not older than what it reads
        transaction = Transaction(Here(connection), make_session, self._clock.now(), is_sqlite=True, door=work.door)
        return await _run_inside(transaction, self, work.operation), transaction


async def _run_inside(transaction: Transaction, writer: Writer, operation: Operation[T]) -> T:
    """The operation, with whatever it asked for, in a transaction that others begin and commit."""
    _current.set((writer, transaction))
    try:
        result = await operation(transaction)
        await transaction.settle()
    finally:
        await transaction.close()
    return result


def _session_inside(connection: Connection) -> AsyncSession:
    """A session that ends nothing: the transaction is not its own."""
    session = _ThreadSession(expire_on_commit=False, join_transaction_mode="rollback_only")
    session.sync_session.bind = connection
    return session


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """An operation that waits for its turn, in the context of whoever asked for it."""

    operation: Operation[Any]
    door: str
    lasting: bool
    context: Context = field(default_factory=copy_context)
    done: Future[Any] = field(default_factory=Future)


def _put(connection: Connection, statement: str) -> None:
    """Past SQLAlchemy, for which a savepoint costs more than most statements inside it."""
    connection.connection.driver_connection.execute(statement)  # type: ignore[union-attr]  # sqlite3's


def _is_in_transaction(connection: Connection) -> bool:
    return bool(connection.connection.driver_connection.in_transaction)  # type: ignore[union-attr]  # sqlite3's


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

    async def close(self) -> None:
        self.sync_session.close()


class PoolWriter:
    """PostgreSQL's writers: as many transactions at once as the pool has connections."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def transact(
        self,
        operation: Operation[T],
        *,
        door: str,
        lasting: bool = True,  # noqa: ARG002 - a trip to the server to say so takes longer than its disk
    ) -> tuple[T, Transaction]:
        async with self._engine.begin() as connection:
            make_session = partial(
                AsyncSession, connection, expire_on_commit=False, join_transaction_mode="rollback_only"
            )
            # it has waited for its turn, so that `now` is not older than what it reads
            transaction = Transaction(connection, make_session, self._clock.now(), is_sqlite=False, door=door)
            return await _run_inside(transaction, self, operation), transaction

    async def close(self) -> None:
        await self._engine.dispose()


async def _trip(threads: ThreadPoolExecutor, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, lambda: context.run(at_once, work()))


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that never has to wait to its end, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("an operation awaited something else than its session")
