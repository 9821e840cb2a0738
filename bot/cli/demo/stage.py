"""The stage of the demo: the sandbox and Usher side by side, each on real sockets, in a directory that goes away."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import typer

from bot import logs
from bot.app import Usher, running
from bot.cli.demo.tour import TourFailed, take_tour
from bot.serving import listen
from bot.settings import Settings
from sandbox import company
from sandbox.server import Sandbox

#: the address of ChatGPT in the demo's catalogue, which the sandbox takes the place of
REAL_CHATGPT = "https://chatgpt.com"


def run(*, port: int, tour: bool, socket_mode: bool) -> int:
    """Plays until Ctrl+C, or for as long as the tour takes. Returns the exit code."""
    try:
        return asyncio.run(_tour(socket_mode=socket_mode) if tour else _play(port, socket_mode=socket_mode))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        typer.echo(f"The demo cannot use port {port} ({reason}): choose another with --port.", err=True)
        return 1


@asynccontextmanager
async def stage(*, port: int = 0, socket_mode: bool = False) -> AsyncIterator[tuple[Sandbox, Usher]]:
    """Starts the sandbox, and Usher on it."""
    with tempfile.TemporaryDirectory(prefix="usher-demo-") as directory:
        async with Sandbox.start(port=port) as sandbox:
            with listen("127.0.0.1", 0) as listener:  # Usher says its own address to others before it runs
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                settings = _settings(sandbox, Path(directory), url=url, socket_mode=socket_mode)
                logs.set_up(settings)
                sandbox.slack.app.redirect_urls = (f"{url}/oauth/slack/callback",)
                async with running(settings, clock=sandbox.clock, environment={}, listener=listener) as usher:
                    await _hand_over_the_credential(usher)
                    sandbox.clock.on_skip.append(usher.engine.dispatcher.nudge)
                    sandbox.chat.mcp_url = f"{url}/mcp"
                    if not socket_mode:
                        sandbox.slack.app.request_url = f"{url}/slack/events"
                    yield sandbox, usher


async def _play(port: int, *, socket_mode: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with stage(port=port, socket_mode=socket_mode) as (sandbox, _):
        typer.echo(
            f"\n  {company.COMPANY_NAME} is open: {sandbox.url}\n\n  Ctrl+C ends it, and nothing is left behind.\n"
        )
        await stop.wait()
    return 0


async def _tour(*, socket_mode: bool) -> int:
    async with stage(socket_mode=socket_mode) as (sandbox, _):
        try:
            async for step in take_tour(sandbox):
                typer.echo(f"  ✓ {step}")
        except TourFailed as failed:
            typer.echo(f"  ✗ {failed}", err=True)
            return 1
    typer.echo("\n  The seat was given and taken back.")
    return 0


def _settings(sandbox: Sandbox, directory: Path, *, url: str, socket_mode: bool) -> Settings:
    app = company.SLACK_APP
    catalog = directory / "catalog.yml"
    text = resources.files("bot.cli.demo").joinpath("catalog.yml").read_text(encoding="utf-8")
    catalog.write_text(text.replace(REAL_CHATGPT, sandbox.chatgpt_url), encoding="utf-8")
    return Settings.given(
        slack_bot_token=app.bot_token,
        slack_signing_secret=app.signing_secret,
        slack_app_token=app.app_token if socket_mode else None,
        slack_api_url=sandbox.slack_api_url,
        database_url=f"sqlite+aiosqlite:///{directory / 'usher.db'}",
        secret_keys=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        admins=company.NOOR.email,
        alert_channel=company.ALERT_CHANNEL.id,
        catalog=str(catalog),
        public_url=url,
        chatgpt_origins=sandbox.url,
        slack_signin_client_id=app.client_id,
        slack_signin_client_secret=app.client_secret,
        log_level="error",
    )


async def _hand_over_the_credential(usher: Usher) -> None:
    """What an admin does once with `usher secret set chatgpt-session`."""
    await usher.secrets.put("chatgpt-session", company.CHATGPT_SESSION)
