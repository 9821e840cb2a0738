"""Which migrations there are, and which one a database is at: known without Alembic, which takes ten megabytes.

A start finds the database at this version nearly always, and then nobody needs Alembic. A test holds what is read here
against what Alembic itself reads.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_ID = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)


@cache
def known(migrations: str) -> tuple[str, frozenset[str]]:
    """The newest revision among these scripts, and all of them.

    Args:
        migrations: where they are, as Alembic names it: a directory, or `package:directory`.

    Raises:
        RuntimeError: there is not one that every other one leads to.
    """
    texts = [file.read_text(encoding="utf-8") for file in _versions(migrations) if file.name.endswith(".py")]
    ids = frozenset(found[1] for text in texts if (found := _ID.search(text)))
    newest = ids - {found[1] for text in texts if (found := _BEFORE.search(text))}
    if len(newest) != 1:
        raise RuntimeError(f"the migrations in {migrations} do not lead to one version, but to {sorted(newest)}")
    return next(iter(newest)), ids


async def of(connection: AsyncConnection) -> str | None:
    """The revision that this database is at; None for one without any of our tables."""
    if not await connection.run_sync(lambda plain: sa.inspect(plain).has_table("alembic_version")):
        return None
    found: str | None = await connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _versions(migrations: str) -> list[Traversable]:
    package, colon, directory = migrations.partition(":")
    place: Traversable = resources.files(package) / directory if colon else Path(migrations)
    return list((place / "versions").iterdir())
