"""usher manifest"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command(epilog="Example: usher manifest --http https://usher.example.com")
def manifest(
    http: Annotated[
        str | None,
        typer.Option("--http", metavar="URL", help="Over HTTP: the public https address of this Usher."),
    ] = None,
) -> None:
    """Prints the manifest of the Slack app.

    For Socket Mode or, with --http, for HTTP at that address; with USHER_PUBLIC_URL, also for signing in with Slack,
    as whoever connects ChatGPT does. Paste it at api.slack.com/apps, Create New App, From a manifest.
    """
    from bot import manifest as slack_manifest
    from bot.cli.shell import say
    from bot.settings import Settings

    public_url = Settings.load("public_url").public_url
    if http is None:
        say(slack_manifest.for_socket_mode(public_url).rstrip())
        return
    try:
        say(slack_manifest.for_http(http, public_url).rstrip())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--http") from None
