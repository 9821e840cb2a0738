"""The command itself, as a process of its own, on a real database.

The processes are forked from one that has read the code already (`tests.support.warm_usher`); otherwise two thirds of
the time of these tests were imports. `USHER` is the command as it is installed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.clock import SystemClock
from storage.database import Database
from tests.integration.cli import house
from tests.support.warm_usher import warm_usher

USHER = Path(sys.executable).with_name("usher")
PATIENCE = 60  # seconds that a command may take on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        read: list[dict[str, Any]] = json.loads(self.out)
        return read


@dataclass(slots=True, kw_only=True)
class Shell:
    """Runs `usher` in an empty directory with these variables, and nothing else set."""

    command: list[str]
    directory: Path
    variables: dict[str, str]

    def write(self, name: str, content: str | bytes) -> None:
        """Puts a file into the directory."""
        (self.directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    async def __call__(self, *arguments: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> Outcome:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            cwd=self.directory,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **self.variables, **(variables or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                out, err = await process.communicate(stdin.encode())
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        outcome = Outcome(code=process.returncode, out=out.decode(), err=err.decode())
        assert outcome.code in {0, 1, 2}
        assert "Traceback" not in outcome.err
        return outcome


@pytest.fixture(scope="session")
def warm() -> Iterator[list[str]]:
    """What stands for `usher` in these tests."""
    with warm_usher() as command:
        yield command


@pytest.fixture
def nowhere(warm: list[str], tmp_path: Path) -> Shell:
    """`usher` on a machine on which nothing is set up."""
    return Shell(command=warm, directory=tmp_path, variables={})


@pytest.fixture
def usher(warm: list[str], sqlite_url: str, tmp_path: Path) -> Shell:
    """`usher` on a migrated, empty SQLite file."""
    return Shell(command=warm, directory=tmp_path, variables={"USHER_DATABASE_URL": sqlite_url})


@pytest.fixture
async def furnished(usher: Shell) -> Shell:
    """`usher` on a database with something in it."""
    await _furnish(usher.variables["USHER_DATABASE_URL"])
    return usher


@pytest.fixture
async def furnished_postgresql(warm: list[str], postgresql_url: str, tmp_path: Path) -> Shell:
    """The same on PostgreSQL."""
    await _furnish(postgresql_url)
    return Shell(command=warm, directory=tmp_path, variables={"USHER_DATABASE_URL": postgresql_url})


async def _furnish(url: str) -> None:
    database = await Database.open(url, clock=SystemClock())
    await database.write(house.furnish)
    await database.close()
