"""Whether the connectors work: each is checked when an admin asks, and once a day."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.catalog import ApplicationEntry
from bot.access.catalog_store import load_offered
from bot.access.operations.ask_for_check import enqueue_check
from bot.connectors.contract import Condition
from bot.engine.connectors import Connectors
from bot.engine.remedies import exact
from bot.engine.work import Done, Outcome
from storage.database import Database, Transaction
from storage.tables import Application, HealthReport
from storage.task_queue import ClaimedTask
from storage.upsert import insert_into

#: seconds that one connector's check may take
PATIENCE = 30.0
#: how old what is known may become; what does not work is looked at again sooner
GOOD_FOR = timedelta(days=1)
BAD_FOR = timedelta(hours=1)


class Checks:
    """Handles the tasks that check connectors."""

    def __init__(self, database: Database, connectors: Connectors) -> None:
        self._database = database
        self._connectors = connectors

    async def check(self, task: ClaimedTask) -> Outcome:
        """Checks one application and keeps what was found. Nothing that is found makes the task fail."""
        entry = await self._database.look(load_offered, task.key)
        if entry is not None:
            found = await check_connector(self._connectors, entry)
            await self._database.write(keep_report, entry.key, found)
        return Done()

    async def check_all(self, task: ClaimedTask) -> Outcome:  # noqa: ARG002 - every handler takes its task
        """Enqueues a check for every application of which too little is known."""
        await self._database.write(enqueue_due_checks)
        return Done()


async def check_connector(connectors: Connectors, entry: ApplicationEntry) -> tuple[Condition, ...]:
    """A line for each condition, with the exact next step for what is missing. `usher check` shows the same."""
    try:
        health = await asyncio.wait_for(connectors.of(entry).check(), PATIENCE)
    except TimeoutError:
        no_answer = f"There was no answer within {PATIENCE:.0f} seconds."
        return (Condition(name="Reachable", ok=False, detail=no_answer, remedy="Check the network, then check again."),)
    return tuple(replace(each, remedy=exact(each.remedy, entry)) for each in health.conditions)


async def keep_report(tx: Transaction, application: str, found: tuple[Condition, ...]) -> None:
    """Keeps what a check found, and has it shown."""
    values = {"document": {"conditions": [asdict(each) for each in found]}, "checked_at": tx.now}
    report = insert_into(HealthReport, is_sqlite=tx.is_sqlite).values(application=application, **values)
    await tx.session.execute(report.on_conflict_do_update(index_elements=["application"], set_=values))
    subject = subjects.application(application)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


async def enqueue_due_checks(tx: Transaction) -> None:
    """Enqueues a check for every application that was never checked, or too long ago."""
    known = await tx.session.execute(
        sa.select(Application.key, HealthReport.document, HealthReport.checked_at)
        .join(HealthReport, HealthReport.application == Application.key, isouter=True)
        .where(Application.retired_at.is_(None))
    )
    for key, document, checked_at in known:
        if checked_at is None or checked_at <= tx.now - _good_for(document):
            enqueue_check(tx, key)


def _good_for(document: dict[str, list[dict[str, object]]]) -> timedelta:
    return GOOD_FOR if all(each["ok"] for each in document["conditions"]) else BAD_FOR
