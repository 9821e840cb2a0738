"""A Python module as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def process(module: str, *arguments: str, **environment: str) -> AsyncIterator[str]:
    """Runs it until the block ends; what it prints first is its address."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert running.stdout is not None
        yield (await running.stdout.readline()).decode().strip()
    finally:
        running.terminate()
        await running.wait()
