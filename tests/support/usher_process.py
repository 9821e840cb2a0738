"""`usher run` as a process of its own, to be started, watched, killed and started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

#: seconds; far more than a start or an end takes on a busy machine
PATIENCE = 120.0
#: what an admin types
USHER_RUN = (Path(sys.executable).with_name("usher"), "run")


class UsherProcess:
    """One `usher run`, and whatever follows it after it was killed, with the same settings and in the same directory.

    `before_exec` runs in the new process before Usher does. `command` is what is run.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        directory: Path,
        *,
        before_exec: Callable[[], None] | None = None,
        command: Sequence[str | Path] = USHER_RUN,
    ) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONFAULTHANDLER": "1",  # a crash of the interpreter would say nothing
            "USHER_LOG_FORMAT": "json",
            "USHER_PORT": "0",
            **environment,
        }
        self._directory = directory
        self._before_exec = before_exec
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.url = ""
        #: what it wrote to standard error, this time
        self.lines: list[str] = []

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def errors(self) -> str:
        """All that it wrote to standard error, this time."""
        return "\n".join(self.lines)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event, this time."""
        lines = (json.loads(line) for line in self.lines if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    async def start(self) -> str:
        """Starts it and returns where it listens, as soon as it does. Raises RuntimeError if it ends instead."""
        await self.launch()
        ready = asyncio.create_task(self._ready.wait())
        ended = asyncio.create_task(self._running.wait())
        await asyncio.wait({ready, ended}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        ended.cancel()
        if not self._ready.is_set():
            how = f"is not ready after {PATIENCE:g} seconds"
            if self._reading is not None and not self.is_running:
                await self._reading  # its last words
                how = f"ended with {self._running.returncode}"
            raise RuntimeError(f"usher run {how}:\n{self.errors}")
        return self.url

    async def launch(self) -> None:
        """Starts it, and waits for nothing."""
        assert not self.is_running
        self.lines = []
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environment,
            cwd=self._directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=2**20,
            preexec_fn=self._before_exec,
        )
        self._reading = asyncio.create_task(self._read(self._process))

    async def kill(self) -> None:
        """`kill -9`, and its end."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """`kill` (SIGTERM); returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def exit_code(self) -> int:
        """Waits until it ends by itself."""
        async with asyncio.timeout(PATIENCE):
            code = await self._running.wait()
            assert self._reading is not None
            await self._reading
        return code

    async def _end(self, how: signal.Signals) -> int:
        if self.is_running:
            self._running.send_signal(how)
        return await self.exit_code()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode().rstrip()
            self.lines.append(line)
            if '"usher.ready"' in line:
                self.url = json.loads(line)["address"]
                self._ready.set()

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process
