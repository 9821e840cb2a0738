"""Writes that wait at the same time are committed together, and each of them still happens or does not by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from storage.database import Database, Transaction
from storage.tables import LedgerLine, Person
from tests.support.clock import MovableClock


@pytest.fixture
async def database(sqlite_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    """SQLite: PostgreSQL gathers its commits itself."""
    opened = await Database.open(sqlite_url, clock=clock)
    yield opened
    await opened.close()


async def hire(tx: Transaction, person_id: str) -> str:
    await tx.insert(Person(id=person_id, name=person_id, email=None, updated_at=tx.now))
    tx.record("person.hired", actor="U9", subject=f"person:{person_id}")
    return person_id


async def hired(database: Database, *people: str) -> tuple[list[object], int]:
    """Hires people while somebody else writes, so that all of them wait; what came of each, and in how many commits."""
    let_go, writes = threading.Event(), threading.Event()
    commits: list[object] = []
    note = commits.append

    async def occupy(_tx: Transaction) -> None:
        writes.set()
        let_go.wait(60)

    occupied = asyncio.create_task(database.write(occupy))
    await asyncio.to_thread(writes.wait, 60)
    event.listen(Engine, "commit", note)
    try:
        waiting = [asyncio.create_task(database.write(hire, person_id)) for person_id in people]
        await asyncio.sleep(0)  # begins them
        await asyncio.sleep(0)  # and has them stand in the queue
        let_go.set()
        outcomes = list(await asyncio.gather(*waiting, return_exceptions=True))
    finally:
        let_go.set()
        event.remove(Engine, "commit", note)
    await occupied
    return outcomes, len(commits) - 1  # whoever occupied it has one of their own


async def there(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(sa.select(Person.id).order_by(Person.id)))


async def test_what_waits_is_one_commit(database: Database) -> None:
    """Ten that wait behind a slow one are there after one commit, in the order in which they asked."""
    people = [f"U{number}" for number in range(10)]
    assert await hired(database, *people) == (people, 1)
    async with database.read() as session:
        told = list(await session.scalars(sa.select(LedgerLine.subject).order_by(LedgerLine.seq)))
    assert told == [f"person:{person_id}" for person_id in people]


async def test_one_that_fails_takes_nobody_with_it(database: Database) -> None:
    """Its error is its own, nothing of it remains, and the others are there."""
    outcomes, commits = await hired(database, "U1", "U2", "U1", "U3")
    assert isinstance(outcomes.pop(2), IntegrityError)
    assert (outcomes, commits) == (["U1", "U2", "U3"], 1)
    assert await there(database) == ["U1", "U2", "U3"]


async def test_what_undoes_the_whole_transaction_undoes_only_its_own(database: Database) -> None:
    """SQLite rolls everything back after some errors (sqlite.org/lang_transaction.html): the others write anew."""

    async def forbid(tx: Transaction) -> None:
        rule = "BEFORE INSERT ON people WHEN NEW.id = 'U2' BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END"
        await tx.session.execute(sa.text(f"CREATE TRIGGER not_u2 {rule}"))

    await database.write(forbid)
    outcomes, _ = await hired(database, "U1", "U2", "U3")
    assert isinstance(outcomes.pop(1), IntegrityError)
    assert outcomes == ["U1", "U3"]
    assert await there(database) == ["U1", "U3"]
