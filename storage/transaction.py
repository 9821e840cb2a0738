"""One transaction: what an operation changes, the tasks that follow from it, and its lines in the ledger."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import attributes
from sqlalchemy.orm.util import identity_key

from storage import audit, task_statements, traces
from storage.fixed import fixed
from storage.rows import Rows
from storage.tables import Base, TaskState, Webhook, table_of
from storage.upsert import insert_into

#: the kind of task that tells a webhook what the ledger says about requests and grants; its key is the webhook's
WEBHOOK = "webhook"
#: what a decision asks of a provider and of Slack goes first
_WEBHOOKS_AFTER = timedelta(milliseconds=100)
_WEBHOOKS = fixed(sa.select(table_of(Webhook).c.key))
_TOLD = ("request:", "grant:")
_SAVEPOINT = sa.text("SAVEPOINT part")
_BACK_TO_IT = sa.text("ROLLBACK TO SAVEPOINT part")
_RELEASE = sa.text("RELEASE SAVEPOINT part")
_LOCK = sa.select(sa.func.pg_advisory_xact_lock(bindparam("lock", type_=sa.BigInteger)))


class Transaction:
    """What `Database.write` hands to an operation. Tasks and ledger lines are written together at the commit."""

    def __init__(
        self,
        connection: Rows,
        make_session: Callable[[], AsyncSession],
        now: datetime,
        *,
        is_sqlite: bool,
        door: str,
    ) -> None:
        """Inside a transaction of the connection that whoever makes this begins and ends.

        Args:
            connection: where statements are put.
            make_session: a session on that connection; many operations need none, and one costs more than a statement.
            now: the clock's time.
            is_sqlite: which of the two databases it is.
            door: by which door whoever causes this came in.
        """
        self._connection = connection
        self._make_session = make_session
        self._session: AsyncSession | None = None
        #: whether it is under way
        self.is_open = True
        #: by which door whoever causes this came in; every line of the ledger says so
        self.door = door
        #: the clock's time when the transaction began
        self.now = now
        self.is_sqlite = is_sqlite
        #: whether dispatchers have something to look at after the commit
        self.wakes = False
        self._tasks: dict[tuple[str, str], dict[str, Any]] = {}
        self._lines: list[audit.Entry] = []
        self._held: dict[tuple[type[Base], Any], Base] = {}

    @property
    def session(self) -> AsyncSession:
        """For rows as objects. What is changed on them is written before the next statement of `execute`."""
        if self._session is None:
            self._session = self._make_session()
        return self._session

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """A statement about tables, past the session: the quickest there is."""
        await self._flush()
        result: sa.CursorResult[Any] = await self._connection.execute(statement, parameters)
        return result

    async def _flush(self) -> None:
        session = self._session
        if session is not None and (session.new or session.dirty or session.deleted):
            await session.flush()

    def enqueue(
        self,
        kind: str,
        key: str,
        *,
        run_at: datetime | None = None,
        lock_key: str | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Asks for a task at `run_at` (now).

        There is one open task for each (kind, key). Asking again keeps the earlier time; asking while it runs makes it
        run again; asking for one that waits on an incident leaves it waiting. A payload replaces the one before.
        """
        run_at = run_at or self.now
        due_by = run_at + task_statements.PATIENCE.get(kind, timedelta())
        earlier = self._tasks.get((kind, key))
        if earlier is not None:
            earlier["run_at"] = min(earlier["run_at"], run_at)
            earlier["due_by"] = min(earlier["due_by"], due_by)
            earlier["payload"] = payload or earlier["payload"]
            return
        self._tasks[kind, key] = {
            "kind": kind,
            "key": key,
            "lock_key": lock_key,
            "payload": payload or {},
            "state": TaskState.OPEN,
            "run_at": run_at,
            "due_by": due_by,
            "attempt": 0,
            "failures": 0,
            "created_at": self.now,
            "trace": traces.current(),
        }

    def record(self, event: str, *, actor: str, subject: str, **data: object) -> None:
        """Adds a line to the ledger: `actor` did `event` to `subject`. Data is JSON, times, durations and enums.

        A line about a request or a grant is an event for the webhooks, too: they follow the ledger.
        """
        trace = traces.current()
        text = audit.canonical({**data, "door": self.door, **({"trace": trace} if trace is not None else {})})
        self._lines.append(audit.Entry(at=self.now, actor=actor, event=event, subject=subject, data=text))

    @property
    def lines(self) -> Sequence[audit.Entry]:
        """What it adds to the ledger."""
        return self._lines

    def wake_dispatchers(self) -> None:
        """Has dispatchers, here and in every replica, look for due tasks after the commit."""
        self.wakes = True

    async def take_turns(self, lock: int) -> None:
        """Has whoever else takes turns at the same lock wait until this transaction ends. On SQLite everybody does.

        For what has to be read whole before it is compared and written: rows that are not there yet cannot be locked,
        and another replica may commit between two statements. Call it before the first of them.
        """
        if not self.is_sqlite:
            await self.execute(_LOCK, {"lock": lock})

    async def insert(self, *rows: Base) -> None:
        """Inserts rows of one table in one statement, without the bookkeeping that rows to be changed later need."""
        if rows:
            await self.execute(_insert(type(rows[0])), [_values(row) for row in rows])

    async def insert_unless_there(self, row: Base) -> bool:
        """Inserts a row unless one that it would clash with is there; says whether it did."""
        inserted = await self.execute(_insert_unless_there(type(row), is_sqlite=self.is_sqlite), _values(row))
        return inserted.first() is not None

    def hold(self, *rows: Base) -> None:
        """Objects that belong to no session (`as_object`) say what `change` and `move` write; nothing else is written.

        What is set on them otherwise would be lost, and is a RuntimeError at the commit.
        """
        self._held |= {(type(row), _key_of(row)): row for row in rows}

    async def change(self, row: Base, **values: object) -> None:
        """Writes some values of a row, without the bookkeeping that a flush of it would need; the object follows."""
        table = table_of(type(row))
        key = {f"of_{column.key}": getattr(row, column.key) for column in table.primary_key.columns}
        await self.execute(_change(type(row), tuple(values)), {**key, **_new(values)})
        _follow(row, values)

    async def move(
        self,
        entity: type[Base],
        ids: str | Sequence[str],
        *,
        before: Collection[StrEnum],
        to: StrEnum,
        **values: object,
    ) -> int:
        """The guarded transition: sets `state` and `values` where the state is still one of `before`.

        Returns the number of rows that changed; 0 means that somebody was faster. Objects of the session, and those
        that are held, follow.
        """
        changes = {"state": to, **values}
        is_one = isinstance(ids, str)
        statement = _move(entity, tuple(changes), tuple(sorted(before)), is_one=is_one)
        result = await self.execute(statement, {"ids": ids if is_one else list(ids), **_new(changes)})
        moved = result.scalars().all()
        for row_id in moved:
            for known in (self._held.get((entity, row_id)), self._loaded(entity, row_id)):
                if known is not None:
                    _follow(known, changes)
        return len(moved)

    def _loaded(self, entity: type[Base], row_id: str) -> object | None:
        return None if self._session is None else self.session.identity_map.get(identity_key(entity, row_id))

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """What happens inside happens wholly; or, when it raises, not at all, and the transaction can go on.

        Parts do not nest. After one that raised, objects from before it are strangers to the session.
        """
        tasks, lines = copy.deepcopy(self._tasks), list(self._lines)
        await self.execute(_SAVEPOINT)
        try:
            yield
            await self._flush()
        except Exception:
            if self._session is not None:
                self._session.expunge_all()
            await self.execute(_BACK_TO_IT)
            self._tasks, self._lines = tasks, lines
            raise
        await self.execute(_RELEASE)

    async def settle(self) -> None:
        """Writes what was gathered; `Database.write` calls it before the commit. The ledger's lock is the shortest."""
        if lost := [row for row in self._held.values() if attributes.instance_state(row).modified]:
            raise RuntimeError(f"set and not written: {lost}")
        if any(line.subject.startswith(_TOLD) for line in self._lines):
            for key in (await self.execute(_WEBHOOKS)).scalars():
                follow(self, key, after=_WEBHOOKS_AFTER)
        if self._tasks:
            # in one order, so that two transactions that want the same tasks cannot block each other
            await self.execute(
                task_statements.upsert(is_sqlite=self.is_sqlite), [self._tasks[name] for name in sorted(self._tasks)]
            )
            self.wakes = True
        if self.wakes and not self.is_sqlite:
            await self.execute(task_statements.NOTIFY)
        if self._lines:
            await audit.append(self.execute, self._lines, is_sqlite=self.is_sqlite)
        await self._flush()

    async def close(self) -> None:
        """It is over: what the session holds is nobody's any more."""
        self.is_open = False
        if self._session is not None:
            await self._session.close()


