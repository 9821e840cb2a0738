"""The task queue: durable work as rows, in the same transaction as the decision that asks for it.

A claim moves `run_at` to the end of its lease, so the task of a worker that died simply becomes due again. `attempt`
is the fencing token: it grows with every claim, and what a worker reports counts only while the task is still in the
attempt that the worker was given.

What is due is taken in its turn: the earliest deadline first, which is a task's `run_at` and its patience. Where there
is room for all, nothing waits; in a crowd, an approved invite goes before the cards that tell of it, and before looks
at what was invited long ago, but for no longer than their patience lasts.

Every function takes the `Transaction` it is to be part of. What it puts to the database is in `task_statements`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from storage import task_statements as statements
from storage.database import Database
from storage.rows import Rows
from storage.transaction import Transaction

__all__ = [
    "Claim", "ClaimedTask", "Room", "claim", "claim_due", "extend_lease", "finish", "hand_back",
    "hurry", "next_due", "park", "postpone", "purge", "release", "retry", "take_over",
]  # fmt: skip

_CLAIM_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTask:
    """A task that this worker may run until its lease ends."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    #: how often it was claimed, this time included; the fencing token
    attempt: int
    #: how often it failed in a row
    failures: int
    lock_key: str | None
    #: what asked for it (`storage.traces`)
    trace: str | None = None
    #: whether others that were due could go first
    patient: bool = False


class Claim(NamedTuple):
    """What came of one look at the table."""

    tasks: list[ClaimedTask]
    due: datetime | None  # when the next one is; None: there is none
    beaten: int  # how often another worker reached for the same lane at the same instant and was faster


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many more tasks of some sort a worker has room for, so that many of them do not keep all others waiting.

    Attributes:
        kind: a kind of task.
        left: how many more of that kind.
        patient: how many more that can wait, whatever their kind; None for as many as of all others. What has waited
            for as long as it can is not one of them.
    """

    kind: str
    left: int
    patient: int | None = None


async def claim(
    tx: Transaction,
    *,
    owner: str,
    limit: int,
    lease: timedelta,
    besides: str | None = None,
    patient: bool = True,
) -> list[ClaimedTask]:
    """Takes up to `limit` due tasks for `owner` in their turn; of each lane (of one `lock_key`) only the one due first.

    On PostgreSQL two claims at the same instant may reach for one lane; a unique index lets one of them through and
    fails the other's transaction with IntegrityError. `claim_due` tries again.

    Args:
        tx: the transaction.
        owner: the worker.
        limit: how many at most.
        lease: for how long they are the worker's.
        besides: a kind of which none is taken.
        patient: whether those are taken that can wait.
    """
    if limit <= 0:
        return []
    latest = tx.now + statements.LONGEST_PATIENCE if patient else tx.now
    bound = {"now": tx.now, "until": tx.now + lease, "latest": latest, "owner": owner, "limit": limit}
    statement = statements.claim(is_sqlite=tx.is_sqlite, besides=besides)
    rows = await tx.execute(statement, bound)
    return [ClaimedTask(**row) for row in rows.mappings()]


async def claim_due(db: Database, *, owner: str, limit: int, lease: timedelta, room: Room | None = None) -> Claim:
    """`claim` in a transaction of its own, and `next_due` after it; of the kind that `room` names no more than it says.

    Whatever kind they are, as many are taken first as there is room for; only where that is used up and places are
    left, the rest is chosen among the other kinds.
    """

    async def claiming(tx: Transaction) -> tuple[list[ClaimedTask], datetime | None]:
        if room is None:
            return await claim(tx, owner=owner, limit=limit, lease=lease), await next_due(tx)
        claimed = await within(room, tx, limit, patient=room.patient is None)
        if room.patient is not None:
            left = replace(room, left=room.left - _number_of(room.kind, claimed))
            claimed += await within(left, tx, min(limit - len(claimed), room.patient), patient=True)
        besides = room.kind if _number_of(room.kind, claimed) == room.left else None
        is_full = sum(task.patient for task in claimed) == room.patient
        return claimed, await next_due(tx, besides=besides, patient=not is_full)

    async def within(room: Room, tx: Transaction, limit: int, *, patient: bool) -> list[ClaimedTask]:
        first = min(limit, room.left)
        claimed = await claim(tx, owner=owner, limit=first, lease=lease, patient=patient)
        if len(claimed) == first < limit:
            rest = limit - first
            claimed += await claim(tx, owner=owner, limit=rest, lease=lease, besides=room.kind, patient=patient)
        return claimed

    for beaten in range(_CLAIM_TRIES):
        try:
            return Claim(*await db.for_now().write(claiming), beaten)  # whose worker is gone is claimed anew anyway
        except IntegrityError:
            continue
    return Claim([], db.clock.now(), _CLAIM_TRIES)  # another worker is faster every time: it has the tasks


def _number_of(kind: str, tasks: Iterable[ClaimedTask]) -> int:
    return sum(task.kind == kind for task in tasks)


async def finish(tx: Transaction, task: ClaimedTask) -> bool:
    """The task is done; or open again, when it was asked for while it ran. False when the lease was lost."""
    return await _report(tx, statements.FINISH, task)


async def retry(
    tx: Transaction,
    task: ClaimedTask,
    *,
    run_at: datetime,
    error: str | None,
    failed: bool = True,
    patience: timedelta = timedelta(),
) -> bool:
    """The task is to run again at `run_at`, or earlier when it was asked for while it ran. False: lease lost.

    `failed` counts it as one more failure in a row; otherwise the row of failures is over. Others go before it for as
    long as its `patience` lasts, or its kind's, unless it was asked for.
    """
    statement = statements.retry(is_sqlite=tx.is_sqlite, failed=failed)
    due_by = run_at + max(patience, statements.PATIENCE.get(task.kind, patience))
    return await _report(tx, statement, task, run_at=run_at, due_by=due_by, error=error)


async def postpone(tx: Transaction, task: ClaimedTask, *, run_at: datetime) -> bool:
    """Nothing was tried, and the task is to run at `run_at`, as `retry` says; its failures stay. False: lease lost."""
    due_by = run_at + statements.PATIENCE.get(task.kind, timedelta())
    return await _report(tx, statements.postpone(is_sqlite=tx.is_sqlite), task, run_at=run_at, due_by=due_by)


async def park(tx: Transaction, task: ClaimedTask, *, incident_id: str, error: str | None) -> bool:
    """The task waits until the incident is resolved. False: lease lost."""
    return await _report(tx, statements.PARK, task, incident_id=incident_id, error=error)


async def release(tx: Transaction, incident_id: str, *, run_at: datetime | None = None) -> int:
    """Opens every task that is parked on the incident, due at `run_at` (now), with no failures. Returns how many."""
    released = await _change(tx, statements.RELEASE, of_incident=incident_id, run_at=run_at or tx.now)
    if released:
        tx.wake_dispatchers()
    return released


async def hurry(tx: Transaction, kinds: Collection[str]) -> int:
    """Makes every task of these kinds that failed and waits for its next try due now. Returns how many."""
    hurried = await _change(tx, statements.HURRY, kinds=list(kinds), now=tx.now)
    if hurried:
        tx.wake_dispatchers()
    return hurried


async def extend_lease(tx: Transaction, task: ClaimedTask, lease: timedelta) -> bool:
    """Gives the worker `lease` more from now. False: the lease was lost, and what the task does is not wanted."""
    return await _report(tx, statements.EXTEND, task, run_at=tx.now + lease)


async def hand_back(tx: Transaction, tasks: Iterable[ClaimedTask]) -> int:
    """Opens claimed tasks for another worker, due now. Returns how many were still this worker's."""
    returned = sum([await _report(tx, statements.HAND_BACK, task) for task in tasks])
    if returned:
        tx.wake_dispatchers()
    return returned


