"""Which migrations there are, and which one a database is at: known without Alembic, which takes ten megabytes.

A migration that only adds says in `works_with` which earlier revision's code may go on working with its schema. An
upgrade writes that beside the revision, where the earlier code finds it, which cannot know the migration itself.

A start finds the database at this version nearly always, and then nobody needs Alembic. A test holds what is read here
against what Alembic itself reads.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_ID = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)
_WORKS_WITH = re.compile(r'^works_with = "(.+)"$', re.MULTILINE)


class Known(NamedTuple):
    """What these scripts lead to."""

    newest: str
    all: frozenset[str]
    works_with: str  # the oldest revision whose code may work with the schema that they make


class Found(NamedTuple):
    """What a database says of itself."""

    revision: str | None  # None: it has none of our tables
    works_with: str | None = None


@cache
def known(migrations: str) -> Known:
    """The newest revision among these scripts, all of them, and whose code the newest schema works with.

    Args:
        migrations: where they are, as Alembic names it: a directory, or `package:directory`.

    Raises:
        RuntimeError: there is not one that every other one leads to.
    """
    texts = [file.read_text(encoding="utf-8") for file in _versions(migrations) if file.name.endswith(".py")]
    scripts = {found[1]: text for text in texts if (found := _ID.search(text))}
    ends = scripts.keys() - {found[1] for text in texts if (found := _BEFORE.search(text))}
    if len(ends) != 1:
        raise RuntimeError(f"the migrations in {migrations} do not lead to one version, but to {sorted(ends)}")
    [newest] = ends
    says = _WORKS_WITH.search(scripts[newest])
    return Known(newest, frozenset(scripts), says[1] if says else newest)


async def of(connection: AsyncConnection) -> Found:
    """The revision that this database is at, and whose code may work with it."""
    if not await connection.run_sync(lambda plain: sa.inspect(plain).has_table("alembic_version")):
        return Found(None)
    row = (await connection.execute(sa.text("SELECT * FROM alembic_version"))).mappings().first()
    return Found(row["version_num"], row.get("works_with")) if row else Found(None)


async def note(connection: AsyncConnection, migrations: str) -> None:
    """Writes into a database at the newest revision whose code may work with it."""
    statement = sa.text("UPDATE alembic_version SET works_with = :works_with")
    await connection.execute(statement, {"works_with": known(migrations).works_with})


def _versions(migrations: str) -> list[Traversable]:
    package, colon, directory = migrations.partition(":")
    place: Traversable = resources.files(package) / directory if colon else Path(migrations)
    return list((place / "versions").iterdir())
