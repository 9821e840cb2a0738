"""usher task: retry"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="What an admin does about one task.")


@app.callback()
def family() -> None:
    """What an admin does about one task."""


@app.command(epilog="Example: usher task retry 4711")
def retry(
    task_id: Annotated[int, typer.Argument(metavar="ID", help="The id that `usher tasks` shows.", show_default=False)],
) -> None:
    """Makes a task due now.

    Also one that waits on an incident. A running Usher picks it up within seconds.
    """
    from bot.access.operations.retry_task import retry_task
    from bot.access.refusals import Refusal, Refused
    from bot.cli.shell import CommandError, actor, open_database, run, say

    async def make_due() -> None:
        async with open_database() as database:
            await database.write(retry_task, task_id=task_id, actor=actor())

    try:
        run(make_due())
    except Refused as refused:
        if refused.refusal is Refusal.GONE:
            raise CommandError(f"There is no task {task_id}: `usher tasks` lists them.") from None
        raise CommandError(f"Task {task_id} is done: there is nothing to try again.") from None
    say(f"Task {task_id} is due now.")
