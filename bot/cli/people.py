"""usher people: sync, import"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.access.operations.people import ImportResult, PeopleChanges

app = typer.Typer(help="The directory: who there is, and who manages whom.")


@app.command(epilog="Example: usher people sync")
def sync() -> None:
    """Reads the directory from Slack.

    Who there is, who left, who manages whom. A running Usher does so by itself.
    """
    from bot.app import slack_client
    from bot.cli.shell import log_warnings_only, note, open_database, run, say
    from bot.engine.directory import sync as sync_directory
    from bot.settings import Settings, SettingsError, missing

    settings = Settings.load("slack_bot_token", "slack_api_url", "slack_manager_field", "database_url")
    if settings.slack_bot_token is None:
        raise SettingsError([missing("slack_bot_token")])

    log_warnings_only()

    def tell(done: int, people: int) -> None:
        note(f"{done} of {people} managers")

    async def read_slack() -> PeopleChanges:
        async with open_database(settings, create=True) as database:
            return await sync_directory(
                database,
                slack_client(settings),
                manager_field=settings.slack_manager_field,
                progress=tell if sys.stderr.isatty() else None,
            )

    say(str(run(read_slack())))


@app.command("import", epilog="Example: usher people import managers.csv")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV with the columns email,manager_email.", show_default=False)
    ],
) -> None:
    """Sets managers from a CSV file.

    They go before those that Slack names. An empty manager_email gives the word back to Slack. All rows are taken
    or, if one is wrong, none.
    """
    from bot.access.managers_file import read_managers
    from bot.access.operations.people import import_managers
    from bot.cli.shell import actor, note, open_database, run, say

    rows = read_managers(file.read_bytes().decode("utf-8-sig"), str(file))

    async def write() -> ImportResult:
        async with open_database() as database:
            return await database.write(import_managers, rows, actor=actor(), name=str(file))

    result = run(write())
    for worth_a_look in result.notes:
        note(f"Note: {worth_a_look}.")
    say(f"{result.changed} changed, {result.unchanged} unchanged.")
