"""usher secret: set, list, remove, rotate"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.database import Database
    from storage.secrets import SecretStore

app = typer.Typer(help="The credentials that connectors use.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the catalogue uses.", show_default=False)]


@app.command("set", epilog="Example: pbpaste | usher secret set chatgpt-session")
def set_(name: Name) -> None:
    """Stores a secret, or replaces it.

    The value is read from standard input, never from an argument, and kept encrypted in the database.
    """
    from bot.cli.shell import CommandError, actor, open_database, run, say
    from storage.secrets import check_name

    check_name(name)

    async def put(value: str) -> None:
        async with open_database(create=True) as database:
            await store(database).put(name, value, actor=actor())

    if sys.stdin.isatty():
        import getpass

        value = getpass.getpass(f"Value of {name} (it is not shown): ")
    else:
        value = sys.stdin.read()
    value = value.strip()
    if not value:
        raise CommandError(
            f"Nothing came on standard input, so {name} was not stored: pipe the value into the command."
        )
    run(put(value))
    say(f"{name} is stored.")


@app.command("list", epilog="Example: usher secret list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, for programs.")] = False,
) -> None:
    """Lists the names of the secrets and their ages.

    Those in the database and those in the environment; never a value.
    """
    from bot.cli.output import Column, say_ago, show
    from bot.cli.shell import open_database, run

    async def names() -> list[dict[str, object]]:
        async with open_database() as database:
            return [
                {
                    "id": each.name,
                    "state": "environment" if each.in_environment else "database",
                    "created_at": each.created_at,
                    "updated_at": each.updated_at,
                }
                for each in await store(database).names()
            ]

    columns = [Column("id", "name", whole=True), Column("state", "kept in"), Column("updated_at", "stored", say_ago)]
    show(run(names()), columns, as_json=as_json, nothing="There are no secrets.")


@app.command(epilog="Example: usher secret remove chatgpt-session")
def remove(name: Name) -> None:
    """Removes a stored secret."""
    from bot.cli.shell import CommandError, actor, open_database, run, say

    async def take_out() -> bool:
        async with open_database() as database:
            return await store(database).remove(name, actor=actor())

    if not run(take_out()):
        raise CommandError(f"There is no secret {name}: `usher secret list` shows those that there are.")
    say(f"{name} is removed.")


@app.command(epilog="Example: USHER_SECRET_KEYS=$NEW,$OLD usher secret rotate")
def rotate() -> None:
    """Encrypts every secret anew with the first key.

    That of USHER_SECRET_KEYS; after that, the others can go.
    """
    from bot.cli.shell import actor, open_database, run, say

    async def seal_anew() -> int:
        async with open_database() as database:
            return await store(database).rotate(actor=actor())

    count = run(seal_anew())
    say(f"{count} secret{'' if count == 1 else 's'} encrypted with the first key.")


def store(database: Database) -> SecretStore:
    """The secrets, with the keys and the environment that `usher run` would have here."""
    from bot.settings import Settings, environment
    from storage.secrets import Keyring, SecretStore

    keys = Settings.load("secret_keys").secret_keys
    return SecretStore(database, Keyring.from_setting(keys.get_secret_value()) if keys else None, environment())
