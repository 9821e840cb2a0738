"""The dispatcher: work that fails is tried again, later and later, and never in silence for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.access.operations.answer_incident import Answer, answer_incident
from bot.engine.clock import start_clock
from bot.engine.dispatcher import ACCOUNTS_AT_ONCE, Dispatcher
from bot.engine.stuck import STUCK
from bot.engine.work import LONGEST_PAUSE, Again, Done, Outcome, back_off
from storage.database import Database, Transaction
from storage.notifications import Notifications
from storage.tables import Incident, IncidentState, Task, TaskState
from storage.task_queue import ClaimedTask
from tests.support.clock import MovableClock
from tests.support.postgresql import Server
from tests.support.waiting import until


class Errand:
    """Work that fails until it is told not to."""

    def __init__(self) -> None:
        self.runs = 0
        self.works = False

    async def run(self, _task: ClaimedTask) -> Outcome:
        self.runs += 1
        if not self.works:
            raise LookupError("there is no such channel")
        return Done()


@asynccontextmanager
async def dispatching(
    database: Database, errand: Errand, count: Callable[[int, int], None] = lambda *_: None
) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(database, {"errand": errand.run, "cards": Errand().run}, count)
    running = asyncio.create_task(dispatcher.run())
    yield dispatcher
    await dispatcher.stop(within=5)
    await running


async def ask(tx: Transaction) -> None:
    tx.enqueue("errand", "E1")


async def incidents(database: Database) -> list[Incident]:
    async with database.read() as session:
        return list(await session.scalars(sa.select(Incident)))


async def errand_row(database: Database) -> Task:
    async with database.read() as session:
        return (await session.scalars(sa.select(Task).where(Task.kind == "errand"))).one()


async def fail_until_told(database: Database, clock: MovableClock, errand: Errand, dispatcher: Dispatcher) -> None:
    for runs in range(1, STUCK + 1):
        await until(lambda runs=runs: errand.runs >= runs)
        await until(lambda runs=runs: _has_failed(database, runs))
        clock.advance(LONGEST_PAUSE)
        dispatcher.nudge()


async def _has_failed(database: Database, times: int) -> bool:
    return (await errand_row(database)).failures >= times


async def test_what_keeps_failing_is_told_once_and_closed_when_it_works(
    database: Database, clock: MovableClock
) -> None:
    """Six failures in a row are an incident; further ones are not another, and success closes it."""
    errand = Errand()
    async with dispatching(database, errand) as dispatcher:
        await database.write(ask)
        await fail_until_told(database, clock, errand, dispatcher)
        await until(lambda: errand.runs > STUCK)
        [incident] = await incidents(database)
        assert (incident.cause, incident.state) == ("KeepsFailing", IncidentState.OPEN)
        assert "there is no such channel" in incident.explanation

        errand.works = True
        await database.write(answer_incident, incident_id=incident.id, actor="U0NOOR", answer=Answer.TRY_AGAIN)
        await until(lambda: _is(database, TaskState.DONE))
        [incident] = await incidents(database)
        assert incident.state is IncidentState.RESOLVED


async def test_accounts_that_wait_for_a_provider_keep_no_card_waiting(database: Database) -> None:
    """A hundred ends that hang hold all the places that accounts may have, and none more."""
    hang, shown = asyncio.Event(), asyncio.Event()
    held: set[str] = set()

    async def account(task: ClaimedTask) -> Outcome:
        held.add(task.key)
        await hang.wait()
        return Done()

    async def card(_task: ClaimedTask) -> Outcome:
        shown.set()
        return Done()

    async def ends(tx: Transaction) -> None:
        for number in range(100):
            tx.enqueue("account", f"chatgpt:{number}")

    async def news(tx: Transaction) -> None:
        tx.enqueue("cards", "request:1")

    dispatcher = Dispatcher(database, {"account": account, "cards": card})
    running = asyncio.create_task(dispatcher.run())
    await database.write(ends)
    await until(lambda: len(held) >= ACCOUNTS_AT_ONCE)
    await database.write(news)
    async with asyncio.timeout(30):
        await shown.wait()
    assert len(held) == ACCOUNTS_AT_ONCE
    hang.set()
    await until(lambda: len(held) == 100)
    await dispatcher.stop(within=5)
    await running


@pytest.mark.postgres
async def test_what_is_asked_while_nothing_can_be_heard_is_found_by_looking(
    postgresql_url: str, postgresql_server: Server, clock: MovableClock
) -> None:
    """Another replica's task is found at the next tick; and once Usher listens again, it hears of tasks at once."""
    here = await Database.open(postgresql_url, clock=clock)
    there = await Database.open(postgresql_url, clock=clock)
    name = postgresql_url.rpartition("/")[2]
    errand, heard = Errand(), asyncio.Event()
    errand.works = True
    looks: list[int] = []
    async with dispatching(here, errand, lambda taken, _beaten: looks.append(taken)) as dispatcher:
        ticking = start_clock(here, dispatcher.nudge)

        def hear() -> None:
            heard.set()
            dispatcher.nudge()

        async with Notifications(postgresql_url, hear):
            await until(lambda: len(looks) == 2)  # at its start, and when it began to hear
            with postgresql_server.connected("postgres") as server:
                server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
                listening = "FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'"
                ended = server.execute(f"SELECT pg_terminate_backend(pid) {listening}", [name])
                assert len(ended.fetchall()) == 1
                heard.clear()
                await there.write(ask)
                ticking.modify_job("tick", next_run_time=datetime.now(UTC))
                await until(lambda: _is(there, TaskState.DONE))
                assert not heard.is_set()
                server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            async with asyncio.timeout(30):
                await heard.wait()
            ticking.shutdown(wait=False)
            await there.write(ask)
            await until(lambda: errand.runs == 2)
    await there.close()
    await here.close()


