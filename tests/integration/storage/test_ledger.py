"""The ledger: in one chain whoever writes, and any change to it shows."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit
from storage.audit import FIRST_PREVIOUS, Mark, VerifyResult
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.tables import LedgerLine
from tests.support.clock import START, MovableClock

Tamper = Callable[[Transaction], Awaitable[None]]

ROOT = Path(__file__).parents[3]
WRITER = """
import asyncio, sys
from storage.clock import SystemClock
from storage.database import Database

async def record(tx):
    tx.record("request.vote", actor=f"U{sys.argv[2]}", subject="request:1")

async def main():
    database = await Database.open(sys.argv[1], clock=SystemClock())
    await asyncio.gather(*(database.write(record) for _ in range(40)))
    await database.close()

sys.path.insert(0, ".")
asyncio.run(main())
"""


async def record(tx: Transaction, number: int) -> None:
    tx.record("request.approved", actor="U1", subject=f"request:{number}", stage=number)


async def verify(database: Database, known: Mark | None = None) -> VerifyResult:
    async with database.read() as session:
        return await audit.verify(session, known=known)


@pytest.fixture
async def written(database: Database) -> Database:
    """A database with ten lines in its ledger."""
    for number in range(10):
        await database.write(record, number)
    assert (await verify(database)).intact
    return database


async def line(tx: Transaction, seq: int) -> LedgerLine:
    return await tx.session.get_one(LedgerLine, seq)


async def change_data(tx: Transaction) -> None:
    (await line(tx, 5)).data = '{"stage":99}'


async def change_time(tx: Transaction) -> None:
    (await line(tx, 5)).at += timedelta(microseconds=1)


async def change_actor_and_rehash(tx: Transaction) -> None:
    changed = await line(tx, 5)
    changed.actor = "U2"
    changed.hash = audit.line_hash(changed)


async def delete_one(tx: Transaction) -> None:
    await tx.session.delete(await line(tx, 5))


async def delete_first(tx: Transaction) -> None:
    await tx.session.delete(await line(tx, 1))


async def swap_two(tx: Transaction) -> None:
    await tx.session.execute(sa.update(LedgerLine).where(LedgerLine.seq == 5).values(seq=100))
    await tx.session.execute(sa.update(LedgerLine).where(LedgerLine.seq == 6).values(seq=5))
    await tx.session.execute(sa.update(LedgerLine).where(LedgerLine.seq == 100).values(seq=6))


async def close_the_gap(tx: Transaction) -> None:
    await delete_one(tx)
    await tx.session.flush()
    for seq in range(6, 11):
        await tx.session.execute(sa.update(LedgerLine).where(LedgerLine.seq == seq).values(seq=seq - 1))


@pytest.mark.parametrize(
    ("tamper", "at", "words"),
    [
        (change_data, 5, "Line 5 was changed"),
        (change_time, 5, "Line 5 was changed"),
        (change_actor_and_rehash, 6, "that one was rewritten"),
        (delete_one, 5, "Line 5 is missing: after line 4 comes line 6"),
        (delete_first, 1, "Line 1 is missing: at the beginning comes line 2"),
        (swap_two, 5, "Line 5 was exchanged"),
        (close_the_gap, 5, "Line 5 was exchanged"),
    ],
)
async def test_a_change_is_found_and_named(written: Database, tamper: Tamper, at: int, words: str) -> None:
    """Whatever is done to a line in the middle, the first place where the chain does not hold is told."""
    await written.write(tamper)
    result = await verify(written)
    assert result.broken_at == at
    assert words in (result.problem or "")
    assert result.lines == at - 1


async def test_lines_cut_off_the_end_are_missed_by_who_noted_the_last(written: Database) -> None:
    """The chain alone cannot know; a number and hash from an earlier export can."""
    head = (await verify(written)).head
    assert head is not None

    async def cut(tx: Transaction) -> None:
        await tx.session.execute(sa.delete(LedgerLine).where(LedgerLine.seq > 7))

    await written.write(cut)
    assert (await verify(written)).intact
    result = await verify(written, known=head)
    assert result.broken_at == 8
    assert "the ledger ends before it, but line 10 was seen earlier" in (result.problem or "")


async def test_a_ledger_written_anew_is_recognised_by_who_noted_a_line(written: Database) -> None:
    """Recomputing every hash after a change does not help against an earlier export."""
    known = Mark(seq=8, hash=(await verify(written)).head.hash)  # type: ignore[union-attr]
    result = await verify(written, known=known)
    assert "Line 8 is not the one that was seen before" in (result.problem or "")


async def test_an_empty_ledger_is_intact(database: Database) -> None:
    """A new house has nothing to hide."""
    assert await verify(database) == VerifyResult(lines=0, head=None, broken_at=None, problem=None)


async def test_many_writers_make_one_chain(database: Database) -> None:
    """Numbers without gaps or doubles, and a chain that holds."""
    await asyncio.gather(*(database.write(record, number) for number in range(60)))
    result = await verify(database)
    assert (result.intact, result.lines) == (True, 60)


async def test_several_processes_make_one_chain(postgresql_url: str, tmp_path: Path) -> None:
    """Replicas write at once, each over connections of its own: numbers without gaps, and a chain that holds."""
    program = tmp_path / "writer.py"
    program.write_text(WRITER)
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, program, postgresql_url, str(number), cwd=ROOT)
        for number in range(4)
    ]
    async with asyncio.timeout(120):
        assert [await writer.wait() for writer in writers] == [0] * 4
    database = await Database.open(postgresql_url, clock=SystemClock())
    result = await verify(database)
    async with database.read() as session:
        actors = [line.actor async for line in audit.export(session)]
    await database.close()
    assert (result.problem, result.lines) == (None, 4 * 40)
    assert {actor: actors.count(actor) for actor in set(actors)} == {f"U{number}": 40 for number in range(4)}


async def test_every_line_names_its_door(database: Database) -> None:
    """What Usher does by itself, what comes from Slack and what an admin types are told apart."""
    for opened in (database, database.through("slack"), database.through("shell")):
        await opened.write(record, 1)
    async with database.read() as session:
        doors = [json.loads(line.data)["door"] async for line in audit.export(session)]
    assert doors == ["usher", "slack", "shell"]


async def test_a_write_that_failed_leaves_no_gap(database: Database) -> None:
    """A number is only given with the commit."""

    async def fail(tx: Transaction) -> None:
        await record(tx, 1)
        raise LookupError

    await database.write(record, 0)
    with pytest.raises(LookupError):
        await database.write(fail)
    await database.write(record, 2)
    assert (await verify(database)).lines == 2


async def test_lines_of_one_write_stand_in_the_order_in_which_they_were_recorded(database: Database) -> None:
    """A decision comes before the grant that follows from it."""

    async def decide(tx: Transaction) -> None:
        tx.record("request.approved", actor="U1", subject="request:1")
        tx.record("grant.created", actor="usher", subject="grant:1", request="request:1")

    await database.write(decide)
    async with database.read() as session:
        lines = [line async for line in audit.export(session)]
    assert [(line.seq, line.event) for line in lines] == [(1, "request.approved"), (2, "grant.created")]
    assert lines[0].previous == FIRST_PREVIOUS
    assert lines[1].previous == lines[0].hash


async def test_an_export_can_begin_at_a_time(database: Database, clock: MovableClock) -> None:
    """The audit of a month needs only that month."""
    for number in range(3):
        await database.write(record, number)
        clock.advance(timedelta(days=1))
    async with database.read() as session:
        lines = [line.subject async for line in audit.export(session, START + timedelta(days=1))]
    assert lines == ["request:1", "request:2"]


async def test_an_export_is_whole_beyond_one_page(database: Database) -> None:
    """The lines come in portions, and none is left out between two of them."""
    for number in range(10):
        await database.write(record, number)
    async with database.read() as session:
        assert [line.seq async for line in audit.export(session, page_size=4)] == list(range(1, 11))


async def test_the_history_of_one_subject(written: Database) -> None:
    """What happened to one request, and nothing of the others."""
    async with written.read() as session:
        assert [line.data for line in await audit.history(session, "request:3")] == ['{"door":"usher","stage":3}']
