"""usher catalog: apply, export, validate"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.access.catalog import Catalog
    from bot.access.catalog_file import Lines

app = typer.Typer(help="The catalogue: what may be requested, and who decides.")

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A YAML file; docs/catalog.md describes it.", show_default=False)
]


@app.command("apply", epilog="Example: usher catalog apply catalog.yml")
def apply_(file: File) -> None:
    """Puts a catalogue in force, and prints the difference.

    Applying the same again changes nothing.

    All of it or, if anything is wrong, nothing. An application that is gone cannot be requested any more; access
    that was given stays until its end.
    """
    from bot.access.operations.apply_catalog import Difference, apply_catalog
    from bot.cli.shell import actor, open_database, run, say

    catalog, lines = read_file(file)

    async def put_in_force() -> list[Difference]:
        async with open_database(create=True) as database:
            return await database.write(apply_catalog, catalog=catalog, actor=actor(), lines=lines)

    differences = run(put_in_force())
    for difference in differences:
        say(str(difference))
    if not differences:
        say("Nothing to change: this catalogue is in force.")


@app.command(epilog="Example: usher catalog export > catalog.yml")
def export() -> None:
    """Prints the catalogue that is in force as YAML.

    `usher catalog apply` reads it back.
    """
    from bot.access.catalog_file import write
    from bot.access.catalog_store import load_catalog
    from bot.cli.shell import open_database, run, say

    async def read() -> Catalog:
        async with open_database() as database, database.read() as session:
            return await load_catalog(session)

    say(write(run(read())).rstrip())


@app.command(epilog="Example: usher catalog validate catalog.yml")
def validate(file: File) -> None:
    """Says what is wrong with a catalogue.

    With lines and remedies. Needs no database and no settings.
    """
    from bot.cli.shell import say

    catalog, _ = read_file(file)
    policies, applications = len(catalog.policies), len(catalog.applications)
    say(
        f"{file} is right: {applications} application{'' if applications == 1 else 's'}, "
        f"{policies} polic{'y' if policies == 1 else 'ies'}."
    )


def read_file(file: Path) -> tuple[Catalog, Lines]:
    """A catalogue of a file. Raises CatalogProblems where it is wrong."""
    from bot.access.catalog_file import decode, read_with_lines

    return read_with_lines(decode(file.read_bytes(), str(file)), str(file))
