"""usher db: upgrade, backup, restore, look-again, copy, prune"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Column, iso, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database import Transaction

app = typer.Typer(help="The database: upgrades, backups, moving it, clearing up.")


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


@app.command(epilog="Example: usher db restore /var/backups/usher-2026-11-23.db --replace")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `usher db backup` made.", show_default=False)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Set the database that is there aside, under another name.")
    ] = False,
) -> None:
    """Puts a backup in the place of the SQLite database.

    Usher must not run meanwhile. The backup is checked and its ledger verified first. At its next start Usher looks at
    every account anew before it changes any.
    """
    from bot.access.operations.look_again import look_again
    from bot.cli.shell import actor, run, say
    from bot.settings import Settings
    from storage.clock import SystemClock
    from storage.restore import restore as put_back

    async def afterwards(tx: Transaction) -> int:
        return await look_again(tx, actor=actor(), backup=file.name)

    url = Settings.load("database_url").database_url
    restored = run(put_back(url, file, clock=SystemClock(), afterwards=afterwards, replace=replace))
    until = f", the last of {iso(restored.until)}" if restored.until else ""
    say(f"Restored {file}. Its ledger is intact: {restored.lines} lines{until}.")
    if restored.kept is not None:
        say(f"The database that was there is {restored.kept}.")
    say("What was decided since then is not known any more. Start Usher: it looks at every account before it writes.")


@app.command("look-again", epilog="Example: usher db look-again")
def look_again_() -> None:
    """Makes every account with a living grant due.

    For after a restore of PostgreSQL with its own tools; `usher db restore` does so by itself.
    """
    from bot.access.operations.look_again import look_again
    from bot.cli.shell import actor, open_database, run, say

    async def mark() -> int:
        async with open_database() as database:
            return await database.write(look_again, actor=actor(), backup=None)

    count = run(mark())
    say(f"Usher looks at {count} account{'' if count == 1 else 's'} again before it believes what it remembers.")


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

    _demand_address(target, "--to")
    if source is not None:
        _demand_address(source, "--from")

    def tell(table: str, done: int, rows: int) -> None:
        note(f"{table}: {done} of {rows}")

    url = source or Settings.load("database_url").database_url
    counts = run(copy_database(url, target, progress=tell if sys.stderr.isatty() else None))
    rows = [{"id": table, "state": "copied", "rows": count} for table, count in counts.items()]
    show(rows, (Column("id", "Table"), Column("rows", "Rows")), as_json=as_json, nothing="")
    if not as_json:
        total = sum(counts.values())
        said = f"{total} row{'' if total == 1 else 's'}"
        say(f"Copied {said}. Each was read back and compared, and the ledger is intact there.")
        say(
            "Set USHER_DATABASE_URL to the new database before you start Usher again; USHER_SECRET_KEYS stays the same."
        )


@app.command(epilog="Example: usher db prune --older-than 180d --dry-run")
def prune(
    older_than: Annotated[str, typer.Option(metavar="TIME", help="How long it has been over: 180d, 52w.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, for programs.")] = False,
) -> None:
    """Deletes what has been over for long.

    Requests with their grants, approvals, comments and cards, and finished work. Never a line of the ledger, and
    nothing that a pending request or living access needs. May be used while Usher runs.
    """
    from bot.access.operations.prune import count_prunable, prune
    from bot.cli.audit import moment
    from bot.cli.shell import note, open_database, run

    before = moment(older_than, option="--older-than")
    if before > datetime.now(UTC) - timedelta(days=1):
        raise typer.BadParameter("at least a day: 1d", param_hint="--older-than")

    def tell(kind: str, done: int, rows: int) -> None:
        note(f"{kind}: {done} of {rows}")

    async def clear_up() -> Mapping[str, int]:
        async with open_database() as database:
            if not dry_run:
                return await prune(database, before=before, progress=tell if sys.stderr.isatty() else None)
            async with database.read() as session:
                return await count_prunable(session, before=before)

    counts = run(clear_up())
    state = "to_delete" if dry_run else "deleted"
    rows = [{"id": kind, "state": state, "rows": count} for kind, count in counts.items()]
    columns = (Column("id", "What"), Column("rows", "To be deleted" if dry_run else "Deleted"))
    show(rows, columns, as_json=as_json, nothing="")


def _demand_address(url: str, option: str) -> None:
    from storage import engines
    from storage.errors import DatabaseUnreachable

    try:
        engines.parse(url)
    except DatabaseUnreachable as error:
        raise typer.BadParameter(error.detail, param_hint=option) from error
