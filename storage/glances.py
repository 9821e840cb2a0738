"""Reading a few rows at once.

On SQLite that is done on the caller's own thread: to find a row by its key takes less time than the way to another
thread and back, and a reader there waits for nobody. Whatever reads more goes by `Database.look`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.exc import MultipleResultsFound

from storage.rows import Here, Rows
from storage.writers import at_once

S = TypeVar("S", bound=sa.Executable)
T = TypeVar("T")

_FIXED: Final = "usher_fixed"


def fixed(statement: S) -> S:
    """A statement that a module makes once and puts again and again; a glance then works its text out once, too.

    SQLAlchemy keeps the text as well, but what it does around it each time takes several times as long as to find a
    row. It must have no parameter that stands for a list.
    """
    return statement.execution_options(**{_FIXED: True})


class Glances:
    """SQLite's reader on the caller's own thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def look(self, query: Callable[[Rows], Awaitable[T]]) -> T:
        """Runs a query that awaits nothing but its statements; each of them sees a moment of its own."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            return at_once(_run(query, _Glance(self._connection)))
        except BaseException:
            self._connection.rollback()  # makes a connection usable again that SQLAlchemy gave up
            raise

    def close(self) -> None:
        """Lets go of the connection."""
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


async def _run(query: Callable[[Rows], Awaitable[T]], rows: Rows) -> T:
    return await query(rows)


class _Glance(Here):
    """`Here`, for which a fixed statement is worked out once in the process."""

    _known: Final[dict[int, _WorkedOut]] = {}

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """`Connection.execute`."""
        if not statement.get_execution_options().get(_FIXED):
            return self._connection.execute(statement, parameters)
        if (known := self._known.get(id(statement))) is None:
            known = self._known[id(statement)] = _WorkedOut(statement, self._connection.dialect)
        try:
            return known.put(self._connection, parameters or {})
        except sqlite3.Error:
            return self._connection.execute(statement, parameters)  # which knows how to fail


class Found(list[tuple[Any, ...]]):
    """The rows of a fixed statement, as plain tuples: as much of SQLAlchemy's `Result` as those who glance need."""

    def all(self) -> Found:
        """`Result.all`."""
        return self

    def one_or_none(self) -> tuple[Any, ...] | None:
        """`Result.one_or_none`. Raises `MultipleResultsFound`."""
        if len(self) > 1:
            raise MultipleResultsFound("Multiple rows were found when one or none was required")
        return self[0] if self else None


class _WorkedOut:
    """A statement's text, and how its parameters and its columns are written and read."""

    def __init__(self, statement: sa.Select[Any], dialect: Dialect) -> None:
        self.statement = statement  # as long as it lives, nobody else has its id
        compiled = statement.compile(dialect=dialect)
        asked = {name: None for name, bound in compiled.binds.items() if bound.required}
        expanded = compiled.construct_expanded_state(asked)
        self._text = expanded.statement
        self._given = dict(expanded.parameters)
        self._names = tuple(expanded.positiontup or ())
        self._write = {
            name: write
            for name, bound in compiled.binds.items()
            if name in self._names and (write := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._read = [
            (number, read)
            for number, column in enumerate(statement.selected_columns)
            if (read := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def put(self, connection: Connection, parameters: Mapping[str, Any]) -> Found:
        """What the database answers."""
        given = {**self._given, **parameters}
        for name, write in self._write.items():
            given[name] = write(given[name])
        driver: Any = connection.connection.driver_connection
        rows = driver.execute(self._text, [given[name] for name in self._names]).fetchall()
        return Found(map(self._converted, rows) if self._read else rows)

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for number, read in self._read:
            values[number] = read(values[number])
        return tuple(values)
