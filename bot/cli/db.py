"""usher db: upgrade, backup, copy"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Column, show

app = typer.Typer(help="The database: upgrades, backups, moving it.")


@app.command(epilog="Example: usher db upgrade")
def upgrade() -> None:
    """Brings the database to this version of Usher.

    Makes it if there is none at USHER_DATABASE_URL. `usher run` does so by itself.
    """
    from bot.cli.shell import run, say
    from bot.settings import Settings
    from storage import migrate

    run(migrate.upgrade(Settings.load("database_url").database_url))
    say("The database is up to date.")


@app.command(epilog="Example: usher db backup /var/backups/usher-2026-11-23.db")
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to put the copy; it must not exist yet.", show_default=False)
    ],
) -> None:
    """Copies a live SQLite database.

    The copy is consistent and checked. For PostgreSQL, use pg_dump.
    """
    from bot.cli.shell import run, say
    from bot.settings import Settings
    from storage.backup import backup as make_backup

    run(make_backup(Settings.load("database_url").database_url, file))
    say(f"Backed up to {file}.")


@app.command(epilog="Example: usher db copy --to postgresql+psycopg://usher@db.example.com/usher")
def copy(
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="An empty database, or a SQLite file that is not there yet.")
    ],
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="The database to copy; else USHER_DATABASE_URL.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, for programs.")] = False,
) -> None:
    """Copies everything into another database, from SQLite to PostgreSQL or back.

    Usher must not run meanwhile. Every row is read back and compared, and the ledger verified. It happens wholly or
    not at all.
    """
    from bot.cli.shell import note, run, say
    from bot.settings import Settings
    from storage.copying import copy_database

    def tell(table: str, done: int, rows: int) -> None:
        note(f"{table}: {done} of {rows}")

    url = source or Settings.load("database_url").database_url
    counts = run(copy_database(url, target, progress=tell if sys.stderr.isatty() else None))
    rows = [{"id": table, "state": "copied", "rows": count} for table, count in counts.items()]
    show(rows, (Column("id", "Table"), Column("rows", "Rows")), as_json=as_json, nothing="")
    if not as_json:
        say(f"Copied {sum(counts.values())} rows. Each was read back and compared, and the ledger is intact there.")
        say(
            "Set USHER_DATABASE_URL to the new database before you start Usher again; USHER_SECRET_KEYS stays the same."
        )
