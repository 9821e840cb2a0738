"""usher probe"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.access.catalog import ApplicationEntry
    from bot.cli.probe_writes import Run
    from bot.connectors.chatgpt.probe import Probe
    from bot.settings import Settings
    from storage.database import Database

app = typer.Typer()


@app.command(epilog="Example: usher probe chatgpt > report.txt")
def probe(
    application: Annotated[
        str, typer.Argument(metavar="APP", help="The application's key in the catalogue.", show_default=False)
    ],
    writes: Annotated[
        str | None,
        typer.Option(
            metavar="EMAIL",
            help="Also invite, change and remove this address, which must be yours. Asks before each step.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, for programs.")] = False,
) -> None:
    """Holds a live ChatGPT workspace against what Usher relies on.

    Makes every call that only reads and reports what differs: fields that are missing, new or of another type, unknown
    roles and seat types. The report holds no address, name, id or token, so that you can attach it to a bug report.
    Exits with 1 if a call failed or Usher cannot work with what came.
    """
    import asyncio

    from bot.cli.output import write_json
    from bot.cli.probe_rows import rows, show_report
    from bot.cli.shell import CommandError, log_warnings_only

    if writes is not None and "@" not in writes.strip("@"):
        raise typer.BadParameter(f"{writes} is no e-mail address.", param_hint="--writes")
    log_warnings_only()
    with asyncio.Runner() as runner:
        opened = _opened(application)
        probing = runner.run(opened.__aenter__())
        try:
            runner.run(probing.read())
            if writes is not None:
                _try_changes(probing, writes.strip(), runner.run)
        finally:
            runner.run(opened.__aexit__(None, None, None))
    report = probing.report()
    if as_json:
        write_json(rows(report))
    else:
        show_report(report)
    if report.broken:
        raise CommandError(f"Not as Usher needs it: {'; '.join(report.broken)}. `usher check` says what to do.")


def _try_changes(probing: Probe, email: str, run: Run) -> None:
    """Everything here is said beside the report: it names the address."""
    from bot.cli.probe_writes import NotTried, Trial
    from bot.cli.shell import CommandError, note

    if probing.report().broken:
        note("Changes were not tried, because not even reading works.")
        return
    trial = Trial(probing, email, run=run, ask=_ask, say=note)
    try:
        trial.begin()
    except NotTried as reason:
        raise CommandError(str(reason)) from None
    trial.go_through()


def _ask(question: str) -> bool:
    import sys
    from contextlib import redirect_stdout

    with redirect_stdout(sys.stderr):  # where the report goes, nothing else may; `err` alone leaves a blank there
        return typer.confirm(question, err=True)


@asynccontextmanager
async def _opened(application: str) -> AsyncIterator[Probe]:
    """A probe over the connector that `usher run` would use."""
    from importlib.metadata import version

    from bot.check import connectors_for_a_while
    from bot.cli.shell import CommandError, open_database
    from bot.connectors.chatgpt.connector import ChatGPTConnector
    from bot.connectors.chatgpt.probe import Probe
    from bot.connectors.config import Manual
    from bot.settings import Settings, environment
    from storage.secrets import Keyring, SecretStore

    settings = Settings.load("database_url", "secret_keys", "catalog", "browser_profiles", "browser_program")
    async with open_database(settings, create=True) as database:
        entry = await _entry(settings, database, application)
        keyring = Keyring.from_setting(settings.secret_keys.get_secret_value()) if settings.secret_keys else None
        secrets = SecretStore(database, keyring, environment())
        async with connectors_for_a_while(settings, secrets) as connectors:
            connector = connectors.of(entry)
            if isinstance(entry.connector, Manual) or not isinstance(connector, ChatGPTConnector):
                raise CommandError(f"{application} is administered by hand: there is nothing to probe.")
            yield Probe(connector, entry.connector, version=version("usher"))


async def _entry(settings: Settings, database: Database, application: str) -> ApplicationEntry:
    """What the catalogue says: the file that the next start applies, or what is in force."""
    from bot.access.catalog_file import decode, read
    from bot.access.catalog_store import load_catalog
    from bot.cli.shell import CommandError

    if settings.catalog is not None:
        catalog = read(decode(settings.catalog.read_bytes(), settings.catalog.name), settings.catalog.name)
    else:
        async with database.read() as session:
            catalog = await load_catalog(session)
    entries = {entry.key: entry for entry in catalog.applications}
    if application not in entries:
        raise CommandError(
            f"There is no application {application} in the catalogue: it has {', '.join(entries) or 'none'}."
        )
    return entries[application]
