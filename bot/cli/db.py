"""usher db: upgrade, backup"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The database: migrations and backups.")


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
