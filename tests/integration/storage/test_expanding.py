"""Expand, then contract: the version before goes on working while the next one is rolled out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from storage import engines, migrate, revisions
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import SchemaTooNew
from storage.tables import Person
from tests.support.schemas import Schema, describe, taken_away

ADDS = """
op.create_table("rooms", sa.Column("id", sa.Text(), primary_key=True))
op.add_column("people", sa.Column("room_id", sa.Text(), nullable=True))
op.add_column("people", sa.Column("floor", sa.Integer(), nullable=False, server_default="0"))
op.create_index("ix_people_room_id", "people", ["room_id"])
"""


async def upgrade_to(url: str, revision: str, migrations: str = migrate.PACKAGED) -> Schema:
    """Brings a database to a revision, and returns what it then has."""
    async with migrate.engine_for(engines.parse(url)) as engine, engine.begin() as connection:
        await connection.run_sync(lambda plain: command.upgrade(migrate.configuration(plain, migrations), revision))
        return await connection.run_sync(describe)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
async def test_the_newest_schema_only_adds(empty_url: str) -> None:
    """Whose code may go on, by what the newest migration says, finds all it knows, and is asked for nothing new.

    What that code no longer uses, a migration may drop, and says so in `contracts`.
    """
    newest, _, works_with = revisions.known(migrate.PACKAGED)
    assert works_with != newest, "the version before must be able to go on: add first, drop in a later version"
    scripts = ScriptDirectory.from_config(migrate.configuration(None))
    between = scripts.iterate_revisions(newest, works_with)
    dropped = {f"{name} is gone" for script in between for name in getattr(script.module, "contracts", ())}
    old = await upgrade_to(empty_url, works_with)
    assert set(taken_away(old, await upgrade_to(empty_url, newest))) <= dropped


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (ADDS, []),
        ('op.drop_table("webhooks")', ["webhooks is gone"]),
        (
            'op.alter_column("people", "title", new_column_name="job")\n',
            ["people.job is new, and must not be NULL", "people.title is gone"],
        ),
        (
            'op.add_column("people", sa.Column("floor", sa.Integer(), nullable=False))',
            ["people.floor is new, and must not be NULL"],
        ),
        ('op.alter_column("people", "email", nullable=False)', ["people.email must not be NULL any more"]),
        (
            'op.alter_column("webhooks", "position", type_=sa.Text())',
            ["webhooks.position is TEXT instead of INTEGER"],
        ),
        ('op.create_index("uq_title", "people", ["title"], unique=True)', ["people is unique by title (uq_title)"]),
    ],
    ids=["adds", "table", "rename", "no default", "not null", "type", "unique"],
)
@pytest.mark.postgres
async def test_what_a_migration_takes_away_is_named(
    postgresql_url: str, next_version: Callable[..., str], body: str, says: list[str]
) -> None:
    """So that the test above can be believed."""
    old = await upgrade_to(postgresql_url, "head")
    assert taken_away(old, await upgrade_to(postgresql_url, "later", next_version(body))) == says


async def hire(tx: Transaction) -> None:
    await tx.insert(Person(id="U1", name="Ada", updated_at=tx.now))


async def test_this_version_works_with_what_a_later_one_added(
    database_url: str, next_version: Callable[..., str]
) -> None:
    """It starts, leaves the schema as it is, and writes; but it copies nothing of which it knows only a part."""
    await migrate.upgrade(database_url, migrations=next_version(ADDS, works_with=await migrate.head()))
    await migrate.upgrade(database_url)
    await migrate.check(database_url)
    database = await Database.open(database_url, clock=SystemClock())
    await migrate.check(database)
    await database.write(hire)
    async with database.read() as session:
        assert (await session.execute(sa.text("SELECT room_id, floor FROM people"))).all() == [(None, 0)]
    await database.close()
    with pytest.raises(SchemaTooNew, match="it is at later"):
        await migrate.check(database_url, exactly=True)


async def test_this_version_is_refused_where_a_later_one_took_something_away(
    database_url: str, next_version: Callable[..., str]
) -> None:
    """The later migration does not say that this version may go on."""
    await migrate.upgrade(database_url, migrations=next_version('op.drop_table("webhooks")'))
    for attempt in (migrate.upgrade(database_url), migrate.check(database_url)):
        with pytest.raises(SchemaTooNew, match="it is at later"):
            await attempt
