"""usher demo"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command(epilog="Example: usher demo --tour")
def demo(
    port: Annotated[
        int, typer.Option(help="The port of the page to open; 0 takes a free one.", min=0, max=65_535)
    ] = 8008,
    tour: Annotated[
        bool,
        typer.Option(
            "--tour", help="Play one whole lifecycle without a browser, tell each step as it is seen, and end."
        ),
    ] = False,
    socket_mode: Annotated[
        bool, typer.Option("--socket-mode/--http", help="How the simulated Slack reaches Usher.")
    ] = False,
) -> None:
    """Runs the bot on a simulated Slack and ChatGPT.

    Prints the address of a page on which you act as everybody. Needs no account, no settings and no network, and leaves
    nothing behind. With --tour it exits with 0 only if the seat was given and taken back, and asked for in ChatGPT.
    """
    from bot.cli.demo import stage

    raise typer.Exit(stage.run(port=port, tour=tour, socket_mode=socket_mode))
