"""Parts of a transaction: each happens wholly or not at all, and the rest goes on."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa

from storage.database import Database, Transaction
from storage.tables import LedgerLine, Person, Task


class Wrong(Exception):
    pass


async def add(tx: Transaction, name: str) -> None:
    """A row by the session, one past it, a task and a line."""
    tx.session.add(Person(id=f"U{name}", name=name, updated_at=tx.now))
    await tx.insert(Person(id=f"V{name}", name=name, updated_at=tx.now))
    tx.enqueue("cards", name)
    tx.record("tested", actor="usher", subject=f"person:{name}")


async def left(database: Database) -> tuple[set[str], set[str], set[str]]:
    async with database.read() as session:
        people = set(await session.scalars(sa.select(Person.name)))
        tasks = set(await session.scalars(sa.select(Task.key)))
        lines = set(await session.scalars(sa.select(LedgerLine.subject)))
    return people, tasks, {subject.removeprefix("person:") for subject in lines}


async def test_what_raises_leaves_nothing_and_the_others_stay(database: Database) -> None:
    """Rows, tasks and ledger lines; also a change to a task that was asked for before."""

    async def work(tx: Transaction) -> None:
        await add(tx, "before")
        async with tx.part():
            await add(tx, "first")
        with suppress(Wrong):
            async with tx.part():
                await add(tx, "second")
                tx.enqueue("cards", "before", payload={"from": "second"})
                raise Wrong
        async with tx.part():
            await add(tx, "third")

    await database.write(work)
    names = {"before", "first", "third"}
    assert await left(database) == (names, names, names)
    async with database.read() as session:
        assert await session.scalar(sa.select(Task.payload).where(Task.key == "before")) == {}


async def test_what_is_not_caught_undoes_everything(database: Database) -> None:
    """As without parts."""

    async def work(tx: Transaction) -> None:
        await add(tx, "before")
        async with tx.part():
            await add(tx, "first")
            raise Wrong

    with pytest.raises(Wrong):
        await database.write(work)
    assert await left(database) == (set(), set(), set())


async def test_a_transition_that_was_undone_is_forgotten(database: Database) -> None:
    """What is read afterwards is what stands in the database."""

    async def work(tx: Transaction) -> str:
        await add(tx, "before")
        with suppress(Wrong):
            async with tx.part():
                person = await tx.session.get_one(Person, "Ubefore")
                person.name = "other"
                raise Wrong
        again = await tx.session.scalar(sa.select(Person).where(Person.id == "Ubefore"))
        return again.name if again is not None else "gone"

    assert await database.write(work) == "before"
