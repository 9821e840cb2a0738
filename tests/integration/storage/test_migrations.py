"""Migrations: the schema is the tables', several may try at once, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from storage import engines, migrate, revisions
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import DatabaseUnreachable, SchemaTooNew, SchemaTooOld, UpgradeFailed
from storage.tables import Account, AccountStatus, Application, Base, Person, Policy

UPGRADE = "import asyncio, sys; from storage import migrate; asyncio.run(migrate.upgrade(sys.argv[1]))"


async def set_revision(url: str, revision: str) -> None:
    parsed = engines.parse(url)
    engine = engines.sqlite_migrator(parsed) if engines.is_sqlite(parsed) else engines.postgresql_migrator(parsed)
    async with engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :to, works_with = NULL"), {"to": revision}
        )
    await engine.dispose()


async def schema(url: str) -> list[tuple[object, ...]]:
    """Every table, column and index, as the database itself describes them."""
    parsed = engines.parse(url)
    if engines.is_sqlite(parsed):
        with closing(sqlite3.connect(engines.sqlite_file(parsed))) as connection:
            found = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name NOT LIKE 'alembic%'"
            ).fetchall()
        return sorted((name, " ".join((text or "").replace('"', "").split())) for name, text in found)
    queries = (
        """SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid <> coalesce(to_regclass('alembic_version')::oid, 0)""",
    )
    engine = engines.postgresql_migrator(parsed)
    async with engine.connect() as connection:
        found = [tuple(row) for query in queries for row in await connection.execute(sa.text(query))]
    await engine.dispose()
    return sorted(found, key=repr)


async def create_all(url: str) -> None:
    parsed = engines.parse(url)
    engine = engines.sqlite_migrator(parsed) if engines.is_sqlite(parsed) else engines.postgresql_migrator(parsed)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


async def test_the_migrations_make_what_the_tables_say(database_url: str, empty_url: str) -> None:
    """Column for column and index for index, partial predicates and constraints' names included."""
    await create_all(empty_url)
    made, meant = await schema(database_url), await schema(empty_url)
    # SQLite keeps the statement, in which the order of constraints means nothing
    assert _in_any_order(made) == _in_any_order(meant)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
async def test_alembic_finds_nothing_left_to_migrate(database_url: str) -> None:
    """Whoever changes a table is reminded to write a migration."""
    parsed = engines.parse(database_url)
    engine = engines.sqlite_migrator(parsed) if engines.is_sqlite(parsed) else engines.postgresql_migrator(parsed)
    async with engine.connect() as connection:
        await connection.run_sync(lambda plain: command.check(migrate.configuration(plain)))
    await engine.dispose()


async def test_upgrading_twice_is_upgrading_once(empty_url: str) -> None:
    """The second time finds nothing to do, and leaves no copy behind."""
    await migrate.upgrade(empty_url)
    await migrate.upgrade(empty_url)
    await migrate.check(empty_url)
    if engines.is_sqlite(engines.parse(empty_url)):
        file = engines.sqlite_file(engines.parse(empty_url))
        assert list(file.parent.glob("empty.db.at-*")) == []


async def test_six_replicas_can_start_at_once(empty_url: str) -> None:
    """One migrates, five wait and find it done."""
    replicas = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, empty_url, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ends = await asyncio.gather(*(replica.communicate() for replica in replicas))
    assert [(replica.returncode, error) for replica, (_, error) in zip(replicas, ends, strict=True)] == [(0, b"")] * 6
    await migrate.check(empty_url)


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    """Neither upgraded nor used, and the sentence says which way out there is."""
    await set_revision(database_url, "9999")
    for attempt in (migrate.upgrade(database_url), migrate.check(database_url)):
        with pytest.raises(SchemaTooNew, match=r"newer version of Usher \(it is at 9999.*Install that version"):
            await attempt


async def test_an_empty_database_is_not_used(empty_url: str) -> None:
    """The sentence names the command; opening it does not migrate."""
    database = await Database.open(empty_url, clock=SystemClock())
    with pytest.raises(SchemaTooOld, match="usher db upgrade"):
        await migrate.check(database)
    await database.close()


async def hire(tx: Transaction) -> None:
    tx.session.add(Person(id="U1", name="Ada", updated_at=tx.now))
    tx.session.add(Person(id="U2", name="Grace", updated_at=tx.now))
    await tx.session.flush()
    tx.session.add(Policy(key="default", document={}))
    await tx.session.flush()
    tx.session.add(Application(key="chatgpt", name="ChatGPT", policy_key="default", document={}, position=0))
    await tx.session.flush()
    tx.session.add(Account(application="chatgpt", person_id="U1", email="a@example.com", status=AccountStatus.ABSENT))


