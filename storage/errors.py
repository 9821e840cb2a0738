"""What can be wrong with the database, in words, and the one place where a driver's error becomes one of them.

A class's docstring says what is the matter, its `remedy` what somebody can do about it; together they are the message.
"""

from __future__ import annotations

import sqlite3
from typing import ClassVar

from sqlalchemy import exc


class StorageError(Exception):
    """The database did not do what was asked."""

    remedy: ClassVar[str] = ""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        summary = " ".join((type(self).__doc__ or type(self).__name__).split())
        super().__init__(" ".join(part for part in (_with_detail(summary, detail), self.remedy) if part))


class DatabaseInUse(StorageError):
    """Another Usher is running on this database file."""

    remedy = "Stop it first, or use PostgreSQL (USHER_DATABASE_URL) to run several."


class DatabaseLocked(StorageError):
    """Another program holds the database for writing, so nothing was written."""

    remedy = "Close the program that has it open and try again."


class DatabaseBusy(StorageError):
    """The database was busy for too long, so nothing was written."""

    remedy = (
        "Try again. If it happens often on PostgreSQL, look at its load, let Usher have more connections "
        "(USHER_DATABASE_POOL), or start another replica."
    )


class DatabaseReadOnly(StorageError):
    """The database can be read but not written, so nothing was written."""

    remedy = (
        "SQLite: give the user that Usher runs as write permission on the file and on its directory. "
        "PostgreSQL: let USHER_DATABASE_URL lead to the server that takes writes."
    )


class DatabaseFull(StorageError):
    """There is no room left to write to the database, so nothing was written."""

    remedy = "Free some disk space; nothing that was stored before is lost, and Usher goes on by itself."


class DatabaseUnreachable(StorageError):
    """The database could not be reached."""

    remedy = "Check USHER_DATABASE_URL, and that the server runs or the directory exists."


class DatabaseDamaged(StorageError):
    """The file is not a database, or it is damaged."""

    remedy = "Check the disk, keep a copy of the file, and put the last backup back."


class SchemaTooNew(StorageError):
    """The database was written by a newer version of Usher."""

    remedy = "Install that version or a later one, or put back the copy that was made before the upgrade."


class SchemaTooOld(StorageError):
    """The database has not been brought to this version of Usher."""

    remedy = "Run `usher db upgrade`."


class UpgradeFailed(StorageError):
    """The upgrade was undone because the data would not have fitted the new schema."""

    remedy = "Nothing was changed. Please report this with the detail."


class SecretUnreadable(StorageError):
    """A stored secret cannot be decrypted with the keys in USHER_SECRET_KEYS."""

    remedy = "Add the key that it was stored with, or store it again with `usher secret set`."


class SecretKeysMissing(SecretUnreadable):
    """USHER_SECRET_KEYS is not set, so secrets can be neither stored nor read."""

    remedy = (
        'Make a key with `python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"`, '
        "set USHER_SECRET_KEYS to it, and keep it apart from the database."
    )


class SecretKeysMalformed(SecretKeysMissing):
    """USHER_SECRET_KEYS must be one or more keys, separated by commas, each of 32 bytes in URL-safe base64."""


class SecretNameInvalid(StorageError):
    """This is not a name for a secret."""

    remedy = (
        "Use lower-case letters, digits, `-` and `_`, at most 60 of them; `keys` is taken by USHER_SECRET_KEYS. "
        "The secret itself is read from standard input."
    )


class LedgerBroken(StorageError):
    """The audit ledger is not as it was written."""

    remedy = "Compare it with the last export or backup, and find out who had access to the database."


class BackupRefused(StorageError):
    """The backup was not made."""


class RestoreRefused(StorageError):
    """The backup was not restored, and what was there is as it was."""


class CopyRefused(StorageError):
    """The database was not copied, and the target is as it was."""


