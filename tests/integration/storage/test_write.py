"""Writing and reading: all of a transaction or nothing of it, and nothing held back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from storage import traces
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import DatabaseReadOnly
from storage.tables import Base, Incident, IncidentState, LedgerLine, Person, Policy, Task
from tests.support.locks import policies_locked
from tests.support.waiting import until


def person(person_id: str, tx: Transaction) -> Person:
    return Person(id=person_id, name=person_id, email=f"{person_id.lower()}@example.com", updated_at=tx.now)


async def count(database: Database, entity: type[Base]) -> int:
    async with database.read() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(entity)) or 0


async def open_incident(tx: Transaction, incident_id: str) -> None:
    tx.session.add(
        Incident(
            id=incident_id, scope=f"app:{incident_id}", cause="SignInAgain", explanation="", remedy="",
            state=IncidentState.OPEN, opened_at=tx.now, seen_at=tx.now,
        )
    )  # fmt: skip


async def test_rows_tasks_and_ledger_lines_are_one_commit(database: Database) -> None:
    """What an operation changes, the tasks that follow and its ledger line are there together."""

    async def hire(tx: Transaction) -> str:
        tx.session.add(person("U1", tx))
        tx.enqueue("card", "person:U1")
        tx.record("person.hired", actor="U9", subject="person:U1")
        return "done"

    assert await database.write(hire) == "done"
    assert [await count(database, entity) for entity in (Person, Task, LedgerLine)] == [1, 1, 1]


async def test_an_operation_that_raises_leaves_nothing(database: Database) -> None:
    """Neither rows nor tasks nor ledger lines remain, the error is the caller's, and no dispatcher is woken."""
    woken: list[int] = []
    database.on_tasks.append(lambda: woken.append(1))

    async def fail(tx: Transaction) -> None:
        tx.session.add(person("U1", tx))
        await tx.session.flush()
        tx.enqueue("card", "person:U1")
        tx.record("person.hired", actor="U9", subject="person:U1")
        raise LookupError("no such application")

    with pytest.raises(LookupError, match="no such application"):
        await database.write(fail)
    assert [await count(database, entity) for entity in (Person, Task, LedgerLine)] == [0, 0, 0]
    assert woken == []


async def test_a_violated_constraint_is_the_callers_to_understand(database: Database) -> None:
    """IntegrityError passes through as it is, and the next write is not disturbed."""

    async def hire(tx: Transaction) -> None:
        tx.session.add(person("U1", tx))

    await database.write(hire)
    with pytest.raises(IntegrityError):
        await database.write(hire)
    assert await count(database, Person) == 1


async def test_dispatchers_are_woken_after_the_commit(database: Database) -> None:
    """A listener finds the task that it was woken for."""
    seen: list[asyncio.Task[int]] = []
    database.on_tasks.append(lambda: seen.append(asyncio.create_task(count(database, Task))))

    async def ask(tx: Transaction) -> None:
        tx.enqueue("account", "chatgpt:U1")

    await database.write(ask)
    await until(lambda: seen)
    assert [await found for found in seen] == [1]


async def test_whoever_is_told_is_told_as_part_of_what_was_done(database: Database) -> None:
    """The log line of a commit bears the trace of the press that made it, however many are made at once."""
    told: dict[str, str | None] = {}
    database.on_lines.append(lambda lines: told.update({lines[0].subject: traces.current()}))

    async def press(number: int) -> tuple[str, str]:
        async def hire(tx: Transaction) -> None:
            tx.record("person.hired", actor="U9", subject=f"person:U{number}")

        with traces.follow() as trace:
            await database.write(hire)
        return f"person:U{number}", trace

    pressed = dict(await asyncio.gather(*(press(number) for number in range(20))))
    await until(lambda: len(told) == 20)
    assert told == pressed


async def test_what_nobody_was_told_of_yet_is_told_at_the_end(sqlite_url: str, clock: Any) -> None:
    """The log line of the last thing that was done before a stop is there."""
    database = await Database.open(sqlite_url, clock=clock)
    told: list[str] = []
    database.on_lines.append(lambda lines: told.extend(line.event for line in lines))

    async def hire(tx: Transaction) -> None:
        tx.record("person.hired", actor="U9", subject="person:U1")

    await database.through("slack").write(hire)
    await database.close()
    assert told == ["person.hired"]


async def test_a_failing_listener_does_not_undo_the_commit(database: Database) -> None:
    """The write reports success, since it happened."""
    tried: list[int] = []

    def fail() -> None:
        tried.append(1)
        raise RuntimeError("listener")

    database.on_tasks.append(fail)

    async def ask(tx: Transaction) -> None:
        tx.enqueue("account", "chatgpt:U1")

    await database.write(ask)
    await until(lambda: tried)
    assert await count(database, Task) == 1


