"""The page at /metrics, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest

from bot.metrics.counts import Counts
from bot.metrics.state import StateCollector, read_state
from storage.database import Database


async def metrics_page(database: Database, counts: Counts) -> bytes:
    """What there is now, what this process has counted, and the process itself (memory, open files, CPU time).

    Raises:
        StorageError: the database cannot be read.
    """
    page = CollectorRegistry()
    page.register(StateCollector(await database.look(read_state, now=database.clock.now())))
    page.register(counts.registry)
    ProcessCollector(registry=page)
    PlatformCollector(registry=page)
    return generate_latest(page)