def explain(error: BaseException) -> StorageError | None:
    """What a driver's error means, or None when it says nothing about the database as such.

    A constraint that was violated is the caller's business: sqlalchemy's IntegrityError passes through as it is.
    """
    if isinstance(error, exc.IntegrityError):
        return None
    if isinstance(error, exc.TimeoutError):  # of the connection pool
        return DatabaseBusy("every connection was in use")
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _explain_sqlite(cause)
    if cause is not None and type(cause).__module__.startswith("psycopg"):
        return _explain_postgresql(cause)
    return None


class in_words:  # noqa: N801 - reads as what it does; a class, because every glance goes through it
    """Raises a `StorageError` in place of a driver's error, which stays its cause."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Exception) and (meant := explain(error)) is not None:
            raise meant from error


def can_be_repeated(error: BaseException) -> bool:
    """Whether PostgreSQL undid the transaction only because of another one (serialization failure, deadlock)."""
    return isinstance(error, exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


# https://www.sqlite.org/rescode.html: the low byte is the primary code
_SQLITE: dict[int, type[StorageError]] = {
    5: DatabaseLocked,  # BUSY
    6: DatabaseLocked,  # LOCKED
    8: DatabaseReadOnly,  # READONLY
    10: DatabaseFull,  # IOERR: in practice a write beyond a quota or a file size limit; see `_explain_sqlite`
    11: DatabaseDamaged,  # CORRUPT
    13: DatabaseFull,  # FULL
    14: DatabaseUnreachable,  # CANTOPEN
    26: DatabaseDamaged,  # NOTADB
}
_SQLITE_IOERR = 10
_SQLITE_WRITE_FAILURES = {778, 1034, 1290, 1546}  # IOERR_ + WRITE, FSYNC, DIR_FSYNC, TRUNCATE

# https://www.postgresql.org/docs/current/errcodes-appendix.html; the longest prefix wins
_POSTGRESQL: dict[str, type[StorageError]] = {
    "08": DatabaseUnreachable,  # connection exception
    "25006": DatabaseReadOnly,  # read_only_sql_transaction: a standby, or default_transaction_read_only
    "25P03": DatabaseUnreachable,  # idle_in_transaction_session_timeout
    "28": DatabaseUnreachable,  # invalid authorization
    "3D000": DatabaseUnreachable,  # no such database
    "3F000": SchemaTooOld,  # no such schema
    "42P01": SchemaTooOld,  # no such table
    "42703": SchemaTooOld,  # no such column
    "42501": DatabaseReadOnly,  # insufficient privilege
    "40": DatabaseLocked,  # undone because of another transaction, again and again
    "53100": DatabaseFull,  # disk full
    "53300": DatabaseUnreachable,  # too many connections
    "55P03": DatabaseLocked,  # lock not available
    "57014": DatabaseBusy,  # query_canceled: statement_timeout
    "57P": DatabaseUnreachable,  # shutting down, starting up, dropped
    "XX001": DatabaseDamaged,  # data corrupted
    "XX002": DatabaseDamaged,  # index corrupted
}


def _explain_sqlite(error: sqlite3.Error) -> StorageError | None:
    text = str(error)
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the driver, not by the library
        return None
    if (code & 0xFF == 1 and text.startswith(("no such table", "no such column"))) or "has no column named" in text:
        return SchemaTooOld(text)
    if code & 0xFF == _SQLITE_IOERR and code not in _SQLITE_WRITE_FAILURES:
        return DatabaseUnreachable(text)
    kind = _SQLITE.get(code & 0xFF)
    return kind(text) if kind else None


def _explain_postgresql(error: BaseException) -> StorageError | None:
    state: str | None = getattr(error, "sqlstate", None)
    text = str(error).strip().partition("\n")[0]
    if state is None:  # no server answered; psycopg.OperationalError is the only such error that is about reaching it
        return DatabaseUnreachable(text) if type(error).__name__ in _NO_ANSWER else None
    for length in (5, 3, 2):
        if kind := _POSTGRESQL.get(state[:length]):
            return kind(text)
    return None


_NO_ANSWER = {"OperationalError", "ConnectionTimeout"}


def _with_detail(summary: str, detail: str) -> str:
    return f"{summary.rstrip('.')} ({detail})." if detail else summary
