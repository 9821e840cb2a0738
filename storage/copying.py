"""A whole database into another one: a company that has outgrown its file moves to PostgreSQL, or back."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from storage import audit, engines, migrate
from storage.database import lock_file
from storage.errors import CopyRefused, DatabaseInUse, LedgerBroken, in_words
from storage.tables import Base

#: rows that are read, written or compared at once
_PAGE = 500
_LOOKS, _PAUSE = 20, 0.1  # seconds between them

#: told after each page: the table, how many of its rows are copied, and how many there are
Progress = Callable[[str, int, int], None]

_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'usher' AND pid <> pg_backend_pid()"
)


async def copy_database(source: str, target: str, *, progress: Progress | None = None) -> Mapping[str, int]:
    """Copies every row of one database into another one that holds none; returns how many of each table.

    The target is brought to this version first, and every row is read back and compared, as is the ledger's chain. All
    of that is one transaction, so that a failure leaves the target as it was. The source is read as of one moment.

    Raises:
        CopyRefused: Usher runs on one of the two, the target holds data, or what was read back is not what was copied.
        StorageError: one of the two cannot be used, or the source is not at this version.
    """
    from_url, to_url = engines.parse(source), engines.parse(target)
    if _is_same(from_url, to_url):
        raise CopyRefused("both addresses lead to the same database")
    _must_exist(from_url)
    with _nobody_on(from_url), _nobody_on(to_url), _new_file(to_url), in_words():
        await _nobody_connected(from_url)
        await migrate.check(source, exactly=True)  # what this version does not know would be left behind
        async with _moment_of(from_url) as original, migrate.engine_for(to_url) as engine, engine.begin() as copy:
            await migrate.upgrade_inside(copy, to_url)
            await _must_be_empty(copy)
            counts = {
                table.name: await _copy_table(original, copy, table, progress) for table in Base.metadata.sorted_tables
            }
            for table in Base.metadata.sorted_tables:
                await _compare(original, copy, table)
            if engines.is_sqlite(to_url):
                await migrate.check_foreign_keys(copy)
            else:
                await _continue_numbering(copy)
            await _verify_ledger(copy)
    return counts


# -- before ------------------------------------------------------------------------------------------------------------
def _is_same(one: URL, other: URL) -> bool:
    if engines.is_sqlite(one) and engines.is_sqlite(other):
        return engines.sqlite_file(one) == engines.sqlite_file(other)
    return one == other


def _must_exist(source: URL) -> None:
    if engines.is_sqlite(source) and not engines.sqlite_file(source).exists():
        raise CopyRefused(f"there is no database at {engines.sqlite_file(source)}")


@contextlib.contextmanager
def _nobody_on(url: URL) -> Iterator[None]:
    """Holds the lock of a SQLite file, so that no Usher runs on it or begins to."""
    if not engines.is_sqlite(url):
        yield
        return
    try:
        lock = lock_file(url)
    except DatabaseInUse as error:
        raise CopyRefused(f"Usher runs on {engines.sqlite_file(url)}; stop it first") from error
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _new_file(url: URL) -> Iterator[None]:
    """Makes a SQLite file that is not there yet, and takes it away again when the copy fails."""
    file = engines.sqlite_file(url) if engines.is_sqlite(url) else None
    if file is None or file.exists():
        yield
        return
    migrate.create_private(file)
    try:
        yield
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        raise


@contextlib.asynccontextmanager
async def _moment_of(url: URL) -> AsyncIterator[AsyncConnection]:
    """A connection that cannot write, and every statement of which sees the same moment."""
    if engines.is_sqlite(url):
        engine = engines.sqlite_reader(url)
    else:
        engine = engines.postgresql_migrator(url).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _nobody_connected(url: URL) -> None:
    """PostgreSQL says who else is there: what they write from now on would be lost to the copy."""
    if engines.is_sqlite(url):
        return
    engine = engines.postgresql_migrator(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for _ in range(_LOOKS):
                others = await connection.scalar(_OTHERS)
                if not others:
                    return
                await asyncio.sleep(_PAUSE)  # the server takes a moment to see that somebody has gone
    finally:
        await engine.dispose()
    raise CopyRefused(f"Usher has {others} other connections to the source; stop it everywhere first")


async def _must_be_empty(copy: AsyncConnection) -> None:
    for table in Base.metadata.sorted_tables:
        if (await copy.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
            raise CopyRefused(f"the target holds data already (in {table.name}); name an empty database")


# -- the copy ----------------------------------------------------------------------------------------------------------
async def _copy_table(
    original: AsyncConnection, copy: AsyncConnection, table: sa.Table, progress: Progress | None
) -> int:
    total = await _count(original, table)
    done = 0
    async for rows in _pages(original, table):
        await copy.execute(sa.insert(table), rows)
        done += len(rows)
        if progress is not None:
            progress(table.name, done, total)
    return done


async def _compare(original: AsyncConnection, copy: AsyncConnection, table: sa.Table) -> None:
    """Reads both back and compares each row's values; the two databases sort text differently, so by their keys."""
    if await _count(original, table) != await _count(copy, table):
        raise CopyRefused(f"{table.name} has another number of rows in the target: somebody else writes to it")
    key = sa.tuple_(*table.primary_key.columns)
    async for rows in _pages(original, table):
        written = sa.select(table).where(key.in_([_key(table, row) for row in rows]))
        found = {_key(table, row): dict(row) for row in (await copy.execute(written)).mappings()}
        for row in rows:
            if found.get(_key(table, row)) != row:
                name = ", ".join(map(str, _key(table, row)))
                raise CopyRefused(f"row {name} of {table.name} reads differently in the target")


async def _pages(connection: AsyncConnection, table: sa.Table) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows, in the order of the primary key, a page at a time."""
    columns = list(table.primary_key.columns)
    key = sa.tuple_(*columns)
    wanted = sa.select(table).order_by(*columns).limit(_PAGE)
    rows = [dict(row) for row in (await connection.execute(wanted)).mappings()]
    while rows:
        yield rows
        after = sa.tuple_(
            *(
                sa.bindparam(None, value, column.type)
                for column, value in zip(columns, _key(table, rows[-1]), strict=True)
            )
        )
        rows = [dict(row) for row in (await connection.execute(wanted.where(key > after))).mappings()]


def _key(table: sa.Table, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


async def _count(connection: AsyncConnection, table: sa.Table) -> int:
    return await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


# -- after -------------------------------------------------------------------------------------------------------------
async def _continue_numbering(copy: AsyncConnection) -> None:
    """PostgreSQL counts on its own, and does not see the numbers that rows brought with them."""
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and column.autoincrement is True:
            await copy.execute(
                sa.select(
                    sa.func.setval(
                        sa.func.pg_get_serial_sequence(table.name, column.name),
                        sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery(),
                        sa.false(),
                    )
                )
            )


async def _verify_ledger(copy: AsyncConnection) -> None:
    async with AsyncSession(copy, join_transaction_mode="rollback_only") as session:
        result = await audit.verify(session)
    if result.problem is not None:
        raise LedgerBroken(result.problem.rstrip("."))
