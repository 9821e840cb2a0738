"""usher browser: sign-in"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.connectors.config import ChatGPTWebAdmin
    from bot.settings import Settings
    from storage.database import Database, Transaction

app = typer.Typer(help="The browsers through which applications are reached that want to see one.")


@app.callback()
def family() -> None:
    """The browsers through which applications are reached that want to see one."""


@app.command("sign-in", epilog="Example: usher browser sign-in chatgpt")
def sign_in(
    application: Annotated[
        str, typer.Argument(metavar="APP", help="The application's key in the catalogue.", show_default=False)
    ],
    debug_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65_535,
            help="No window: reach the browser by the DevTools of another, at this port of this machine.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Opens the application's browser, for a person to sign in.

    Sign in as the integration account, and pass the check if there is one. From then on Usher uses this browser for an
    application with `via: browser`. A running Usher lets go of it meanwhile, and goes on by itself afterwards.
    """
    from bot.cli.shell import CommandError, log_warnings_only, run, say

    log_warnings_only()
    try:
        email = run(_sign_in(application, debug_port))
    except KeyboardInterrupt:
        raise CommandError(f"Given up before anybody was signed in to {application}.") from None
    say(f"Signed in as {email}. Usher uses this browser for {application} from now on.")


async def _sign_in(application: str, debug_port: int | None) -> str:
    from bot.cli.shell import note, open_database
    from bot.connectors.browser.sign_in import sign_in
    from bot.connectors.browser.transport import Browsers
    from bot.settings import Settings

    settings = Settings.load("database_url", "catalog", "browser_profiles", "browser_program")
    async with open_database(settings, create=True) as database:
        connector = await _connector(settings, database, application)
        await sign_in(
            Browsers(settings.browser_profiles).profile(application),
            connector.base_url,
            connector.integration_email,
            program=settings.browser_program,
            debug_port=debug_port,
            say=note,
        )
        await database.write(_try_again, application)
    return connector.integration_email


async def _connector(settings: Settings, database: Database, application: str) -> ChatGPTWebAdmin:
    """What the catalogue says: the file that the next start applies, or what is in force."""
    from bot.access.catalog_file import decode, read
    from bot.access.catalog_store import load_catalog
    from bot.cli.shell import CommandError
    from bot.connectors.config import ChatGPTWebAdmin

    if settings.catalog is not None:
        catalog = read(decode(settings.catalog.read_bytes(), settings.catalog.name), settings.catalog.name)
    else:
        async with database.read() as session:
            catalog = await load_catalog(session)
    through_browsers = {
        entry.key: entry.connector
        for entry in catalog.applications
        if isinstance(entry.connector, ChatGPTWebAdmin) and entry.connector.via == "browser"
    }
    if application not in through_browsers:
        which = ", ".join(through_browsers) or "no application"
        raise CommandError(
            f"{application} is not reached through a browser: the catalogue says via: browser for {which}."
        )
    return through_browsers[application]


async def _try_again(tx: Transaction, application: str) -> None:
    """What waits because the browser was signed out need not wait any longer: as if somebody pressed Try again."""
    import sqlalchemy as sa

    from bot.access import subjects
    from bot.access.operations.answer_incident import Answer, answer_incident
    from bot.cli.shell import actor
    from storage.tables import Incident, IncidentState

    tx.record("browser.signed_in", actor=actor(), subject=subjects.application(application))
    open_one = sa.select(Incident.id).where(Incident.scope == application, Incident.state == IncidentState.OPEN)
    for incident_id in (await tx.session.scalars(open_one)).all():
        await answer_incident(tx, incident_id=incident_id, actor=actor(), answer=Answer.TRY_AGAIN)