async def take_over(tx: Transaction) -> int:
    """Opens every claimed task, due now: for the one process that may use an SQLite file, all other owners are dead."""
    taken = await _change(tx, statements.TAKE_OVER, now=tx.now)
    if taken:
        tx.wake_dispatchers()
    return taken


async def purge(tx: Transaction, *, before: datetime) -> int:
    """Deletes tasks that were done before `before`. Returns how many."""
    return await _change(tx, statements.PURGE, before=before)


async def next_due(rows: Rows | Transaction, *, besides: str | None = None, patient: bool = True) -> datetime | None:
    """When the next task can be claimed: in the past if one can be now, the end of a lease if nothing else is due.

    A task whose lane is taken does not count, whatever its time: the lane is free when its holder reports or its lease
    ends. Nor does one of the kind `besides`; without `patient`, none counts before it cannot wait any longer.
    """
    due: datetime | None = (await rows.execute(statements.next_due(besides=besides, patient=patient))).scalar()
    return due


async def _report(tx: Transaction, statement: sa.Update, task: ClaimedTask, **bound: Any) -> bool:
    return await _change(tx, statement, task_id=task.id, task_attempt=task.attempt, now=tx.now, **bound) == 1


async def _change(tx: Transaction, statement: sa.Update | sa.Delete, **bound: Any) -> int:
    return int((await tx.execute(statement, bound)).rowcount)
