"""Bringing a database to this version of Usher, whoever else is trying the same at this moment."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import backup, engines, revisions
from storage.database import Database
from storage.errors import (
    DatabaseReadOnly,
    DatabaseUnreachable,
    SchemaTooNew,
    SchemaTooOld,
    StorageError,
    UpgradeFailed,
    in_words,
)

if TYPE_CHECKING:
    from alembic.config import Config

PACKAGED = "storage:migrations"  # as Alembic names a directory inside a package
_LOCK = 0x7573686D  # "ushm": one migration at a time on PostgreSQL


async def upgrade(url: str, *, migrations: str = PACKAGED) -> None:
    """Brings the database to this version; creates it when it is an empty file or server database.

    Of several at once one does it and the others wait and find it done. All of it is one transaction, so a crash leaves
    what was there before. A SQLite file with something in it is copied first, to its own name with ".at-<revision>".
    A database that a newer version has only added to is left as it is. `migrations` is where Alembic finds the scripts.
    Raises `SchemaTooNew`, `UpgradeFailed`, `BackupRefused` and what an unusable database raises.
    """
    parsed = engines.parse(url)
    if engines.is_sqlite(parsed):
        create_private(engines.sqlite_file(parsed))
    with in_words():
        async with engine_for(parsed) as engine, engine.begin() as connection:
            await upgrade_inside(connection, parsed, migrations=migrations)


async def upgrade_inside(connection: AsyncConnection, url: URL, *, migrations: str = PACKAGED) -> None:
    """The same as `upgrade`, inside a transaction that the caller began and commits on an engine of `engine_for`."""
    if not engines.is_sqlite(url):
        # another one's migration takes its time; what people wait for is waited for no longer than they would
        await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.execute(sa.text(engines.POSTGRESQL_LOCK_TIMEOUT))
    found = await revisions.of(connection)
    if _judge(found, migrations) is None:
        return
    if engines.is_sqlite(url) and found.revision is not None:
        file = engines.sqlite_file(url)  # nobody can write to it meanwhile: this transaction holds the lock
        await asyncio.to_thread(backup.copy, file, file.with_name(f"{file.name}.at-{found.revision}"))
    await connection.run_sync(_upgrade, migrations)
    await revisions.note(connection, migrations)
    if engines.is_sqlite(url):
        await check_foreign_keys(connection)


async def check(database: str | Database, *, migrations: str = PACKAGED, exactly: bool = False) -> None:
    """Raises `SchemaTooOld` or `SchemaTooNew` unless this version may work with the database.

    That is one at this version's revision, or one that a newer version only added to; with `exactly` not the latter.
    """
    if isinstance(database, Database):
        async with database.read() as session:
            found = await revisions.of(await session.connection())
    else:
        with in_words():
            async with engine_for(engines.parse(database)) as engine, engine.connect() as connection:
                found = await revisions.of(connection)
    if problem := _judge(found, migrations, exactly=exactly):
        raise problem


async def head() -> str:
    """The revision that this version of Usher needs."""
    return revisions.known(PACKAGED).newest


def configuration(connection: sa.Connection | None, migrations: str = PACKAGED) -> Config:
    """Alembic's configuration: these scripts, run on this connection. There is no ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", migrations)
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection, migrations: str) -> None:
    from alembic import command

    command.upgrade(configuration(connection, migrations), "head")


async def check_foreign_keys(connection: AsyncConnection) -> None:
    """They are off while SQLite's tables are rebuilt; this is where a mistake of a migration shows."""
    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).mappings().first()
    if broken:
        raise UpgradeFailed(f"row {broken['rowid']} of {broken['table']} refers to nothing in {broken['parent']}")


def _judge(found: revisions.Found, migrations: str, *, exactly: bool = False) -> StorageError | None:
    """What is to be said about a database; None when this version may work with it. Raises `SchemaTooNew`."""
    known = revisions.known(migrations)
    if found.revision == known.newest:
        return None
    if found.revision is None or found.revision in known.all:
        return SchemaTooOld(f"it is at {found.revision}" if found.revision else "it is empty")
    if found.works_with in known.all and not exactly:
        return None
    raise SchemaTooNew(f"it is at {found.revision}, this version knows {known.newest}")


@contextlib.asynccontextmanager
async def engine_for(url: URL) -> AsyncIterator[AsyncEngine]:
    """For one transaction that changes the schema or fills it, with SQLite's foreign keys off meanwhile."""
    engine = engines.sqlite_migrator(url) if engines.is_sqlite(url) else engines.postgresql_migrator(url)
    try:
        yield engine
    finally:
        await engine.dispose()


def create_private(file: Path) -> None:
    """Makes a new database file readable by its owner only; SQLite gives its side files the same permissions."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except FileNotFoundError as error:
        raise DatabaseUnreachable(f"the directory {file.parent} does not exist") from error
    except PermissionError as error:
        raise DatabaseReadOnly(str(file)) from error
