"""usher grant: revoke"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="What an admin does about one grant.")


@app.callback()
def family() -> None:
    """What an admin does about one grant."""


@app.command(epilog='\b\nExample: usher grant revoke 01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c11 --reason "Contract ended"')
def revoke(
    grant_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id that `usher grants` shows.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="Why, for the person and the ledger.", show_default=False)],
) -> None:
    """Takes somebody's access away, whatever its end.

    A running Usher does it within seconds; one that is not, at its next start.
    """
    from bot.access.operations.revoke import revoke as revoke_grant
    from bot.access.refusals import Refusal, Refused
    from bot.cli.shell import CommandError, actor, open_database, run, say

    if not reason.strip():
        raise typer.BadParameter("a reason is needed", param_hint="--reason")

    async def take_away() -> None:
        async with open_database() as database:
            await database.write(revoke_grant, grant_id=grant_id, actor=actor(), reason=reason.strip())

    try:
        run(take_away())
    except Refused as refused:
        if refused.refusal is Refusal.GONE:
            raise CommandError(f"There is no grant {grant_id}: `usher grants` lists them.") from None
        raise CommandError(f"Grant {grant_id} is over already, or about to be: `usher grants` says which.") from None
    say(f"Grant {grant_id} is being taken back.")
