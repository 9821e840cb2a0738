"""Locks that somebody else holds, so that a write has to wait."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import psycopg

from storage import engines


@contextlib.contextmanager
def policies_locked(url: str) -> Iterator[None]:
    """Somebody else holds what a write needs."""
    parsed = engines.parse(url)
    if engines.is_sqlite(parsed):
        with contextlib.closing(sqlite3.connect(engines.sqlite_file(parsed), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("LOCK TABLE policies")
        yield
        connection.rollback()
