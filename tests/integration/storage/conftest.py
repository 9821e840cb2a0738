"""Words for the tests of storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa

from storage import task_queue
from storage.database import Database, Transaction
from storage.tables import Incident, IncidentState, Task
from storage.task_queue import ClaimedTask

LEASE = timedelta(seconds=60)

Enqueue: TypeAlias = Callable[..., Awaitable[None]]


class Queue:
    """The task queue, each call a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(self, kind: str, key: str, **options: Any) -> None:
        async def ask(tx: Transaction) -> None:
            tx.enqueue(kind, key, **options)

        await self._database.write(ask)

    async def claim(self, limit: int = 10, owner: str = "worker") -> list[ClaimedTask]:
        claimed, _, _ = await task_queue.claim_due(self._database, owner=owner, limit=limit, lease=LEASE)
        return claimed

    async def claim_one(self) -> ClaimedTask:
        (task,) = await self.claim()
        return task

    async def finish(self, task: ClaimedTask) -> bool:
        return await self._database.write(task_queue.finish, task)

    async def retry(self, task: ClaimedTask, run_at: datetime, *, failed: bool = True) -> bool:
        return await self._database.write(task_queue.retry, task, run_at=run_at, error="503", failed=failed)

    async def park(self, task: ClaimedTask, incident_id: str = "I1") -> bool:
        async def park(tx: Transaction) -> bool:
            if await tx.session.get(Incident, incident_id) is None:
                tx.session.add(
                    Incident(
                        id=incident_id, scope=incident_id, cause="Blocked", explanation="", remedy="",
                        state=IncidentState.OPEN, opened_at=tx.now, seen_at=tx.now,
                    )
                )  # fmt: skip
                await tx.session.flush()
            return await task_queue.park(tx, task, incident_id=incident_id, error="Blocked")

        return await self._database.write(park)

    async def release(self, incident_id: str = "I1") -> int:
        return await self._database.write(task_queue.release, incident_id)

    async def next_due(self) -> datetime | None:
        async with self._database.read() as session:
            return await task_queue.next_due(session)

    async def rows(self) -> list[Task]:
        async with self._database.read() as session:
            return list(await session.scalars(sa.select(Task).order_by(Task.id)))

    async def row(self) -> Task:
        (task,) = await self.rows()
        return task


@pytest.fixture
def queue(database: Database) -> Queue:
    """The task queue of the database."""
    return Queue(database)
