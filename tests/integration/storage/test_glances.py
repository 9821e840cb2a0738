"""Reading a few rows at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from storage.database import Database, Transaction
from storage.rows import Rows
from storage.tables import Person


async def _hire(tx: Transaction, id_: str) -> None:
    await tx.insert(
        Person(
            id=id_,
            name=id_,
            email=None,
            title="",
            timezone="UTC",
            is_bot=False,
            is_guest=False,
            active=True,
            updated_at=tx.now,
        )
    )


async def _names(rows: Rows, *ids: str) -> list[str]:
    found: list[Any] = (await rows.execute(sa.select(Person.name).where(Person.id.in_(ids)))).scalars().all()
    return [str(name) for name in found]


async def test_a_glance_sees_what_was_committed(database: Database) -> None:
    """At once, and again after the next commit: nothing of an earlier glance stays open."""
    assert await database.glance(_names, "U1", "U2") == []
    await database.write(_hire, "U1")
    assert await database.glance(_names, "U1", "U2") == ["U1"]
    await database.write(_hire, "U2")
    assert sorted(await database.glance(_names, "U1", "U2")) == ["U1", "U2"]


async def test_a_glance_changes_nothing(database: Database) -> None:
    """The connection cannot, and is of use afterwards."""
    await database.write(_hire, "U1")

    async def fire(rows: Rows) -> None:
        await rows.execute(sa.delete(Person))

    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await database.glance(fire)
    assert await database.glance(_names, "U1") == ["U1"]


async def test_a_glance_that_fails_does_not_spoil_the_next(database: Database) -> None:
    """Whatever went wrong in it."""

    async def broken(rows: Rows) -> None:
        await rows.execute(sa.text("SELECT nonsense FROM nowhere"))

    with pytest.raises(Exception, match="nowhere"):
        await database.glance(broken)
    assert await database.glance(_names, "U1") == []


async def test_a_glance_waits_for_nothing_else(sqlite_url: str, clock: Any) -> None:
    """On SQLite it happens on the event loop's own thread, so it may not wait there."""
    database = await Database.open(sqlite_url, clock=clock)
    try:

        async def dawdle(_rows: Rows) -> None:
            await asyncio.sleep(0)

        with pytest.raises(RuntimeError, match="awaited something else"):
            await database.glance(dawdle)
        assert await database.glance(_names, "U1") == []
    finally:
        await database.close()
