"""The handful of things that happen by the clock: APScheduler ticks, the tasks table remembers.

Its jobs are in memory and only enqueue, with a key that names the occurrence, so that several replicas make one task of
it. Its persistent job store is not used: it loses jobs at kill -9 and doubles them with two replicas (see the design).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.access import subjects
from storage import traces
from storage.database import Database, Transaction
from storage.errors import StorageError

#: seconds; the net below nudges and exact wake-ups, for clocks that jump and machines that sleep
TICK = 5
DIRECTORY_EVERY = timedelta(hours=1)
REPAIR_EVERY = timedelta(hours=1)
#: which connectors are due then, their last reports say
CHECKS_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


def start_clock(database: Database, nudge: Callable[[], None]) -> AsyncIOScheduler:
    """Starts the clock in the running event loop; `shutdown(wait=False)` stops it."""
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(nudge, "interval", seconds=TICK, id="tick")
    for kind, every in (
        (subjects.DIRECTORY, DIRECTORY_EVERY),
        (subjects.REPAIR, REPAIR_EVERY),
        (subjects.CHECKS, CHECKS_EVERY),
    ):
        scheduler.add_job(
            _enqueue, "interval", seconds=every.total_seconds(), jitter=60, id=kind, args=[database, kind, every]
        )
    scheduler.start()
    return scheduler


async def _enqueue(database: Database, kind: str, every: timedelta) -> None:
    try:
        with traces.follow():
            await database.write(enqueue_occurrence, kind, every)
    except StorageError as error:
        log.warning("clock.no_database", job=kind, error=str(error))


async def enqueue_occurrence(tx: Transaction, kind: str, every: timedelta) -> None:
    """Asks for one run of recurring work in this slot of time."""
    slot = int(tx.now.timestamp() // every.total_seconds())
    tx.enqueue(kind, f"{kind}:{slot}", lock_key=kind)
