"""The task queue: durable work as rows, in the same transaction as the decision that asks for it.

A claim moves `run_at` to the end of its lease, so the task of a worker that died simply becomes due again. `attempt`
is the fencing token: it grows with every claim, and what a worker reports counts only while the task is still in the
attempt that the worker was given.

What is due is taken in its turn: the earliest deadline first, which is a task's `run_at` and its patience. Where there
is room for all, nothing waits; in a crowd, an approved invite goes before the cards that tell of it, and before looks
at what was invited long ago, but for no longer than their patience lasts.

Every function takes the `Transaction` it is to be part of. States stand in the statements as literals, because neither
database matches a bound parameter with the predicate of a partial index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam, case, func, literal_column
from sqlalchemy.exc import IntegrityError

from storage.fixed import fixed
from storage.notifications import CHANNEL, Notifications
from storage.tables import Task, TaskState, UTCDateTime, table_of
from storage.upsert import insert_into

if TYPE_CHECKING:
    from storage.database import Database
    from storage.rows import Rows
    from storage.transaction import Transaction

__all__ = [
    "Claim", "ClaimedTask", "Notifications", "Room", "claim", "claim_due", "extend_lease", "finish", "hand_back",
    "hurry", "next_due", "park", "postpone", "purge", "release", "retry", "take_over",
]  # fmt: skip

#: for how long a task of these kinds lets those go first that have no patience: what people look at, and who listens
PATIENCE: Mapping[str, timedelta] = {
    "cards": timedelta(seconds=5),
    "home": timedelta(seconds=5),
    "webhook": timedelta(seconds=10),
}
#: a turn that is farther off than this cannot be that of a task which is due
LONGEST_PATIENCE = timedelta(minutes=1)

_CLAIM_TRIES = 5

_tasks = table_of(Task)
_t = _tasks.c
_OPEN, _PARKED, _DONE = (literal_column(f"'{state}'", sa.String) for state in TaskState)
_NOTHING: sa.ColumnElement[Any] = literal_column("'{}'")


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
    latest = tx.now + LONGEST_PATIENCE if patient else tx.now
    bound = {"now": tx.now, "until": tx.now + lease, "latest": latest, "owner": owner, "limit": limit}
    statement = _claim(is_sqlite=tx.is_sqlite, besides=besides)
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
    return await _report(tx, _FINISH, task)


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
    statement = _retry(is_sqlite=tx.is_sqlite, failed=failed)
    due_by = run_at + max(patience, PATIENCE.get(task.kind, patience))
    return await _report(tx, statement, task, run_at=run_at, due_by=due_by, error=error)


async def postpone(tx: Transaction, task: ClaimedTask, *, run_at: datetime) -> bool:
    """Nothing was tried, and the task is to run at `run_at`, as `retry` says; its failures stay. False: lease lost."""
    due_by = run_at + PATIENCE.get(task.kind, timedelta())
    return await _report(tx, _postpone(is_sqlite=tx.is_sqlite), task, run_at=run_at, due_by=due_by)


async def park(tx: Transaction, task: ClaimedTask, *, incident_id: str, error: str | None) -> bool:
    """The task waits until the incident is resolved. False: lease lost."""
    return await _report(tx, _PARK, task, incident_id=incident_id, error=error)


async def release(tx: Transaction, incident_id: str, *, run_at: datetime | None = None) -> int:
    """Opens every task that is parked on the incident, due at `run_at` (now), with no failures. Returns how many."""
    released = await _change(tx, _RELEASE, of_incident=incident_id, run_at=run_at or tx.now)
    if released:
        tx.wake_dispatchers()
    return released


async def hurry(tx: Transaction, kinds: Collection[str]) -> int:
    """Makes every task of these kinds that failed and waits for its next try due now. Returns how many."""
    hurried = await _change(tx, _HURRY, kinds=list(kinds), now=tx.now)
    if hurried:
        tx.wake_dispatchers()
    return hurried


async def extend_lease(tx: Transaction, task: ClaimedTask, lease: timedelta) -> bool:
    """Gives the worker `lease` more from now. False: the lease was lost, and what the task does is not wanted."""
    return await _report(tx, _EXTEND, task, run_at=tx.now + lease)


async def hand_back(tx: Transaction, tasks: Iterable[ClaimedTask]) -> int:
    """Opens claimed tasks for another worker, due now. Returns how many were still this worker's."""
    returned = sum([await _report(tx, _HAND_BACK, task) for task in tasks])
    if returned:
        tx.wake_dispatchers()
    return returned


