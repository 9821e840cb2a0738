"""Connections: what the two databases need to be set to before the first statement.

SQLite gets one connection that writes and a few that can only read. Every setting here was bought with a measured
failure; the comments say which.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from storage.errors import DatabaseUnreachable
from storage.sqlite_driver import connect, plain_connection

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

SQLITE_BUSY_SECONDS = 10
#: threads that read
READERS = 4
#: what is written (reasons, sealed secrets) does not stand in the text of an error, which is logged
_SILENT: Final = {"hide_parameters": True}
#: bytes that SQLite's log keeps on the disk once it has been written back, however long it grew: as during a backup,
#: which holds it up (sqlite.org, “PRAGMA journal_size_limit”)
LOG_KEEPS: Final = 64 * 1024 * 1024
#: KiB of pages that the writer keeps, half of SQLite's default: the start of a big company fills it, and what its
#: transactions come back to is the upper part of each index
WRITER_KEEPS: Final = 1000
_READ_ONLY = {"query_only": "ON", "wal_autocheckpoint": "0"}
_POSTGRESQL_SESSION = "SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'"
POSTGRESQL_LOCK_TIMEOUT: Final = "SET lock_timeout = '30s'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What PostgreSQL is asked for at most, and waited for."""

    connections: int = 10
    #: how long somebody waits for a connection while all are in use
    pool_seconds: float = 10.0
    #: how long a statement may take, before the server undoes it
    statement_seconds: float = 30.0
    #: how long a server may say nothing, before it is given up; longer, so that a living one is the first to say so
    answer_seconds: float = 40.0


def parse(url: str) -> URL:
    """The address with the driver that Usher uses for it; raises `DatabaseUnreachable` for any other database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnreachable(
            "the address is not of the form sqlite+aiosqlite:///FILE or postgresql+psycopg://user@host/name"
        ) from error
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise DatabaseUnreachable(f"{parsed.get_backend_name()} is not supported; SQLite and PostgreSQL are")
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        # every connection to :memory: is another database, and one shared connection mixes up transactions
        raise DatabaseUnreachable("Usher needs a database file, an in-memory database forgets")
    return parsed.set(drivername=driver)


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """The one true path of the file, so that two names of one database are seen to be the same."""
    return Path(url.database or "").expanduser().resolve()


def sqlite_writer(url: URL, *, checkpoints: bool = True) -> Engine:
    """The one connection that writes; for one thread.

    One, because eight that wait for each other inside SQLite make p99 eight times worse than a queue in the process.
    `checkpoints=False` for a second process beside a running Usher: two checkpointers can corrupt the file on the
    versions that `sqlite_warning` names.
    """
    pragmas = {
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "foreign_keys": "ON",
        "journal_size_limit": str(LOG_KEEPS),
        "cache_size": f"-{WRITER_KEEPS}",
    }
    if not checkpoints:
        pragmas["wal_autocheckpoint"] = "0"
    return _sqlite_on_threads(url, pragmas, begin="BEGIN IMMEDIATE", connections=1)


def sqlite_reader(url: URL) -> AsyncEngine:
    """Connections that cannot write, and leave checkpoints to the writer."""
    return _sqlite(url, _READ_ONLY, begin="BEGIN", pool_size=2, max_overflow=0, pool_timeout=60)


def sqlite_lookers(url: URL) -> Engine:
    """The same, for threads."""
    return _sqlite_on_threads(url, _READ_ONLY, begin="BEGIN", connections=READERS)


def sqlite_glances(url: URL) -> Engine:
    """A connection that cannot write either, and begins no transactions: each statement sees a moment of its own."""
    return _sqlite_on_threads(url, _READ_ONLY, begin=None, connections=1)


def sqlite_migrator(url: URL) -> AsyncEngine:
    """For schema changes: with foreign keys on, rebuilding a parent table silently deletes its children's rows."""
    pragmas = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "OFF"}
    return _sqlite(url, pragmas, begin="BEGIN IMMEDIATE", busy_seconds=60, poolclass=NullPool)


def postgresql(url: URL, limits: Limits) -> AsyncEngine:
    """A pool that survives a restart of the server, with an end to forgotten transactions and to endless statements."""
    from storage.postgresql_driver import connecting  # the driver is of no use to whoever runs on SQLite

    statements = f"SET statement_timeout = '{limits.statement_seconds * 1000:.0f}ms'"
    return _postgresql(
        url,
        session="; ".join((_POSTGRESQL_SESSION, POSTGRESQL_LOCK_TIMEOUT, statements)),
        connect={"async_creator_fn": connecting(limits.answer_seconds)},
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool_seconds,
        pool_pre_ping=True,
    )


def postgresql_migrator(url: URL) -> AsyncEngine:
    """For schema changes and copies, whose statements may take their time, as may the wait for another migration."""
    return _postgresql(url, session=_POSTGRESQL_SESSION, connect={}, poolclass=NullPool)


# A server that vanished without a word is noticed within a minute, whether it owes an answer or not.
POSTGRESQL_CONNECT: dict[str, Any] = {
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000, "application_name": "usher",
}  # fmt: skip


def _postgresql(url: URL, *, session: str, connect: dict[str, Any], **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, connect_args=POSTGRESQL_CONNECT | connect, **_SILENT, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(session)
        cursor.close()
        connection.commit()

    return engine


def sqlite_warning(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> str | None:
    """A sentence for the admin when this SQLite (or `version`) has the WAL-reset bug (sqlite.org/wal.html), else None.

    See https://www.sqlite.org/wal.html. It needs two connections that write or checkpoint one file at the same time.
    Usher has one of them, so only a second program on the file is a danger.
    """
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if mended or version < (3, 7):
        return None
    return (
        f"SQLite {'.'.join(map(str, version))} can damage a database that two programs write to at once "
        "(mended in 3.51.3). Usher alone is safe; do not run Litestream or another writer on its file."
    )


def _sqlite(
    url: URL, pragmas: dict[str, str], *, begin: str, busy_seconds: int = SQLITE_BUSY_SECONDS, **pool: Any
) -> AsyncEngine:
    creator = partial(connect, sqlite_file(url), busy_seconds=busy_seconds, pragmas=pragmas)
    engine = create_async_engine(url, async_creator=creator, **_SILENT, **pool)

    _begin_with(engine.sync_engine, begin)

    @event.listens_for(engine.sync_engine, "invalidate")
    def _invalidate(connection: Any, _record: Any, _error: BaseException | None) -> None:
        # A connection whose task was cancelled in the middle of a transaction may live on in the garbage and keep the
        # write lock. Rolling back first, behind whatever its thread is still doing, gives the lock up.
        connection.rollback()

    return engine


def _sqlite_on_threads(url: URL, pragmas: dict[str, str], *, begin: str | None, connections: int) -> Engine:
    creator = partial(plain_connection, sqlite_file(url), busy_seconds=SQLITE_BUSY_SECONDS, pragmas=pragmas)
    engine = create_engine(
        "sqlite://", creator=creator, poolclass=QueuePool, pool_size=connections, max_overflow=0, **_SILENT
    )
    if begin is not None:
        event.listen(engine, "begin", lambda connection: connection.connection.driver_connection.execute(begin))
    return engine


def _begin_with(engine: Engine, statement: str) -> None:
    """SQLAlchemy leaves the beginning of a transaction to the driver, and ours begins none of its own accord."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(statement)
