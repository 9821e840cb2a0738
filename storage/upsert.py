"""The one statement that both databases spell alike but SQLAlchemy keeps in two dialects."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from storage.tables import Base


def insert_into(table: type[Base] | sa.Table, *, is_sqlite: bool) -> SQLiteInsert | PostgreSQLInsert:
    """An INSERT that can say ON CONFLICT, for the database in use."""
    return sqlite_insert(table) if is_sqlite else postgresql_insert(table)
