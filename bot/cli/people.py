"""usher people: sync, import, export, erase"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.access.operations.people import ImportResult, PeopleChanges
    from storage.tables import Person

Who = Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address, or a Slack user id.", show_default=False)]

app = typer.Typer(help="The directory: who there is, and who manages whom.")


@app.command(epilog="Example: usher people sync")
def sync() -> None:
    """Reads the directory from Slack.

    Who there is, who left, who manages whom. A running Usher does so by itself.
    """
    from bot.cli.shell import log_warnings_only, note, open_database, run, say
    from bot.engine.directory import sync as sync_directory
    from bot.settings import Settings, SettingsError, missing
    from bot.slack import slack_client

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


@app.command(epilog="Example: usher people export ada@example.com --json > ada.json")
def export(
    who: Who, as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False
) -> None:
    """Shows everything that is stored of one person.

    Their record, requests, approvals, comments, access, connections, and the lines of the ledger that name them. The
    table is an overview; --json has every field.
    """
    from bot.access.person_file import read_person_file
    from bot.cli.output import Column, show
    from bot.cli.shell import open_database, run

    async def read() -> list[dict[str, Any]]:
        async with open_database() as database, database.read() as session:
            return await read_person_file(session, await _find(session, who))

    columns = (Column("kind", "kind", whole=True), Column("id", "id", whole=True), Column("state", "state"))
    show(run(read()), columns, as_json=as_json, nothing="")


@app.command(epilog="Example: usher people erase ada@example.com --yes")
def erase(who: Who, yes: Annotated[bool, typer.Option("--yes", help="Do it; there is no way back.")] = False) -> None:
    """Puts a pseudonym in the place of somebody who left.

    Their name, address and Slack id, and the texts that they wrote or that are about their requests, are gone after it,
    in the ledger too, which can still be verified. Refused while they are active, have access or wait for it, or are
    waited for.
    """
    from bot.access.operations.erase_person import StillNeeded, erase_person
    from bot.cli.shell import CommandError, actor, open_database, run, say
    from bot.settings import Settings

    settings = Settings.load("database_url", "admins")

    async def forget() -> str | None:
        async with open_database(settings) as database:
            async with database.read() as session:
                person = await _find(session, who)
            if not yes:
                raise CommandError(
                    f"This would erase {person.name} ({person.id}) for good: say --yes to do it. "
                    f"`usher people export {person.id} --json` shows what there is."
                )
            return await database.write(erase_person, person_id=person.id, admins=settings.admins, actor=actor())

    try:
        pseudonym = run(forget())
    except StillNeeded as error:
        raise CommandError(str(error)) from None
    say(f"Erased. The ledger and what was decided name them {pseudonym}.")
    say("Messages in Slack, backups and exports made before still hold what they held: see docs/privacy.md.")


async def _find(session: AsyncSession, who: str) -> Person:
    """The one person who is meant.

    Raises:
        CommandError: there is nobody, or more than one.
    """
    import sqlalchemy as sa

    from bot.cli.shell import CommandError
    from storage.tables import Person

    named = Person.email == who.lower() if "@" in who else Person.id == who
    found = (await session.scalars(sa.select(Person).where(named).order_by(Person.id))).all()
    if not found:
        raise CommandError(f"Nobody in the directory is “{who}”: give an e-mail address or a Slack user id.")
    if len(found) > 1:
        ids = " or ".join(person.id for person in found)
        raise CommandError(f"{who} is the address of several people, one after the other: say {ids}.")
    return found[0]
