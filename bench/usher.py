"""Usher as a process of its own, as an admin would start it, on the sandbox."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bench.wire import Wire
from sandbox import company

USHER_RUN = ("bot.cli", "run")


@dataclass(frozen=True, slots=True)
class Running:
    """One that is running."""

    url: str
    pid: int


def demo_catalog(chatgpt_url: str) -> str:
    """What `usher demo` serves, with ChatGPT at this address."""
    text = resources.files("bot.cli.demo").joinpath("catalog.yml").read_text(encoding="utf-8")
    return text.replace("https://chatgpt.com", chatgpt_url)


@asynccontextmanager
async def usher(
    slack_api_url: str, directory: Path, *, catalog: str, command: Sequence[str] = USHER_RUN, **settings: str
) -> AsyncIterator[Running]:
    """Runs it until the block ends. `command` is a Python module with its arguments."""
    file = directory / "catalog.yml"
    file.write_text(catalog, encoding="utf-8")
    port = _free_port()
    environment = {
        "SLACK_BOT_TOKEN": company.SLACK_APP.bot_token,
        "SLACK_SIGNING_SECRET": company.SLACK_APP.signing_secret,
        "SLACK_API_URL": slack_api_url,
        "USHER_DATABASE_URL": f"sqlite+aiosqlite:///{directory}/usher.db",
        "USHER_ADMINS": company.NOOR.email,
        "USHER_ALERT_CHANNEL": company.ALERT_CHANNEL.id,
        "USHER_CATALOG": str(file),
        "USHER_PORT": str(port),
        "USHER_LOG_FORMAT": "json",
        "PYTHONDONTWRITEBYTECODE": "",  # compiled, as pip would have installed it
        "USHER_SECRET_CHATGPT_SESSION": company.CHATGPT_SESSION,
        "USHER_SECRET_CHATGPT_KEY": company.CHATGPT_ADMIN_KEY,
        **settings,
    }
    url = f"http://127.0.0.1:{port}"
    with (directory / "log").open("ab") as log:  # it logs what it would log anywhere
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, env={**os.environ, **environment}, stderr=log
        )
    try:
        await _answering(url, process, directory / "log")
        yield Running(url, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answering(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"usher run ended before it was ready:\n{await asyncio.to_thread(log.read_text)}")
        if await Wire(url).is_open():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("usher run did not get ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
