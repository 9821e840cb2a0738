"""Every command explains itself, and none hides behind a slow start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from bot.cli.app import app
from sandbox import company
from tests.integration.cli.conftest import Shell

#: what is promised to be there
COMMANDS = {
    "run", "demo", "check", "manifest", "requests", "grants", "tasks", "incidents", "catalog apply", "catalog export",
    "catalog validate", "secret set", "secret list", "secret remove", "secret rotate", "people sync", "people import",
    "grant revoke", "task retry", "audit export", "audit verify", "db upgrade", "db backup",
    "browser sign-in", "probe", "policy replay",
}  # fmt: skip

#: what takes a good part of a second to load
HEAVY = {"aiohttp", "alembic", "apscheduler", "cryptography", "httpx", "mcp", "pydantic", "slack_bolt", "sqlalchemy"}
#: what httpx and structlog load for a terminal, if they can
FOR_A_TERMINAL = {"rich", "pygments"}
_LOADED = """
import sys
from bot.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def _commands() -> Iterator[str]:
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from (f"{name} {inner}" for inner in command.commands)
        else:
            yield name


def test_the_promised_commands_are_there() -> None:
    """Scripts and people rely on the names of the commands."""
    assert set(_commands()) >= COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(command: str) -> None:
    """`--help` says what a command does and shows it in use, without any settings."""
    outcome = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="usher")
    assert outcome.exit_code == 0
    assert outcome.output.startswith(f"Usage: usher {command} ")
    assert f"usher {command}" in outcome.output.partition("Example: ")[2]


def test_help_loads_nothing_heavy() -> None:
    """`usher --help` answers at once: neither the database nor Slack's library is loaded for it."""
    told = subprocess.run([sys.executable, "-c", _LOADED, "--help"], check=True, capture_output=True, text=True)
    assert "Usage: usher" in told.stdout
    assert set(told.stderr.split()) & HEAVY == set()


def test_what_serves_loads_nothing_for_a_terminal(tmp_path: Path) -> None:
    """`usher run` goes on for months: it does without four megabytes that only colours and tables need."""
    settings = {
        "SLACK_BOT_TOKEN": company.SLACK_APP.bot_token,
        "SLACK_SIGNING_SECRET": company.SLACK_APP.signing_secret,
        "USHER_ADMINS": company.NOOR.email,
        "USHER_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/nowhere/usher.db",  # so it ends at once
    }
    told = subprocess.run(
        [sys.executable, "-c", _LOADED, "run"],
        check=False,
        env=os.environ | settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    loaded = set(told.stderr.split())
    assert loaded >= {"httpx", "structlog", "slack_bolt"}
    assert loaded & FOR_A_TERMINAL == set()


async def test_wrong_usage_is_told_apart(nowhere: Shell) -> None:
    """Exit code 2 means that the command was typed wrongly, and the message says how."""
    for words in (["nonsense"], ["grants", "--nonsense"], ["grant", "revoke"], ["task", "retry", "seven"]):
        outcome = await nowhere(*words)
        assert outcome.code == 2, words
        assert outcome.err.startswith("Usage: usher"), words
