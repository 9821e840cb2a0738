"""An admin wants a task to be tried now."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import Task, TaskState


async def retry_task(tx: Transaction, *, task_id: int, actor: str) -> None:
    """Makes a task due now, also one that waits on an incident; one that runs at this moment runs once more.

    Raises:
        Refused: there is no such task (GONE), or it is done (NOT_ACTIVE).
    """
    task = await tx.session.scalar(sa.select(Task).where(Task.id == task_id).with_for_update())
    if task is None:
        raise Refused(Refusal.GONE)
    if task.state is TaskState.DONE:
        raise Refused(Refusal.NOT_ACTIVE)
    tx.record("task.retried", actor=actor, subject=f"task:{task_id}", kind=task.kind, key=task.key)
    if task.incident_id is not None:
        incident = subjects.incident(task.incident_id)
        tx.enqueue(subjects.CARDS, incident, lock_key=f"cards:{incident}")  # it says who waits
        task.state = TaskState.OPEN
        task.incident_id = None
        task.run_at = tx.now
    task.failures = 0
    # brings an open task forward, and leaves a wish with one that runs
    tx.enqueue(task.kind, task.key, lock_key=task.lock_key)
