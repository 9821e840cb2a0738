"""Statements that are worked out once: they mean what they mean to SQLAlchemy, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound

from storage.database import Database, Transaction
from storage.errors import SchemaTooOld
from storage.fixed import fixed
from storage.rows import Rows
from storage.tables import Person, UTCDateTime, table_of

_people = table_of(Person)
_NEWEST = sa.select(Person.name, Person.updated_at, Person.active).where(
    Person.name.startswith(sa.bindparam("begins")), Person.updated_at <= sa.bindparam("by", type_=UTCDateTime())
)
_LISTED = sa.select(Person.id, Person.updated_at).where(
    sa.or_(
        Person.id.in_(sa.bindparam("ids", expanding=True)),
        Person.updated_at.in_(sa.bindparam("moments", expanding=True)),
    )
)
_RENAME = fixed(
    sa.update(_people)
    .where(_people.c.id == sa.bindparam("of_id"))
    .values(name=sa.bindparam("new_name"), updated_at=sa.bindparam("at"))
    .returning(_people.c.id, _people.c.updated_at)
)
_FIRE = fixed(sa.delete(_people).where(_people.c.active == sa.bindparam("who", type_=sa.Boolean)))
_HIRE = fixed(sa.insert(_people))


async def _hire(tx: Transaction, *ids: str) -> None:
    await tx.insert(*(Person(id=id_, name=id_, email=None, is_bot=False, updated_at=tx.now) for id_ in ids))


async def test_it_answers_as_any_other(database: Database) -> None:
    """Parameters are written and columns read as SQLAlchemy does it, every time anew."""
    await database.write(_hire, "U1")
    once = fixed(_NEWEST)

    async def put(rows: Rows, statement: sa.Select[Any], begins: str) -> list[tuple[Any, ...]]:
        asked = {"begins": begins, "by": database.clock.now()}
        return [tuple(row) for row in await rows.execute(statement, asked)]

    for begins, count in (("U", 1), ("X", 0), ("U", 1)):
        expected = await database.glance(put, _NEWEST, begins)
        assert len(expected) == count
        assert await database.glance(put, once, begins) == expected


async def test_its_lists_may_be_of_any_length(database: Database) -> None:
    """None, one or many values, and of a type that is written in a way of its own."""
    await database.write(_hire, *(f"U{number}" for number in range(6)))
    once = fixed(_LISTED)

    async def put(rows: Rows, statement: sa.Select[Any], ids: list[str], moments: list[Any]) -> set[tuple[Any, ...]]:
        return {tuple(row) for row in await rows.execute(statement, {"ids": ids, "moments": moments})}

    now = database.clock.now()
    for ids, moments, count in (([], [], 0), (["U1"], [], 1), (["U1", "U2", "U5", "X", "U0"], [], 4), ([], [now], 6)):
        found = await database.glance(put, once, ids, moments)
        assert len(found) == count
        assert found == await database.glance(put, _LISTED, ids, moments)


async def test_it_fails_as_any_other(database: Database) -> None:
    """With the database's own words, and the next one is none the worse for it."""
    unknown = fixed(sa.select(sa.column("nobody")).select_from(sa.table("nowhere")))

    async def put(rows: Rows) -> Any:
        return await rows.execute(unknown)

    with pytest.raises(SchemaTooOld, match="nowhere"):
        await database.glance(put)
    await database.write(_hire, "U1")
    with pytest.raises(IntegrityError):
        await database.write(_hire, "U2", "U1")
    await database.write(_hire, "U2")


async def test_what_it_was_given_stands_in_no_error(database: Database) -> None:
    """Reasons and sealed secrets are among it, and errors are logged."""
    await database.write(_hire, "U1")

    async def hire(tx: Transaction) -> None:
        await tx.insert(Person(id="U1", name="a secret", email=None, updated_at=tx.now))

    with pytest.raises(IntegrityError) as failed:
        await database.write(hire)
    assert "a secret" not in str(failed.value)


async def test_what_it_changes_is_counted_and_given_back(database: Database) -> None:
    """As rows with names, as single values, and as a number."""

    async def change(tx: Transaction) -> None:
        await _hire(tx, "U1", "U2")
        renamed = await tx.execute(_RENAME, {"of_id": "U1", "new_name": "Lena", "at": tx.now})
        assert [(row.id, row.updated_at) for row in renamed] == [("U1", tx.now)]
        nobody = await tx.execute(_RENAME, {"of_id": "X", "new_name": "Lena", "at": tx.now})
        assert nobody.scalars().all() == []
        assert (await tx.execute(_FIRE, {"who": False})).rowcount == 0
        assert (await tx.execute(_FIRE, {"who": True})).rowcount == 2

    await database.write(change)


async def test_a_default_of_pythons_has_to_be_given(sqlite_url: str, clock: Any) -> None:
    """It would silently be null otherwise."""
    database = await Database.open(sqlite_url, clock=clock)

    async def hire(tx: Transaction) -> None:
        await tx.execute(_HIRE, {"id": "U1", "name": "U1", "updated_at": tx.now})

    with pytest.raises(TypeError, match="title"):
        await database.write(hire)
    await database.close()


async def test_one_and_one_or_none_are_strict(database: Database) -> None:
    """Two where one is expected are a defect, and so is nobody."""
    await database.write(_hire, "U1", "U2")
    once = fixed(_NEWEST)

    async def put(rows: Rows, begins: str) -> Any:
        return await rows.execute(once, {"begins": begins, "by": database.clock.now()})

    async def one(rows: Rows, begins: str) -> Any:
        return (await put(rows, begins)).one()

    async def one_or_none(rows: Rows, begins: str) -> Any:
        return (await put(rows, begins)).one_or_none()

    with pytest.raises(NoResultFound):
        await database.glance(one, "X")
    for demand in (one, one_or_none):
        with pytest.raises(MultipleResultsFound):
            await database.glance(demand, "U")
    assert await database.glance(one_or_none, "X") is None
    assert (await database.glance(one, "U1")).name == "U1"
