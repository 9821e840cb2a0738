"""usher requests, grants, tasks, incidents"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.cli.output import Column
    from bot.cli.rows import Filter

app = typer.Typer()

States = Annotated[
    list[str] | None,
    typer.Option(
        "--state", metavar="STATE", help="Only these; give it more than once for several.", show_default=False
    ),
]
PersonName = Annotated[
    str | None, typer.Option("--person", help="Only what is about them: an e-mail address or a Slack user id.")
]
App = Annotated[str | None, typer.Option("--app", help="Only this application, by its key in the catalogue.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array with everything, for programs.")]
Limit = Annotated[
    int, typer.Option("--limit", min=0, metavar="COUNT", help="The most rows of a table; 0 is all. Not for --json.")
]


@app.command(epilog="Example: usher requests --state pending --app chatgpt")
def requests(
    state: States = None, person: PersonName = None, app: App = None, as_json: Json = False, limit: Limit = 100
) -> None:
    """Lists access requests, newest first. States: pending, approved, denied, cancelled, expired."""
    from bot.cli import rows
    from bot.cli.output import Column, say_when
    from storage.tables import RequestState

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("beneficiary", "for", whole=True),
        Column("application", "application", whole=True),
        Column("role", "role"),
        Column("seat_type", "seat type"),
        Column("duration", "duration"),
        Column("created_at", "asked", say_when),
        Column("decided_by", "decided by"),
        Column("reason", "reason"),
    ]
    _list(rows.requests, columns, RequestState, state, person, app, as_json=as_json, limit=limit)


@app.command(epilog="Example: usher grants --person ada@example.com --json")
def grants(
    state: States = None, person: PersonName = None, app: App = None, as_json: Json = False, limit: Limit = 100
) -> None:
    """Lists grants, newest first. States: scheduled, granting, waiting, invited, active, ending, ended, failed."""
    from bot.cli import rows
    from bot.cli.output import Column, say_when
    from storage.tables import GrantState

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("beneficiary", "for", whole=True),
        Column("application", "application", whole=True),
        Column("role", "role"),
        Column("seat_type", "seat type"),
        Column("starts_at", "starts", say_when),
        Column("ends_at", "ends", say_when),
        Column("end_reason", "ended because"),
    ]
    _list(rows.grants, columns, GrantState, state, person, app, as_json=as_json, limit=limit)


@app.command(epilog="Example: usher tasks --state parked")
def tasks(
    state: States = None, person: PersonName = None, app: App = None, as_json: Json = False, limit: Limit = 100
) -> None:
    """Lists Usher's durable work, what is due first. States: open, parked (waits on an incident), done."""
    from bot.cli import rows
    from bot.cli.output import Column, say_number, say_when
    from storage.tables import TaskState

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("kind", "kind", whole=True),
        Column("key", "key", whole=True),
        Column("run_at", "runs", say_when),
        Column("failures", "failures", say_number),
        Column("incident", "incident", whole=True),
        Column("error", "error"),
    ]
    _list(rows.tasks, columns, TaskState, state, person, app, as_json=as_json, limit=limit)


@app.command(epilog="Example: usher incidents --state open")
def incidents(
    state: States = None, person: PersonName = None, app: App = None, as_json: Json = False, limit: Limit = 100
) -> None:
    """Lists causes of failure, newest first.

    With what happened, what to do, and who waits. States: open, resolved.
    """
    from bot.cli import rows
    from bot.cli.output import Column, say_when
    from storage.tables import IncidentState

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("cause", "cause", whole=True),
        Column("application", "application", whole=True),
        Column("opened_at", "since", say_when),
        Column("count", "met"),
        Column("waiting", "waiting", lambda people: ", ".join(people) if isinstance(people, list) else ""),
        Column("explanation", "what happened"),
        Column("remedy", "what to do"),
    ]
    _list(rows.incidents, columns, IncidentState, state, person, app, as_json=as_json, limit=limit)


def _list(
    read: Callable[[AsyncSession, Filter], Awaitable[list[Mapping[str, object]]]],
    columns: Sequence[Column],
    words: type[StrEnum],
    states: Sequence[str] | None,
    person: str | None,
    application: str | None,
    *,
    as_json: bool,
    limit: int,
) -> None:
    from bot.cli.output import show
    from bot.cli.rows import narrow
    from bot.cli.shell import open_database, run

    known = [word.value for word in words]
    if stranger := next((state for state in states or () if state not in known), None):
        raise typer.BadParameter(f"“{stranger}” is no state: choose from {', '.join(known)}", param_hint="--state")

    async def gather() -> list[Mapping[str, object]]:
        async with open_database() as database, database.read() as session:
            wanted = await narrow(session, states=states or (), person=person, application=application)
            return await read(session, wanted)

    show(run(gather()), columns, as_json=as_json, nothing="There is nothing to show.", limit=limit)
