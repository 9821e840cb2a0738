"""The statements of the task queue (`storage.task_queue`), for both databases.

States stand in them as literals, because neither database matches a bound parameter with the predicate of a partial
index.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, case, func, literal_column

from storage.fixed import fixed
from storage.notifications import CHANNEL
from storage.tables import Task, TaskState, UTCDateTime, table_of
from storage.upsert import insert_into

#: for how long a task of these kinds lets those go first that have no patience: what people look at, and who listens
PATIENCE: Mapping[str, timedelta] = {
    "cards": timedelta(seconds=5),
    "home": timedelta(seconds=5),
    "webhook": timedelta(seconds=10),
}
#: a turn that is farther off than this cannot be that of a task which is due
LONGEST_PATIENCE = timedelta(minutes=1)

_tasks = table_of(Task)
_t = _tasks.c
_OPEN, _PARKED, _DONE = (literal_column(f"'{state}'", sa.String) for state in TaskState)
_NOTHING: sa.ColumnElement[Any] = literal_column("'{}'")


def _moment(name: str) -> sa.BindParameter[datetime]:
    return bindparam(name, type_=UTCDateTime())


def _earlier(a: Any, b: Any, *, is_sqlite: bool) -> sa.ColumnElement[datetime]:
    return func.min(a, b, type_=UTCDateTime()) if is_sqlite else func.least(a, b, type_=UTCDateTime())


def _turn(task: Any) -> sa.ColumnElement[datetime]:
    return func.coalesce(task.due_by, task.run_at)  # as in the index


@cache
def upsert(*, is_sqlite: bool) -> sa.Insert:
    """One open task per (kind, key). Asking again keeps the earlier time; asking while one runs leaves a wish."""
    insert = insert_into(_tasks, is_sqlite=is_sqlite)
    new = insert.excluded
    running = _t.owner.is_not(None)
    wish = func.coalesce(_t.wish_at, new.run_at)
    asked_again = insert.on_conflict_do_update(
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
    return fixed(asked_again)


@cache
def claim(*, is_sqlite: bool, besides: str | None) -> sa.Update:
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

FINISH = _report_of_mine.values(
    state=case((_t.wish_at.is_(None), _DONE), else_=_OPEN),
    run_at=func.coalesce(_t.wish_at, _t.run_at),
    wish_at=None,
    owner=None,
    failures=0,
    error=None,
    finished_at=case((_t.wish_at.is_(None), _moment("now"))),
)
PARK = _report_of_mine.values(
    state=_PARKED,
    run_at=_moment("now"),
    wish_at=None,
    owner=None,
    incident_id=bindparam("incident_id"),
    error=bindparam("error"),
)
EXTEND = _report_of_mine.values(run_at=_moment("run_at"))
HAND_BACK = _report_of_mine.values(run_at=_moment("now"), wish_at=None, owner=None)
TAKE_OVER = sa.update(_tasks).where(_t.owner.is_not(None)).values(run_at=_moment("now"), wish_at=None, owner=None)
RELEASE = (
    sa.update(_tasks)
    .where(_t.incident_id == bindparam("of_incident"), _t.state == _PARKED)
    .values(state=_OPEN, run_at=_moment("run_at"), due_by=None, incident_id=None, failures=0)
)
HURRY = (
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
PURGE = sa.delete(_tasks).where(_t.state == _DONE, _t.finished_at < _moment("before"))
NOTIFY = sa.select(func.pg_notify(CHANNEL, ""))


@cache
def retry(*, is_sqlite: bool, failed: bool) -> sa.Update:
    failures = _t.failures + 1 if failed else 0
    return postpone(is_sqlite=is_sqlite).values(failures=failures, error=bindparam("error"))


@cache
def postpone(*, is_sqlite: bool) -> sa.Update:
    wanted = _moment("run_at")
    return _report_of_mine.values(
        run_at=_earlier(func.coalesce(_t.wish_at, wanted), wanted, is_sqlite=is_sqlite),
        due_by=case((_t.wish_at.is_(None), _moment("due_by")), else_=_t.due_by),
        wish_at=None,
        owner=None,
    )


@cache
def next_due(*, besides: str | None, patient: bool) -> sa.Select[tuple[datetime]]:
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
