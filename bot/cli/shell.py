"""What every command needs: the database, somewhere to print, and mistakes told in a sentence."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.database import Database

T = TypeVar("T")


class CommandError(Exception):
    """A command did not work; the text says why and what to do."""


def say(text: str) -> None:
    """Writes a line for whoever called the command."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Writes a line beside the output, so that a program that reads the output does not see it."""
    sys.stderr.write(f"{text}\n")


def actor() -> str:
    """How the ledger names whoever runs this command."""
    return f"shell:{getpass.getuser()}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command's work to its end. What follows from it in a running Usher carries its trace."""
    from storage import traces

    with traces.follow():
        return asyncio.run(work)


def log_warnings_only() -> None:
    """For commands that call outside: what goes wrong on the way is told beside the output, without secrets."""
    from bot import logs
    from bot.settings import Settings

    logs.set_up(Settings.load_what_is_right(), level="warning")


@asynccontextmanager
async def open_database(settings: Settings | None = None, *, create: bool = False) -> AsyncIterator[Database]:
    """The database of USHER_DATABASE_URL, beside a running Usher if there is one.

    Args:
        settings: where they are read already.
        create: make an SQLite file that is not there yet; otherwise it is a mistake.

    Raises:
        SettingsError, StorageError, CommandError: there is no such database, or not of this version.
    """
    from bot.settings import Settings
    from storage import engines, migrate
    from storage.clock import SystemClock
    from storage.database import Database

    url = (settings or Settings.load("database_url")).database_url
    parsed = engines.parse(url)
    if engines.is_sqlite(parsed) and not engines.sqlite_file(parsed).exists():
        if not create:
            raise CommandError(
                f"There is no database {engines.sqlite_file(parsed)} yet: start `usher run` or run `usher db "
                "upgrade`, or set USHER_DATABASE_URL to the one you mean."
            )
        await migrate.upgrade(url)
    database = await Database.open(url, clock=SystemClock(), exclusive=False)
    try:
        await migrate.check(database)
        yield database.through("shell")
    finally:
        await database.close()


@contextmanager
def failing_in_words() -> Iterator[None]:
    """Ends the process with 1 and a sentence where something went wrong that is not a defect of Usher's."""
    try:
        yield
    except BrokenPipeError:  # `usher grants | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        sentence = in_words(error)
        if sentence is None:
            raise
        fail(sentence)


def fail(sentence: str) -> NoReturn:
    """Ends the process with 1."""
    note(sentence)
    sys.exit(1)


def in_words(error: Exception) -> str | None:
    """What an error means to whoever typed the command; None for a defect, which deserves its traceback."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    from bot.access.catalog_file import CatalogProblems
    from bot.access.managers_file import ImportProblems
    from bot.access.operations.people import DirectoryDoubt
    from bot.connectors.contract import ConnectorError
    from bot.engine.directory import DirectoryError
    from bot.settings import SettingsError
    from storage.errors import StorageError

    match error:
        case CommandError() | SettingsError() | StorageError() | CatalogProblems() | ImportProblems():
            return str(error)
        case DirectoryDoubt() | DirectoryError():
            return str(error)
        case ConnectorError():
            return f"{error.explanation} {error.remedy}"
        case SlackApiError():
            return f"Slack refused: {error.response.get('error', 'it did not say why')}. `usher check` says what to do."
        case SlackClientError():
            return f"Slack could not be asked: {error}. Check the network and SLACK_API_URL."
        case UnicodeDecodeError():
            return "The file is not text in UTF-8: save it as UTF-8 and try again."
        case OSError() if error.strerror:
            return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return None
