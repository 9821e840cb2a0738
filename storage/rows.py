"""Where statements are put: a connection, whichever thread or server is behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import attributes

from storage.fixed import is_fixed, put
from storage.tables import Base, table_of

E = TypeVar("E", bound=Base)


class Rows(Protocol):
    """What statements can be put to, and answers with rows: a connection, a session, or a transaction."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any: ...


class Here:
    """A connection on the caller's own thread: a statement is over when it returns, so no await ever waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """`Connection.execute`; of a fixed statement, `fixed.Found`."""
        if is_fixed(statement):
            return put(self._connection, statement, parameters)
        return self._connection.execute(statement, parameters)


def as_object(entity: type[E], values: Mapping[str, Any]) -> E:
    """A row that was read by its columns, as an object that belongs to no session: to be read, in a tenth of the time.

    Args:
        entity: of which table.
        values: all of its columns; more do no harm.
    """
    manager: Any = attributes.manager_of_class(entity)
    row: E = manager.new_instance()
    attributes.instance_dict(row).update({name: values[name] for name in table_of(entity).columns.keys()})  # noqa: SIM118
    return row


async def objects(rows: Rows, entity: type[E], statement: sa.Executable, parameters: Mapping[str, Any]) -> list[E]:
    """The rows that a statement finds by all the columns of one table, `as_object`."""
    found = await rows.execute(statement, parameters)
    return [as_object(entity, values) for values in found.mappings()]
