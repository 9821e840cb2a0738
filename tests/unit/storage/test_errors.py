"""What a driver's error means."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from psycopg import errors as postgresql
from sqlalchemy import exc

from storage import engines, errors
from storage.errors import explain


def sqlite_error(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("cause", "meant"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY, "database is locked"), errors.DatabaseLocked),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT, "database is locked"), errors.DatabaseLocked),
        (sqlite_error(sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"), errors.DatabaseReadOnly),
        (sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full"), errors.DatabaseFull),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"), errors.DatabaseFull),
        (sqlite_error(sqlite3.SQLITE_NOTADB, "file is not a database"), errors.DatabaseDamaged),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: grants"), errors.SchemaTooOld),
        (postgresql.DiskFull(""), errors.DatabaseFull),
        (postgresql.ReadOnlySqlTransaction(""), errors.DatabaseReadOnly),
        (postgresql.UndefinedTable(""), errors.SchemaTooOld),
        (postgresql.AdminShutdown(""), errors.DatabaseUnreachable),
        (postgresql.InvalidPassword(""), errors.DatabaseUnreachable),
        (psycopg.OperationalError("connection refused"), errors.DatabaseUnreachable),
    ],
    ids=lambda case: type(case).__name__ if isinstance(case, Exception) else case.__name__,
)
def test_a_drivers_error_becomes_a_sentence(cause: Exception, meant: type[errors.StorageError]) -> None:
    """Wrapped by SQLAlchemy or not; the sentence says what to do."""
    for error in (cause, exc.OperationalError("SELECT 1", {}, cause)):
        explained = explain(error)
        assert type(explained) is meant
        assert meant.remedy
        assert str(explained).endswith(meant.remedy)


def test_a_mistake_in_a_statement_is_not_explained_away() -> None:
    """A defect of Usher's own keeps its own error."""
    assert explain(sqlite_error(sqlite3.SQLITE_ERROR, 'near "SELCT": syntax error')) is None
    assert explain(postgresql.SyntaxError("")) is None
    assert explain(ValueError("x")) is None


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 46, 1), (3, 50, 6), (3, 51, 2)])
def test_an_affected_sqlite_is_warned_of(version: tuple[int, int, int]) -> None:
    """The sentence names the version and what not to do."""
    warning = engines.sqlite_warning(version)
    assert warning is not None
    assert ".".join(map(str, version)) in warning


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0)])
def test_a_mended_sqlite_is_not(version: tuple[int, int, int]) -> None:
    """The WAL-reset bug was mended in 3.51.3 and in two older series."""
    assert engines.sqlite_warning(version) is None


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite+aiosqlite:///:memory:", "not an address"])
def test_an_address_that_cannot_work_is_refused_in_words(url: str) -> None:
    """Before anything is connected to, and naming the setting."""
    with pytest.raises(errors.DatabaseUnreachable, match="USHER_DATABASE_URL"):
        engines.parse(url)


@pytest.mark.parametrize("given", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_every_spelling_of_postgresql_is_understood(given: str) -> None:
    """Hosting providers hand out `postgres://`."""
    assert engines.parse(given).render_as_string() == "postgresql+psycopg://h/d"
