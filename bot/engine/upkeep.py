"""Small tasks: a request's time to decide is over, somebody left, an outage is probed, the house is checked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from bot.access import subjects
from bot.access.catalog_store import load_application
from bot.access.notices import next_notice
from bot.access.operations import deliveries
from bot.access.operations.ending import end_grant
from bot.access.operations.escalate import escalate
from bot.access.operations.expire import expire
from bot.access.operations.following import converge_account, refresh_cards
from bot.access.operations.incidents import resolve_incident
from bot.access.operations.leave import find_unnoticed, leave
from bot.access.operations.people import DirectoryDoubt
from bot.engine.connectors import Connectors
from bot.engine.directory import DirectoryError, SlackDirectory
from bot.engine.work import Again, Done, Outcome
from storage import task_queue
from storage.database import Database, Transaction
from storage.tables import AccessRequest, EndReason, Grant, GrantState, Incident, RequestState, Task, TaskState
from storage.task_queue import ClaimedTask

#: how long finished tasks are kept, for `usher tasks`
KEEP_FINISHED = timedelta(days=14)

log = structlog.get_logger(__name__)


class Upkeep:
    """Handles the tasks that keep the house in order."""

    def __init__(
        self,
        database: Database,
        connectors: Connectors,
        directory: SlackDirectory,
        hourly: Sequence[Callable[[Transaction], Awaitable[None]]] = (),
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._directory = directory
        self._hourly = hourly

    async def expire(self, task: ClaimedTask) -> Outcome:
        """A pending request that nobody decided in time."""
        later = await self._database.write(expire, request_id=task.key)
        return Done() if later is None else Again(after=later - self._database.clock.now())

    async def escalate(self, task: ClaimedTask) -> Outcome:
        """A pending request that nobody has answered."""
        later = await self._database.write(escalate, request_id=task.key)
        return Done() if later is None else Again(after=later - self._database.clock.now())

    async def left(self, task: ClaimedTask) -> Outcome:
        """Somebody was deactivated in Slack."""
        await self._database.write(leave, person_id=task.key)
        return Done()

    async def directory(self, task: ClaimedTask) -> Outcome:
        """Reads one person or the user groups anew after an event, or everybody, as the net below the events."""
        try:
            if "person" in task.payload:
                await self._directory.look_again(task.payload["person"])
            elif "groups" in task.payload:
                await self._directory.sync_groups()
            else:
                await self._directory.sync()
        except (DirectoryError, DirectoryDoubt) as error:
            return Again(error=str(error))
        return Done()

    async def repair(self, task: ClaimedTask) -> Outcome:  # noqa: ARG002 - every handler takes its task
        """Invariant 3: every living grant has a task for its account, every pending request one for its end.

        And whatever else is to be done every hour.
        """
        await self._database.write(repair)
        for operation in self._hourly:
            await self._database.write(operation)
        return Done()

    async def probe(self, task: ClaimedTask) -> Outcome:
        """Tries, carefully, whether an outage is over: one look, then one task, then everybody."""
        application = task.key
        async with self._database.read() as session:
            entry = await load_application(session, application)
            outage = await session.scalar(
                sa.select(Incident).where(Incident.scope == application, Incident.state == sa.literal_column("'open'"))
            )
        if entry is None or outage is None:
            return Done()
        health = await self._connectors.of(entry).check()
        if health.ok:
            await self._database.write(let_one_try, application)
            return Done()
        wrong = next(condition for condition in health.conditions if not condition.ok)
        await self._database.write(note_probe, application, f"{wrong.name}: {wrong.detail}")
        return Again(error=wrong.detail)


async def let_one_try(tx: Transaction, application: str) -> None:
    """Lets one of the accounts that wait on an outage try; with nobody waiting, the outage is over."""
    outage = await tx.session.scalar(
        sa.select(Incident)
        .where(Incident.scope == application, Incident.state == sa.literal_column("'open'"))
        .with_for_update()
    )
    if outage is None:
        return
    parked = await tx.session.scalar(
        sa.select(Task)
        .where(Task.incident_id == outage.id, Task.state == TaskState.PARKED)
        .order_by(Task.run_at, Task.id)
        .limit(1)
        .with_for_update()
    )
    if parked is None:
        await resolve_incident(tx, scope=application, actor="usher", note="It works again.")
        return
    outage.trying_task = parked.id
    parked.state = TaskState.OPEN
    parked.run_at = tx.now
    parked.incident_id = None
    tx.wake_dispatchers()


async def note_probe(tx: Transaction, application: str, found: str) -> None:
    """Shows what the last try found, if that is news, and whose time is over meanwhile."""
    outage = await tx.session.scalar(
        sa.select(Incident)
        .where(Incident.scope == application, Incident.state == sa.literal_column("'open'"))
        .with_for_update()
    )
    if outage is not None and outage.note != found:
        outage.note = found
        outage.seen_at = tx.now
        subject = subjects.incident(outage.id)
        tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
    overdue = sa.select(Grant).where(
        Grant.application == application,
        Grant.ends_at <= tx.now,
        Grant.state.not_in([GrantState.ENDING, GrantState.ENDED]),
    )
    for grant in (await tx.session.scalars(overdue)).all():
        await end_grant(tx, grant, why=EndReason.EXPIRED, actor="usher")


async def repair(tx: Transaction) -> int:
    """Enqueues what is missing of the tasks that invariant 3 asks for, and returns how many were. Says so if any."""
    account_key = Grant.application + ":" + Grant.beneficiary_id
    account_task = sa.exists().where(
        Task.kind == subjects.ACCOUNT, Task.key == account_key, Task.state != sa.literal_column("'done'")
    )
    grants = sa.select(Grant.application, Grant.beneficiary_id).where(
        Grant.state != sa.literal_column("'ended'"), ~account_task
    )
    missing = set(await tx.session.execute(grants))
    for application, person_id in sorted(missing):
        converge_account(tx, application, person_id)
    expiry_task = sa.exists().where(
        Task.kind == subjects.EXPIRE, Task.key == AccessRequest.id, Task.state != sa.literal_column("'done'")
    )
    requests = sa.select(AccessRequest.id, AccessRequest.expires_at).where(
        AccessRequest.state == RequestState.PENDING, ~expiry_task
    )
    undated = (await tx.session.execute(requests)).all()
    for request_id, expires_at in undated:
        tx.enqueue(subjects.EXPIRE, request_id, run_at=expires_at)
    untold = await _untold(tx)
    for request_id in untold:
        refresh_cards(tx, request_id)
    gone = await find_unnoticed(tx)
    found = len(missing) + len(undated) + len(untold) + gone
    if found:
        counts = {"accounts": len(missing), "requests": len(undated), "notices": len(untold), "leavers": gone}
        log.error("repair.tasks_were_missing", **counts)
        tx.record("repair", actor="usher", subject="usher", **counts)
    await task_queue.purge(tx, before=tx.now - KEEP_FINISHED)
    await deliveries.purge(tx)
    return found


async def _untold(tx: Transaction) -> list[str]:
    """The requests whose people will have to be told that their access ends, and no task remembers it."""
    key = sa.literal("request:") + Grant.request_id
    task = sa.exists().where(Task.kind == subjects.CARDS, Task.key == key, Task.state != sa.literal_column("'done'"))
    active = sa.select(Grant).where(Grant.state == GrantState.ACTIVE, Grant.ends_at > tx.now, ~task)
    return [
        grant.request_id
        for grant in await tx.session.scalars(active)
        if grant.active_at and next_notice(grant.active_at, grant.ends_at, tx.now)
    ]