async def take_over(tx: Transaction) -> int:
    """Opens every claimed task, due now: for the one process that may use an SQLite file, all other owners are dead."""
    taken = await _change(tx, _TAKE_OVER, now=tx.now)
    if taken:
        tx.wake_dispatchers()
    return taken


async def purge(tx: Transaction, *, before: datetime) -> int:
    """Deletes tasks that were done before `before`. Returns how many."""
    return await _change(tx, _PURGE, before=before)


async def next_due(rows: Rows | Transaction, *, besides: str | None = None, patient: bool = True) -> datetime | None:
    """When the next task can be claimed: in the past if one can be now, the end of a lease if nothing else is due.

    A task whose lane is taken does not count, whatever its time: the lane is free when its holder reports or its lease
    ends. Nor does one of the kind `besides`; without `patient`, none counts before it cannot wait any longer.
    """
    due: datetime | None = (await rows.execute(_next_due(besides=besides, patient=patient))).scalar()
    return due


async def upsert(tx: Transaction, wanted: Sequence[dict[str, Any]]) -> None:
    """Writes tasks that a transaction asked for; `wanted` holds each (kind, key) once, in the order of (kind, key)."""
    await tx.execute(_upsert(is_sqlite=tx.is_sqlite), wanted)


async def notify(tx: Transaction) -> None:
    """PostgreSQL tells every listening replica when this transaction commits."""
    await tx.execute(_NOTIFY)


async def _report(tx: Transaction, statement: sa.Update, task: ClaimedTask, **bound: Any) -> bool:
    return await _change(tx, statement, task_id=task.id, task_attempt=task.attempt, now=tx.now, **bound) == 1


async def _change(tx: Transaction, statement: sa.Update | sa.Delete, **bound: Any) -> int:
    return int((await tx.execute(statement, bound)).rowcount)


def _moment(name: str) -> sa.BindParameter[datetime]:
    return bindparam(name, type_=UTCDateTime())


def _earlier(a: Any, b: Any, *, is_sqlite: bool) -> sa.ColumnElement[datetime]:
    return func.min(a, b, type_=UTCDateTime()) if is_sqlite else func.least(a, b, type_=UTCDateTime())


def _turn(task: Any) -> sa.ColumnElement[datetime]:
    return func.coalesce(task.due_by, task.run_at)  # as in the index


@cache
def _upsert(*, is_sqlite: bool) -> sa.Insert:
    """One open task per (kind, key). Asking again keeps the earlier time; asking while one runs leaves a wish."""
    insert = insert_into(_tasks, is_sqlite=is_sqlite)
    new = insert.excluded
    running = _t.owner.is_not(None)
    wish = func.coalesce(_t.wish_at, new.run_at)
    upsert = insert.on_conflict_do_update(
        index_elements=["kind", "key"],
        index_where=sa.text("state <> 'done'"),
        set_={
            "run_at": case((running, _t.run_at), else_=_earlier(_t.run_at, new.run_at, is_sqlite=is_sqlite)),
            "due_by": case(
                (running & _t.wish_at.is_(None), new.due_by),
                else_=_earlier(func.coalesce(_t.due_by, _t.run_at), new.due_by, is_sqlite=is_sqlite),
            ),
            "wish_at": case((running, _earlier(wish, new.run_at, is_sqlite=is_sqlite))),
            "payload": case((new.payload != _NOTHING, new.payload), else_=_t.payload),
            "trace": func.coalesce(new.trace, _t.trace),
        },
    )
    return fixed(upsert)


@cache
def _claim(*, is_sqlite: bool, besides: str | None) -> sa.Update:
    """Due tasks in their turn, of each lane the earliest, unless the lane is taken; none of the kind `besides`.

    The task that holds a lane itself (its worker died, its lease is over) goes before everything that waits behind it;
    otherwise the two would wait for each other.
    """
    task, holder, rival = (_tasks.alias(name).c for name in ("task", "holder", "rival"))
    now = _moment("now")
    lane_is_taken = sa.exists().where(holder.lock_key == task.lock_key, holder.owner.is_not(None), holder.id != task.id)
    another_is_first = sa.exists().where(
        rival.lock_key == task.lock_key,
        rival.state == _OPEN,
        rival.run_at <= now,
        sa.tuple_(rival.run_at, rival.id) < sa.tuple_(task.run_at, task.id),
    )
    turn = _turn(task)
    due = (
        sa.select(task.id)
        .where(
            task.state == _OPEN,
            task.run_at <= now,
            turn <= _moment("latest"),
            _is_not(task.kind, besides),
            ~lane_is_taken,
            task.owner.is_not(None) | ~another_is_first,
        )
        .order_by(turn, task.id)
        .limit(bindparam("limit", type_=sa.Integer))
    )
    update = (
        sa.update(_tasks)
        .values(
            owner=bindparam("owner"),
            attempt=_t.attempt + 1,
            run_at=_moment("until"),
            wish_at=case((_t.wish_at > now, _t.wish_at)),  # a wish that is due is granted by this very run
        )
        .returning(
            _t.id,
            _t.kind,
            _t.key,
            _t.payload,
            _t.attempt,
            _t.failures,
            _t.lock_key,
            _t.trace,
            func.coalesce(_t.due_by > now, sa.false()).label("patient"),
        )
    )
    if is_sqlite:
        return fixed(update.where(_t.id.in_(due)))
    # in a CTE, because PostgreSQL may run a sub-select with LIMIT more than once and take too many
    locked = due.with_for_update(skip_locked=True, of=task.id.table).cte("due")
    return update.where(_t.id == locked.c.id)


