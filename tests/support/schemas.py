"""What a schema has, and what of it another schema would take away from code that was written for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

#: tables, each with its columns by name and what its rows are held to
Schema = dict[str, tuple[dict[str, Any], frozenset[str]]]


def describe(connection: sa.Connection) -> Schema:
    """Every table but Alembic's."""
    inspector = sa.inspect(connection)
    return {
        table: (
            {column["name"]: column for column in inspector.get_columns(table)},
            frozenset(_demands(inspector, table)),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _demands(inspector: sa.Inspector, table: str) -> Iterator[str]:
    for index in inspector.get_indexes(table):
        if index["unique"]:
            yield f"{table} is unique by {', '.join(map(str, index['column_names']))} ({index['name']})"
    for unique in inspector.get_unique_constraints(table):
        yield f"{table} is unique by {', '.join(unique['column_names'])} ({unique['name']})"
    for key in inspector.get_foreign_keys(table):
        yield f"{table}'s {', '.join(key['constrained_columns'])} must be in {key['referred_table']}"
    for check in inspector.get_check_constraints(table):
        yield f"{table} is checked by {check['name']}"


def taken_away(old: Schema, new: Schema) -> list[str]:
    """What code that was written for `old` would miss in `new`, or would be refused there; empty: `new` only adds."""
    return sorted(_taken_away(old, new))


def _taken_away(old: Schema, new: Schema) -> Iterator[str]:
    for table, (columns, demands) in old.items():
        if table not in new:
            yield f"{table} is gone"
            continue
        now, demanded = new[table]
        for name, column in columns.items():
            if name not in now:
                yield f"{table}.{name} is gone"
            elif str(now[name]["type"]) != str(column["type"]):
                yield f"{table}.{name} is {now[name]['type']} instead of {column['type']}"
            elif column["nullable"] and not now[name]["nullable"]:
                yield f"{table}.{name} must not be NULL any more"
        for name in now.keys() - columns.keys():
            if not now[name]["nullable"] and now[name]["default"] is None:
                yield f"{table}.{name} is new, and must not be NULL"
        yield from demanded - demands
