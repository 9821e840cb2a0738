"""Words for the tests of storage."""

from __future__ import annotations

import shutil
import tempfile
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa

import storage
from storage import engines, migrate, revisions, task_queue
from storage.database import Database, Transaction
from storage.tables import Incident, IncidentState, Task
from storage.task_queue import ClaimedTask
from tests.support.postgresql import Server

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


@pytest.fixture
def empty_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, of the same kind as `database_url`."""
    if engines.is_sqlite(engines.parse(database_url)):
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgresql_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def next_version(tmp_path: Path) -> Callable[..., str]:
    """Makes the migrations of a later version of Usher: these, and one more with the given body.

    `works_with` is the revision whose code may go on, if any may.
    """

    def make(body: str, works_with: str | None = None) -> str:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        shutil.copytree(Path(storage.__file__).parent / "migrations", folder, dirs_exist_ok=True)
        head = f'revision = "later"\ndown_revision = "{revisions.known(migrate.PACKAGED).newest}"\n'
        if works_with is not None:
            head += f'works_with = "{works_with}"\n'
        text = f"import sqlalchemy as sa\nfrom alembic import op\n{head}def upgrade():\n{textwrap.indent(body, '    ')}"
        (folder / "versions" / "later.py").write_text(text)
        return str(folder)

    return make
