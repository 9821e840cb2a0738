"""usher chatgpt: connections, disconnect"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.cli.chatgpt_rows import Row

app = typer.Typer(help="Who uses Usher from inside ChatGPT.")

Person = Annotated[
    str | None, typer.Option("--person", help="Only theirs: an e-mail address or a Slack user id.", show_default=False)
]


@app.command(epilog="Example: usher chatgpt connections --person ada@example.com")
def connections(
    person: Person = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are over; they are kept for 90 days.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array with everything, for programs.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, metavar="COUNT", help="The most rows of a table; 0 is all. Not for --json.")
    ] = 100,
) -> None:
    """Lists who has connected ChatGPT, newest first.

    With the program, since when, and when it was last used, to the hour. States: open, blocked (the person may not
    come in), expired (not used for 30 days), ended.
    """
    from bot.cli.chatgpt_rows import connections as read_connections
    from bot.cli.output import Column, say_when, show
    from bot.cli.rows import narrow
    from bot.cli.shell import open_database, run
    from bot.settings import Settings

    settings = Settings.load("database_url", "chatgpt_guests")

    async def read() -> list[Row]:
        async with open_database(settings) as database, database.read() as session:
            wanted = await narrow(session, states=(), person=person, application=None)
            return await read_connections(
                session,
                person_ids=wanted.person_ids,
                over=everything,
                guests=settings.chatgpt_guests,
                now=database.clock.now(),
            )

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("person", "person", whole=True),
        Column("client", "program"),
        Column("connected_at", "connected", say_when),
        Column("used_at", "last used", say_when),
        *([Column("ended_at", "ended", say_when), Column("ended_why", "ended because")] if everything else []),
    ]
    nothing = "Nobody has connected ChatGPT." if person is None else f"{person} has not connected ChatGPT."
    show(run(read()), columns, as_json=as_json, nothing=nothing, limit=limit)


@app.command(epilog="Example: usher chatgpt disconnect --person ada@example.com")
def disconnect(
    connection_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The id that `usher chatgpt connections` shows.", show_default=False),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", help="Instead of one: all of theirs, by e-mail address or Slack user id."),
    ] = None,
) -> None:
    """Ends a connection, or all of a person.

    Its next call is refused. Nothing that was asked for changes, and the person may connect anew.
    """
    from bot.chatgpt_app.connections import end_connection, end_connections_of
    from bot.cli.rows import narrow
    from bot.cli.shell import CommandError, actor, open_database, run, say
    from storage.tables import ConnectionEnd

    if (connection_id is None) == (person is None):
        raise typer.BadParameter("give either the id of a connection or --person", param_hint="ID")

    async def end() -> int:
        async with open_database() as database:
            if connection_id is not None:
                return await database.write(end_connection, connection_id, actor=actor(), why=ConnectionEnd.ENDED)
            async with database.read() as session:
                wanted = await narrow(session, states=(), person=person, application=None)
            return await database.write(end_connections_of, wanted.person_ids, actor=actor(), why=ConnectionEnd.ENDED)

    count = run(end())
    if not count and connection_id is not None:
        raise CommandError(
            f"There is no connection {connection_id} that could be ended: `usher chatgpt connections` lists them."
        )
    whose = "" if person is None else f" of {person}"
    said = {0: f"There is no connection{whose}.", 1: f"1 connection{whose} is ended."}
    say(said.get(count, f"{count} connections{whose} are ended."))