async def _is(database: Database, state: TaskState) -> bool:
    return (await errand_row(database)).state is state


@pytest.mark.parametrize("failures", [0, 1, 5, 11, 500])
def test_pauses_grow_to_an_hour(failures: int) -> None:
    """A removal is retried at least hourly, however often it failed."""
    pause = back_off(failures)
    assert timedelta(seconds=1) <= pause <= timedelta(hours=1)
    assert pause >= min(timedelta(seconds=1.5 * 2 ** min(failures, 11)), timedelta(minutes=45))


class Patient:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.runs = 0
        self.go = asyncio.Event()

    async def run(self, _task: ClaimedTask) -> Outcome:
        self.runs += 1
        await self.go.wait()
        return Done()


async def test_what_runs_here_is_not_taken_again_when_the_clock_leaps(database: Database, clock: MovableClock) -> None:
    """A machine that slept, or a clock that was put right, ends leases; whose work goes on here keeps its own."""
    errand, other = Patient(), Errand()
    other.works = True
    dispatcher = Dispatcher(database, {"errand": errand.run, "other": other.run})
    running = asyncio.create_task(dispatcher.run())
    try:
        await database.write(ask)
        await until(lambda: errand.runs == 1)
        clock.advance(timedelta(minutes=5))

        async def ask_for_another(tx: Transaction) -> None:
            tx.enqueue("other", "O1")

        await database.write(ask_for_another)
        await until(lambda: other.runs == 1)
        assert errand.runs == 1
        errand.go.set()
        await until(lambda: _is_done(database))
    finally:
        errand.go.set()
        await dispatcher.stop(within=5)
        await running


async def _is_done(database: Database) -> bool:
    return (await errand_row(database)).state is TaskState.DONE


async def test_what_is_due_again_at_once_is_begun_again_at_once(database: Database) -> None:
    """The end of one run and the claim of the next may come in one instant; neither takes the other's place."""
    runs = 0

    async def run(_task: ClaimedTask) -> Outcome:
        nonlocal runs
        runs += 1
        return Again(after=timedelta()) if runs < 30 else Done()

    dispatcher = Dispatcher(database, {"errand": run})
    running = asyncio.create_task(dispatcher.run())
    try:
        await database.write(ask)
        await until(lambda: _is_done(database))
        assert runs == 30
    finally:
        await dispatcher.stop(within=5)
        await running
