"""usher run"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

app = typer.Typer()


@app.command(epilog="Example: usher run")
def run() -> None:
    """Runs the bot.

    Upgrades the database, checks the settings, applies USHER_CATALOG and serves. Uses Socket Mode when
    SLACK_APP_TOKEN is set, otherwise HTTP on USHER_HOST and USHER_PORT. Settings come from the environment and from
    the file .env; docs/settings.md lists them. SIGTERM or Ctrl+C stops it.
    """
    from bot.settings import Settings

    settings = Settings.load().for_run()

    with _without("rich", "pygments"):
        from bot import app as bot_app
        from bot import logs

    logs.set_up(settings)
    bot_app.run(settings)


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Keeps what httpx and structlog load for a terminal out of the memory of a process that runs for months: 4 MB."""
    hidden = set(modules) - set(sys.modules)
    for module in hidden:
        sys.modules[module] = None  # type: ignore[assignment]  # it cannot be imported (docs.python.org, "import")
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]
