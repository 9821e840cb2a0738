"""usher trace"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command(epilog="Example: usher trace 01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c11")
def trace(
    request_id: Annotated[
        str, typer.Argument(metavar="REQUEST", help="The id that `usher requests` shows.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array with everything, for programs.")] = False,
) -> None:
    """Tells a request's whole story.

    What was decided and done (the ledger), which messages stand in Slack (cards), and what is still to come (tasks).
    """
    from bot.access.trace import trace_request
    from bot.cli.output import Column, say_moment, show
    from bot.cli.shell import CommandError, open_database, run

    async def read() -> list[dict[str, object]]:
        async with open_database() as database, database.read() as session:
            found = await trace_request(session, request_id)
        if found is None:
            raise CommandError(f"There is no request {request_id}: `usher requests` lists them.")
        return [
            {
                "id": request_id,
                "at": each.at,
                "source": each.source.value,
                "what": each.what,
                "who": each.who,
                "trace": each.trace,
                "details": each.details,
            }
            for each in found
        ]

    columns = [
        Column("at", "when", say_moment, whole=True),
        Column("source", "where"),
        Column("what", "what", whole=True),
        Column("who", "who"),
        Column("details", "details", _in_words),
        Column("trace", "trace", whole=True),
    ]
    show(run(read()), columns, as_json=as_json, nothing="")


def _in_words(details: object) -> str:
    if not isinstance(details, dict):
        return ""
    return ", ".join(f"{key} {_value(value)}" for key, value in details.items() if key != "door" and value is not False)


def _value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return " ".join(f"{key} {_value(each)}" for key, each in value.items()) if isinstance(value, dict) else str(value)