def follow(tx: Transaction, webhook: str, *, after: timedelta = timedelta()) -> None:
    """Has a webhook told what the ledger says since it was told last, and what it did not take yet."""
    tx.enqueue(WEBHOOK, webhook, run_at=tx.now + after, lock_key=f"{WEBHOOK}:{webhook}")


def _key_of(row: Base) -> Any:
    key = [getattr(row, column.key) for column in table_of(type(row)).primary_key.columns]
    return key[0] if len(key) == 1 else tuple(key)


def _values(row: Base) -> dict[str, Any]:
    """What a row holds; what nobody set is the column's default."""
    return {
        name: default if (value := getattr(row, name)) is None else value
        for name, default in _columns(type(row)).items()
    }


@cache
def _columns(entity: type[Base]) -> dict[str, Any]:
    """The columns of a table, with their defaults in Python, which are values."""
    return {column.key: getattr(column.default, "arg", None) for column in table_of(entity).columns}


def _new(values: Mapping[str, object]) -> dict[str, object]:
    return {f"new_{name}": value for name, value in values.items()}


def _follow(row: object, values: Mapping[str, object]) -> None:
    """An object of the session says what was written past it."""
    for name, value in values.items():
        attributes.set_committed_value(row, name, value)


@cache
def _change(entity: type[Base], names: tuple[str, ...]) -> sa.Update:
    table = table_of(entity)
    return fixed(
        sa.update(table)
        .where(*(column == bindparam(f"of_{column.key}") for column in table.primary_key))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


@cache
def _insert(entity: type[Base]) -> sa.Insert:
    return fixed(sa.insert(table_of(entity)))


@cache
def _insert_unless_there(entity: type[Base], *, is_sqlite: bool) -> sa.sql.dml.ReturningInsert[Any]:
    table = table_of(entity)
    insert = insert_into(table, is_sqlite=is_sqlite)
    return fixed(insert.on_conflict_do_nothing().returning(*table.primary_key.columns))


@cache
def _move(
    entity: type[Base], names: tuple[str, ...], before: tuple[StrEnum, ...], *, is_one: bool
) -> sa.sql.dml.ReturningUpdate[tuple[str]]:
    columns = table_of(entity).c
    # a list that is bound has the statement written anew each time, so one id and the few states stand in it
    ids = columns.id == bindparam("ids") if is_one else columns.id.in_(bindparam("ids", expanding=True))
    statement = (
        sa.update(table_of(entity))
        .where(ids, columns.state.in_([sa.literal_column(f"'{state}'") for state in before]))
        .values({name: bindparam(f"new_{name}") for name in names})
        .returning(columns.id)
    )
    return fixed(statement) if is_one else statement
