"""One to four replicas of Usher on one PostgreSQL: tasks a second, and the looks at the table that came to nothing.

Many grants end at once: each is an account to be looked at and set right, cards to be edited and people to be told.
The server is a private one, with the durability that a production server has by default.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from bench.crew import email_of, person_id
from bench.page import Table
from bench.process import process
from bench.stored import Living, give, hire
from bench.usher import Running, demo_catalog, usher
from storage import migrate
from tests.support import postgresql

REPLICAS: Final = (1, 2, 3, 4)
GRANTS: Final = 1_000
PATIENCE: Final = 300.0  # seconds

TITLE: Final = f"{GRANTS:,} grants that end at once, on PostgreSQL"
COLUMNS: Final = ("replicas", "tasks a second", "beside one", "tasks", "looks at the table", "found nothing", "beaten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What so many replicas did, all of them together."""

    tasks: int
    seconds: float
    took: int  # looks at the table that took tasks on
    nothing: int  # looks for which there was nothing
    beaten: int  # looks that another replica was faster than

    @property
    def rate(self) -> float:
        return self.tasks / self.seconds


async def measure() -> dict[int, Run]:
    """One company after the other, each on a database of its own."""
    with postgresql.running(durable=True) as server:
        if server is None:
            raise RuntimeError(
                "there is no PostgreSQL here: install it (Debian: postgresql), or set USHER_TEST_POSTGRESQL"
            )
        return {replicas: await _run(server, replicas) for replicas in REPLICAS}


async def _run(server: postgresql.Server, replicas: int) -> Run:
    name = server.create()
    url = server.url(name)
    await migrate.upgrade(url)
    await asyncio.to_thread(hire, url, GRANTS)
    async with (
        process("bench.light", str(GRANTS)) as light,
        _replicas(url, light, replicas) as running,
        httpx.AsyncClient(trust_env=False, timeout=60) as http,
    ):
        before = await _counts(http, running)
        ends_at = datetime.now(UTC) + timedelta(seconds=2)
        await asyncio.to_thread(give, url, [_living(number, ends_at) for number in range(GRANTS)])
        await asyncio.sleep((ends_at - datetime.now(UTC)).total_seconds())
        began = time.monotonic()
        with server.connected(name) as connection:
            await _all_done(connection)
        seconds = time.monotonic() - began
        after = await _counts(http, running)
    server.drop(name)
    return Run(seconds=seconds, **{what: int(after[what] - before[what]) for what in after})


@asynccontextmanager
async def _replicas(url: str, light: str, count: int) -> AsyncIterator[list[Running]]:
    async with AsyncExitStack() as stack:
        running = []
        for _ in range(count):
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-bench-")))
            settings = {"USHER_DATABASE_URL": url, "SLACK_MANAGER_FIELD": "Nobody"}
            replica = usher(f"{light}/api/", directory, catalog=demo_catalog(light), **settings)
            running.append(await stack.enter_async_context(replica))
        yield running


def _living(number: int, ends_at: datetime) -> Living:
    return Living(
        person=person_id(number), email=email_of(number), application="chatgpt", role="member", seat_type="codex",
        provider_id="", ends_at=ends_at,
    )  # fmt: skip


async def _all_done(connection: psycopg.Connection) -> None:
    """Waits until no grant lives and no task is due."""
    left = """
        SELECT (SELECT count(*) FROM grants WHERE state <> 'ended')
             + (SELECT count(*) FROM tasks WHERE state = 'open' AND run_at <= now() + interval '1 minute')"""
    deadline = time.monotonic() + PATIENCE
    while row := connection.execute(left).fetchone():
        if not row[0]:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{row[0]} grants and tasks are not done after {PATIENCE:.0f} seconds")
        await asyncio.sleep(0.1)


async def _counts(http: httpx.AsyncClient, running: Sequence[Running]) -> dict[str, float]:
    """What all replicas together say of their claims."""
    found = dict.fromkeys(("tasks", "took", "nothing", "beaten"), 0.0)
    for replica in running:
        page = (await http.get(f"{replica.url}/metrics")).text
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == "usher_task_claims_total":
                    found[sample.labels["outcome"]] += sample.value
                elif sample.name == "usher_tasks_claimed_total":
                    found["tasks"] += sample.value
    return found


async def tables() -> list[Table]:
    """One run, as a table."""
    found = await measure()
    rows = [
        (
            str(replicas), f"{run.rate:,.0f}", f"{run.rate / found[1].rate:.2f}", f"{run.tasks:,}",
            f"{run.took + run.nothing + run.beaten:,}", f"{run.nothing:,}", f"{run.beaten:,}",
        )
        for replicas, run in found.items()
    ]  # fmt: skip
    return [Table(name="replicas", title=TITLE, columns=COLUMNS, rows=rows)]
