"""The task queue against a model of it, over every order of events that hypothesis thinks of."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from storage import task_queue
from storage.database import Database, Transaction
from storage.engines import Limits
from storage.tables import Incident, IncidentState, Task, TaskState
from storage.task_queue import ClaimedTask
from tests.support.clock import MovableClock

LEASE = timedelta(seconds=30)
TASKS = ("a1", "a2", "free")  # two of one lane, and one that has none


@dataclass
class Wanted:
    """What the model knows of the open task of a name."""

    run_at: datetime
    number: int  # of those asked for
    parked: bool = False
    failures: int = 0
    running: ClaimedTask | None = None
    wish: datetime | None = None

    @property
    def turn(self) -> tuple[datetime, int]:
        return self.run_at, self.number

    def open_again(self, at: datetime) -> None:
        self.run_at = at if self.wish is None else min(at, self.wish)
        self.running, self.wish = None, None


def lane(name: str) -> str | None:
    return None if name == "free" else "a"


class QueueMachine(RuleBasedStateMachine):
    """Asks, claims, reports, dies and waits, and compares every answer with the model's."""

    url: str
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovableClock()
        self.runner = asyncio.Runner()
        self.database = self.runner.run(Database.open(self.url, clock=self.clock, limits=Limits(connections=2)))
        self.write(self.empty)
        self.model: dict[str, Wanted] = {}
        self.numbers = count()

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def write(self, operation: Callable[..., Awaitable[Any]], *args: object, **options: object) -> Any:
        return self.runner.run(self.database.write(operation, *args, **options))

    @staticmethod
    async def empty(tx: Transaction) -> None:
        await tx.session.execute(sa.delete(Task))
        await tx.session.execute(sa.delete(Incident))
        tx.session.add(
            Incident(
                id="I1", scope="I1", cause="Blocked", explanation="", remedy="", state=IncidentState.OPEN,
                opened_at=tx.now, seen_at=tx.now,
            )
        )  # fmt: skip

    def holds(self, task: ClaimedTask) -> bool:
        wanted = self.model.get(task.key)
        return wanted is not None and wanted.running is task

    @rule(name=st.sampled_from(TASKS), seconds=st.sampled_from([-60, 0, 300]))
    def ask(self, name: str, seconds: int) -> None:
        at = self.clock.now() + timedelta(seconds=seconds)

        async def ask(tx: Transaction) -> None:
            tx.enqueue("account", name, run_at=at, lock_key=lane(name))

        self.write(ask)
        wanted = self.model.setdefault(name, Wanted(run_at=at, number=next(self.numbers)))
        if wanted.running is not None:
            wanted.wish = at if wanted.wish is None else min(at, wanted.wish)
        else:
            wanted.run_at = min(at, wanted.run_at)

    @rule(target=claims, limit=st.integers(1, 4))
    def claim(self, limit: int) -> MultipleResults[ClaimedTask]:
        now = self.clock.now()
        claimed = self.write(task_queue.claim, owner="worker", limit=limit, lease=LEASE)
        keys = [task.key for task in claimed]
        assert len(keys) == min(limit, len(self.claimable())), "a claim takes as many as there are"
        assert set(keys) <= self.claimable(), "a claim takes only what is due and free"
        for task in claimed:
            wanted = self.model[task.key]
            assert task.failures == wanted.failures
            wanted.running, wanted.run_at = task, now + LEASE
            if wanted.wish is not None and wanted.wish <= now:
                wanted.wish = None
        return multiple(*claimed)

    def claimable(self) -> set[str]:
        """Names of the tasks that a claim may take: due, and either holding their lane or first in a free one."""
        due = {name for name, wanted in self.model.items() if not wanted.parked and wanted.run_at <= self.clock.now()}
        found = set()
        for name in due:
            mine = self.model[name]
            others = {mate for mate in self.model if mate != name and lane(mate) == lane(name) is not None}
            lane_is_free = not any(self.model[mate].running for mate in others)
            first = all(mine.turn < self.model[mate].turn for mate in others & due)
            if lane_is_free and (mine.running or first):
                found.add(name)
        return found

    @rule(task=claims)
    def finish(self, task: ClaimedTask) -> None:
        held = self.holds(task)
        assert self.write(task_queue.finish, task) is held
        if held:
            wanted = self.model[task.key]
            if wanted.wish is None:
                del self.model[task.key]
            else:
                wanted.failures = 0
                wanted.open_again(wanted.wish)

    @rule(task=claims, seconds=st.sampled_from([0, 10, 300]), failed=st.booleans())
    def retry(self, task: ClaimedTask, seconds: int, failed: bool) -> None:
        held, at = self.holds(task), self.clock.now() + timedelta(seconds=seconds)
        assert self.write(task_queue.retry, task, run_at=at, error="503", failed=failed) is held
        if held:
            wanted = self.model[task.key]
            wanted.failures = wanted.failures + 1 if failed else 0
            wanted.open_again(at)

    @rule(task=claims, seconds=st.sampled_from([0, 10, 300]))
    def postpone(self, task: ClaimedTask, seconds: int) -> None:
        held, at = self.holds(task), self.clock.now() + timedelta(seconds=seconds)
        assert self.write(task_queue.postpone, task, run_at=at) is held
        if held:
            self.model[task.key].open_again(at)

    @rule(task=claims)
    def park(self, task: ClaimedTask) -> None:
        held = self.holds(task)
        assert self.write(task_queue.park, task, incident_id="I1", error="Blocked") is held
        if held:
            wanted = self.model[task.key]
            wanted.parked, wanted.running, wanted.wish, wanted.run_at = True, None, None, self.clock.now()

    @rule()
    def release(self) -> None:
        parked = [wanted for wanted in self.model.values() if wanted.parked]
        assert self.write(task_queue.release, "I1") == len(parked)
        for wanted in parked:
            wanted.parked, wanted.failures, wanted.run_at = False, 0, self.clock.now()

    @rule(task=claims)
    def extend(self, task: ClaimedTask) -> None:
        held = self.holds(task)
        assert self.write(task_queue.extend_lease, task, LEASE) is held
        if held:
            self.model[task.key].run_at = self.clock.now() + LEASE

    @rule(seconds=st.sampled_from([10, 300]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def the_table_says_what_the_model_says(self) -> None:
        async def look() -> list[Task]:
            async with self.database.read() as session:
                return list(await session.scalars(sa.select(Task).where(Task.state != TaskState.DONE)))

        rows = {row.key: row for row in self.runner.run(look())}
        assert rows.keys() == self.model.keys(), "one open task for each name, and none lost"
        for name, wanted in self.model.items():
            row = rows[name]
            assert (row.run_at, row.wish_at, row.failures, row.state is TaskState.PARKED, row.owner is not None) == (
                wanted.run_at, wanted.wish, wanted.failures, wanted.parked, wanted.running is not None,
            )  # fmt: skip

    @invariant()
    def the_dispatcher_neither_sleeps_too_long_nor_spins(self) -> None:
        async def look() -> datetime | None:
            async with self.database.read() as session:
                return await task_queue.next_due(session)

        due, now = self.runner.run(look()), self.clock.now()
        assert (due is not None and due <= now) == bool(self.claimable())


def run(url: str, *, examples: int) -> None:
    machine = type("Machine", (QueueMachine,), {"url": url})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=25,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],  # shrinking against a database takes longer than a test may
    )
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]


def test_on_sqlite(sqlite_template: Path) -> None:
    """The queue on SQLite does what the model says."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        file = Path(folder) / "usher.db"
        shutil.copy(sqlite_template, file)
        run(f"sqlite+aiosqlite:///{file}", examples=30)


@pytest.mark.postgres
def test_on_postgresql(postgresql_url: str) -> None:
    """The queue on PostgreSQL does what the model says."""
    run(postgresql_url, examples=10)