# A task that was handed back keeps its attempt, so its former worker is known by the missing owner.
_mine = sa.and_(
    _t.id == bindparam("task_id"),
    _t.attempt == bindparam("task_attempt"),
    _t.state == _OPEN,
    _t.owner.is_not(None),
)
_report_of_mine = fixed(sa.update(_tasks).where(_mine))

_FINISH = _report_of_mine.values(
    state=case((_t.wish_at.is_(None), _DONE), else_=_OPEN),
    run_at=func.coalesce(_t.wish_at, _t.run_at),
    wish_at=None,
    owner=None,
    failures=0,
    error=None,
    finished_at=case((_t.wish_at.is_(None), _moment("now"))),
)
_PARK = _report_of_mine.values(
    state=_PARKED,
    run_at=_moment("now"),
    wish_at=None,
    owner=None,
    incident_id=bindparam("incident_id"),
    error=bindparam("error"),
)
_EXTEND = _report_of_mine.values(run_at=_moment("run_at"))
_HAND_BACK = _report_of_mine.values(run_at=_moment("now"), wish_at=None, owner=None)
_TAKE_OVER = sa.update(_tasks).where(_t.owner.is_not(None)).values(run_at=_moment("now"), wish_at=None, owner=None)
_RELEASE = (
    sa.update(_tasks)
    .where(_t.incident_id == bindparam("of_incident"), _t.state == _PARKED)
    .values(state=_OPEN, run_at=_moment("run_at"), due_by=None, incident_id=None, failures=0)
)
_HURRY = (
    sa.update(_tasks)
    .where(
        _t.kind.in_(bindparam("kinds", expanding=True)),
        _t.state == _OPEN,
        _t.owner.is_(None),
        _t.failures > 0,
        _t.run_at > _moment("now"),
    )
    .values(run_at=_moment("now"), due_by=None)
)
_PURGE = sa.delete(_tasks).where(_t.state == _DONE, _t.finished_at < _moment("before"))
_NOTIFY = sa.select(func.pg_notify(CHANNEL, ""))


@cache
def _retry(*, is_sqlite: bool, failed: bool) -> sa.Update:
    failures = _t.failures + 1 if failed else 0
    return _postpone(is_sqlite=is_sqlite).values(failures=failures, error=bindparam("error"))


@cache
def _postpone(*, is_sqlite: bool) -> sa.Update:
    wanted = _moment("run_at")
    return _report_of_mine.values(
        run_at=_earlier(func.coalesce(_t.wish_at, wanted), wanted, is_sqlite=is_sqlite),
        due_by=case((_t.wish_at.is_(None), _moment("due_by")), else_=_t.due_by),
        wish_at=None,
        owner=None,
    )


@cache
def _next_due(*, besides: str | None, patient: bool) -> sa.Select[tuple[datetime]]:
    task, holder = (_tasks.alias(name).c for name in ("task", "holder"))
    # what runs has had its turn, which says nothing of the end of its lease
    moment, counts = (task.run_at, sa.true()) if patient else (_turn(task), task.owner.is_(None))
    lane_is_taken = sa.exists().where(holder.lock_key == task.lock_key, holder.owner.is_not(None), holder.id != task.id)
    return fixed(
        sa.select(moment)
        .where(task.state == _OPEN, counts, _is_not(task.kind, besides), ~lane_is_taken)
        .order_by(moment, task.id)
        .limit(1)
    )


def _is_not(column: sa.ColumnElement[str], besides: str | None) -> sa.ColumnElement[bool]:
    # as a literal, so that the index over all others serves
    return sa.true() if besides is None else column != sa.literal_column(f"'{besides}'")
