"""Fixed statements: those that a module makes once and puts again and again.

SQLAlchemy keeps the text of a statement, but what it does around it each time (a key of the statement, a context, a
result) takes several times as long as SQLite does to find or write a row. Of a fixed statement SQLite's connections
work out once how it is written and read, and then put it past all that. PostgreSQL's, where the way to the server and
back takes longer than anything else, put it as any other.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

S = TypeVar("S", bound=sa.Executable)

_FIXED: Final = "usher_fixed"
_NOTHING: Final[Mapping[str, Any]] = {}


def fixed(statement: S) -> S:
    """Marks a statement that lives as long as the process: at the top of a module, or made by a cached function.

    What an INSERT is given has to name every column that has a default in Python.
    """
    return statement.execution_options(**{_FIXED: True})


def is_fixed(statement: sa.Executable) -> bool:
    """Was it marked?"""
    return _FIXED in statement.get_execution_options()


class Found(list[Any]):
    """The rows of a fixed statement, as named tuples: as much of SQLAlchemy's `Result` as those who put one need."""

    #: how many rows it changed
    rowcount = -1

    def all(self) -> Found:
        """`Result.all`."""
        return self

    def first(self) -> Any:
        """`Result.first`."""
        return self[0] if self else None

    def one(self) -> Any:
        """`Result.one`. Raises `NoResultFound`, `MultipleResultsFound`."""
        if not self:
            raise NoResultFound("No row was found when one was required")
        return self.one_or_none()

    def one_or_none(self) -> Any:
        """`Result.one_or_none`. Raises `MultipleResultsFound`."""
        if len(self) > 1:
            raise MultipleResultsFound("Multiple rows were found when one or none was required")
        return self.first()

    def scalar(self) -> Any:
        """`Result.scalar`."""
        return self[0][0] if self else None

    def scalars(self) -> Found:
        """`Result.scalars`."""
        return Found([row[0] for row in self])

    def mappings(self) -> Found:
        """`Result.mappings`."""
        return Found([row._asdict() for row in self])


class _Statement:
    """A fixed statement, and its text for every number of values that its lists were given so far."""

    _known: Final[dict[tuple[int, tuple[str, ...]], _Statement]] = {}

    @classmethod
    def of(cls, statement: sa.Executable, names: tuple[str, ...], dialect: Dialect) -> _Statement:
        """What is known of a fixed statement for which parameters of these names are given."""
        key = (id(statement), names)
        if (known := cls._known.get(key)) is None:
            known = cls._known[key] = cls(statement, names, dialect)
        return known

    def __init__(self, statement: Any, names: tuple[str, ...], dialect: Dialect) -> None:
        self.statement = statement  # as long as it lives, nobody else has its id
        # as SQLAlchemy does: to insert and to update, a parameter that is called as a column is a value for it
        changes = isinstance(statement, sa.Insert | sa.Update)
        compiled = statement.compile(dialect=dialect, column_keys=names if changes else None)
        if not_given := compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError(f"columns whose default is Python's have to be given: {not_given}")
        self._compiled = compiled
        self._lists = tuple(name for name, bound in compiled.binds.items() if bound.expanding and bound.required)
        self._write = {
            name: write
            for name, bound in compiled.binds.items()
            if (write := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        columns = statement.selected_columns if statement.is_select else compiled.effective_returning or []
        self._make = _maker([column.key for column in columns])
        self._read = [
            (number, read)
            for number, column in enumerate(columns)
            if (read := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        self._texts: dict[tuple[int, ...], _Text] = {}

    def written(self, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The text, and the parameters as the database takes them, in their order."""
        given = {**parameters, **{name: _padded(parameters[name]) for name in self._lists}}
        lengths = tuple(len(given[name]) for name in self._lists)
        if (text := self._texts.get(lengths)) is None:
            text = self._texts[lengths] = self._text(lengths)
        values = {**text.given, **given}
        for name in self._lists:
            values.update(zip(text.lists[name], given[name], strict=True))
        for name, write in text.write:
            values[name] = write(values[name])
        return text.text, [values[name] for name in text.names]

    def _text(self, lengths: tuple[int, ...]) -> _Text:
        asked = {name: None for name, bound in self._compiled.binds.items() if bound.required}
        lists = {name: [None] * length for name, length in zip(self._lists, lengths, strict=True)}
        state = self._compiled.construct_expanded_state({**asked, **lists})
        names = tuple(state.positiontup or ())
        places = {name: tuple(state.parameter_expansion.get(name, ())) for name in self._lists}
        of = {place: name for name, each in places.items() for place in each}
        return _Text(
            text=state.statement,
            given=dict(state.parameters),
            names=names,
            lists=places,
            write=[
                (name, self._write[of.get(name, name)])
                for name in dict.fromkeys(names)
                if of.get(name, name) in self._write
            ],
        )

    def read(self, rows: list[tuple[Any, ...]]) -> Found:
        """The rows as the database gave them, as what they mean."""
        return Found(map(self._make, map(self._meant, rows) if self._read else rows))

    def _meant(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for number, read in self._read:
            values[number] = read(values[number])
        return values


def _maker(names: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    """What makes a named tuple of a row; one without a name of its own is known by its place."""
    row: Any = namedtuple("Row", list(names), rename=True)  # type: ignore[misc]  # known only now
    make: Callable[[Iterable[Any]], Any] = row._make
    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A statement as it is put."""

    text: str
    given: Mapping[str, Any]  # values that stand in the statement itself
    names: tuple[str, ...]  # of the parameters, in their order
    lists: Mapping[str, tuple[str, ...]]  # the names of a list's values
    write: Sequence[tuple[str, Callable[[Any], Any]]]


def _padded(values: Iterable[Any]) -> list[Any]:
    """With the last one again and again, up to a power of two: the same set, and few texts."""
    each = list(values)
    return each + each[-1:] * ((1 << (len(each) - 1).bit_length()) - len(each)) if each else each


def put(connection: Connection, statement: sa.Executable, parameters: Any) -> Found:
    """Puts a fixed statement to SQLite, on the thread of its connection.

    Args:
        connection: in the transaction that it is part of, if it is part of one.
        statement: a fixed one.
        parameters: a mapping; or several, for a statement that is to be carried out for each and returns nothing.

    Raises:
        sqlalchemy.exc.DBAPIError: its children, as SQLAlchemy raises them.
    """
    many: Sequence[Mapping[str, Any]] = parameters if isinstance(parameters, list) else [parameters or _NOTHING]
    known = _Statement.of(statement, tuple(many[0]), connection.dialect)
    driver: Any = connection.connection.driver_connection
    text, values = known.written(many[0])
    try:
        if len(many) == 1:
            cursor = driver.execute(text, values)
        else:
            cursor = driver.executemany(text, [values, *(known.written(one)[1] for one in many[1:])])
        found = known.read(cursor.fetchall())
    except sqlite3.Error as error:
        # without the parameters: reasons and secrets are among them
        raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect) from error
    found.rowcount = cursor.rowcount
    return found
