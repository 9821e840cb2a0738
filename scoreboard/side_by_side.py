"""Trials side by side, each on each of its databases in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from scoreboard.trial import Kind, Result, Trial

#: a trial, on one of its databases
Place = tuple[Trial, Kind]


async def run_side_by_side(
    places: Sequence[Place], factor: float, at_once: int, finished: Callable[[Result], None]
) -> list[Result]:
    """Runs so many at once; returns what came of them, in their order.

    Raises:
        RuntimeError: a process ended without a result.
    """
    free = asyncio.Semaphore(at_once)

    async def run(place: Place) -> Result | None:
        async with free:
            result = await _run(*place, factor)
        if result is not None:
            finished(result)
        return result

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(run(place)) for place in places]
    return [result for task in running if (result := task.result()) is not None]


async def _run(trial: Trial, kind: Kind, factor: float) -> Result | None:
    """What came of it; None where there is no such database here."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scoreboard", trial.name, "--on", kind.name.lower(), "--times", str(factor), "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate()
    try:
        results: list[dict[str, Any]] = json.loads(said)
    except ValueError:
        raise RuntimeError(f"{trial.name}, {kind}: {wrong.decode().strip()[-1000:]}") from None
    for found in results:
        return Result(
            trial=trial,
            kind=kind,
            trials=found["trials"],
            losses=found["losses"],
            counted=found["counted"],
            seconds=found["seconds"],
        )
    return None