def test_what_is_known_of_the_migrations_is_what_alembic_knows() -> None:
    """Although Alembic itself is not asked: a start that has nothing to migrate does without it."""
    scripts = ScriptDirectory.from_config(migrate.configuration(None))
    [newest] = scripts.get_revisions("head")
    assert revisions.known(migrate.PACKAGED) == (
        newest.revision,
        frozenset(script.revision for script in scripts.walk_revisions()),
        newest.module.works_with,
    )


@pytest.fixture
async def furnished_url(database_url: str) -> str:
    """A database with people, and an account that refers to one."""
    database = await Database.open(database_url, clock=SystemClock())
    await database.write(hire)
    await database.close()
    return database_url


async def look(url: str, query: str) -> list[tuple[object, ...]]:
    database = await Database.open(url, clock=SystemClock())
    async with database.read() as session:
        rows = [tuple(row) for row in await session.execute(sa.text(query))]
    await database.close()
    return rows


async def test_an_upgrade_keeps_every_row(furnished_url: str, next_version: Callable[[str], str]) -> None:
    """Also those that refer to a table that SQLite has to rebuild: with foreign keys on they would be deleted."""
    later = next_version(
        'with op.batch_alter_table("people", recreate="auto") as people:\n'
        '    people.alter_column("title", new_column_name="job_title")\n'
    )
    with pytest.raises(SchemaTooOld, match=f"it is at {await migrate.head()}"):
        await migrate.check(furnished_url, migrations=later)
    await migrate.upgrade(furnished_url, migrations=later)
    await migrate.check(furnished_url, migrations=later)
    assert await look(furnished_url, "SELECT id, job_title FROM people ORDER BY id") == [("U1", ""), ("U2", "")]
    assert await look(furnished_url, "SELECT person_id FROM accounts") == [("U1",)]


async def test_an_upgrade_that_fails_halfway_leaves_what_was_there(
    furnished_url: str, next_version: Callable[[str], str]
) -> None:
    """And the mended upgrade succeeds: no half of the new schema is in its way."""
    body = 'op.create_table("rooms", sa.Column("id", sa.Text()))\nop.execute("UPDATE people SET name = \'X\'")\n'
    with pytest.raises(ZeroDivisionError):
        await migrate.upgrade(furnished_url, migrations=next_version(body + "1 / 0\n"))
    await migrate.check(furnished_url)
    assert await look(furnished_url, "SELECT name FROM people ORDER BY id") == [("Ada",), ("Grace",)]
    await migrate.upgrade(furnished_url, migrations=next_version(body))
    assert await look(furnished_url, "SELECT count(*) FROM rooms") == [(0,)]


async def test_a_sqlite_file_is_copied_before_it_is_upgraded(
    sqlite_url: str, next_version: Callable[[str], str]
) -> None:
    """Whoever has to go back finds the file as it was, named after its version, and one is enough."""
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.write(hire)
    await database.close()
    later = next_version('op.drop_column("people", "title")')
    await migrate.upgrade(sqlite_url, migrations=later)
    await migrate.upgrade(sqlite_url, migrations=later)
    file = engines.sqlite_file(engines.parse(sqlite_url))
    copy = file.with_name(f"usher.db.at-{await migrate.head()}")
    assert [path.name for path in file.parent.glob("usher.db.at-*")] == [copy.name]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old_url = f"sqlite+aiosqlite:///{copy}"
    await migrate.check(old_url)
    assert await look(old_url, "SELECT name, title FROM people ORDER BY id") == [("Ada", ""), ("Grace", "")]


async def test_an_upgrade_that_breaks_a_reference_is_undone(
    sqlite_url: str, next_version: Callable[[str], str]
) -> None:
    """Foreign keys are off while SQLite's tables are rebuilt, so they are checked before the commit."""
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.write(hire)
    await database.close()
    with pytest.raises(UpgradeFailed, match="of accounts refers to nothing in people"):
        await migrate.upgrade(sqlite_url, migrations=next_version("op.execute(\"DELETE FROM people WHERE id = 'U1'\")"))
    await migrate.check(sqlite_url)
    assert await look(sqlite_url, "SELECT count(*) FROM people") == [(2,)]


async def test_a_new_database_file_is_its_owners_only(tmp_path: Path) -> None:
    """It holds who asked for what, and why."""
    file = tmp_path / "usher.db"
    await migrate.upgrade(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """A mistyped path is not created in silence."""
    with pytest.raises(DatabaseUnreachable, match="no-such-directory does not exist"):
        await migrate.upgrade(f"sqlite+aiosqlite:///{tmp_path}/no-such-directory/usher.db")


def _in_any_order(entries: list[tuple[object, ...]]) -> list[list[object]]:
    return [[sorted(re.findall(r"[^\s,()]+", str(part))) for part in entry] for entry in entries]