async def test_the_transactions_time_is_the_clocks(database: Database) -> None:
    """`now` is one time for the whole transaction, and aware of its time zone."""

    async def look(tx: Transaction) -> object:
        return tx.now

    assert await database.write(look) == database.clock.now()


async def test_a_write_inside_a_write_is_refused(database: Database) -> None:
    """It would wait for itself; it is told so at once."""

    async def outer(_tx: Transaction) -> None:
        await database.write(open_incident, "I1")

    with pytest.raises(RuntimeError, match="a write inside a write"):
        await database.write(outer)


async def test_a_reader_cannot_write(database: Database) -> None:
    """A mistake in a page or a card cannot change anything."""
    with pytest.raises(DatabaseReadOnly):
        async with database.read() as session:
            await session.execute(sa.insert(Policy).values(key="default", document={}))


async def test_a_read_sees_one_moment(database: Database) -> None:
    """What is written while somebody reads appears in the next read."""

    async def hire(tx: Transaction) -> None:
        tx.session.add(person("U1", tx))

    people = sa.select(sa.func.count()).select_from(Person)
    async with database.read() as session:
        assert await session.scalar(people) == 0
        await database.write(hire)
        assert await session.scalar(people) == 0
    assert await count(database, Person) == 1


async def test_of_two_moves_one_succeeds(database: Database) -> None:
    """A transition changes a row that is still where it was thought to be, and says when it is not."""
    await database.write(open_incident, "I1")

    async def resolve(tx: Transaction, who: str) -> int:
        return await tx.move(
            Incident, "I1", before={IncidentState.OPEN}, to=IncidentState.RESOLVED, resolved_by=who, resolved_at=tx.now
        )

    assert sorted(await asyncio.gather(database.write(resolve, "U1"), database.write(resolve, "U2"))) == [0, 1]


async def test_a_move_shows_in_what_was_read_and_what_was_just_added(database: Database) -> None:
    """Objects of the session follow the statement, so nobody reads the state from before."""

    async def resolve(tx: Transaction) -> tuple[object, ...]:
        await open_incident(tx, "I1")
        await open_incident(tx, "I2")
        first = await tx.session.get_one(Incident, "I1")
        states = {"before": {IncidentState.OPEN}, "to": IncidentState.RESOLVED}
        moved = await tx.move(Incident, ["I1", "I2"], **states, note="done by hand")  # type: ignore[arg-type]
        return moved, first.state, first.note

    assert await database.write(resolve) == (2, IncidentState.RESOLVED, "done by hand")
    async with database.read() as session:
        assert set(await session.scalars(sa.select(Incident.note))) == {"done by hand"}


async def test_closing_waits_for_the_writes_under_way(database_url: str) -> None:
    """A decision that is being written when Usher stops is written."""
    database = await Database.open(database_url, clock=SystemClock())

    async def slow(tx: Transaction) -> None:
        tx.session.add(Policy(key="slow", document={}))

    with policies_locked(database_url):
        writing = asyncio.create_task(database.write(slow))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await asyncio.wait({closing}, timeout=0.1)
        assert not closing.done()
    await asyncio.gather(writing, closing)
    again = await Database.open(database_url, clock=SystemClock())
    assert await count(again, Policy) == 1
    await again.close()


@pytest.mark.postgres
async def test_postgresql_is_asked_again_when_it_undid_a_transaction(postgresql_url: str) -> None:
    """Two transactions that lock each other out both happen: PostgreSQL ends one, and it is run again."""
    database = await Database.open(postgresql_url, clock=SystemClock())
    await database.write(open_incident, "I1")
    await database.write(open_incident, "I2")
    runs: list[str] = []
    both = asyncio.Barrier(2)

    async def cross(tx: Transaction, first: str, second: str) -> None:
        runs.append(first)
        update = sa.update(Incident).values(count=Incident.count + 1)
        await tx.session.execute(update.where(Incident.id == first))
        if runs.count(first) == 1:
            await both.wait()
        await tx.session.execute(update.where(Incident.id == second))

    await asyncio.gather(database.write(cross, "I1", "I2"), database.write(cross, "I2", "I1"))
    async with database.read() as session:
        assert list(await session.scalars(sa.select(Incident.count))) == [3, 3]
    assert len(runs) == 3
    await database.close()


@pytest.mark.postgres
async def test_a_restart_of_postgresql_is_survived(
    postgresql_url: str, postgresql_server: object, clock: SystemClock
) -> None:
    """Connections that the server ended are replaced before the next statement."""
    from tests.support.postgresql import Server

    assert isinstance(postgresql_server, Server)
    database = await Database.open(postgresql_url, clock=clock)
    await database.write(open_incident, "I1")
    assert postgresql_server.disconnect_all(postgresql_url.rpartition("/")[2]) > 0
    await database.write(open_incident, "I2")
    await database.close()
