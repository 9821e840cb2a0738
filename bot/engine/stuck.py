"""Work that fails again and again for a reason that nobody else tells the admins of."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.incidents import open_incident, resolve_incident
from bot.engine.reach import SHOWN, is_known
from bot.engine.work import Again, NotYet, Outcome
from storage import task_queue
from storage.database import Transaction
from storage.tables import Incident, IncidentState
from storage.task_queue import ClaimedTask

#: after so many failures in a row (two minutes and more, with the back-off) a human is told
STUCK = 6
#: an incident's card gathers who joins it, instead of being edited for each
GATHER = timedelta(seconds=1)
#: what these fail of has incidents of its own
TELL_THEMSELVES = frozenset({subjects.ACCOUNT, subjects.PROBE})


def is_news(task: ClaimedTask, outcome: Outcome) -> bool:
    """Did the work fail once too often, or succeed after it had?"""
    # an incident about an incident's card helps nobody
    if isinstance(outcome, NotYet) or task.kind in TELL_THEMSELVES or task.key.startswith("incident:"):
        return False
    failed = isinstance(outcome, Again) and outcome.error is not None
    return task.failures + 1 == STUCK if failed else task.failures >= STUCK


async def tell_of(tx: Transaction, task: ClaimedTask, outcome: Outcome) -> None:
    """Opens the incident of a piece of work that is stuck, or closes it. Without Slack, one tells for all its cards."""
    scope = subjects.work(task.kind, task.key)
    error = outcome.error if isinstance(outcome, Again) else None
    if error is not None and task.kind in SHOWN and await is_known(tx):
        return
    if error is None:
        await resolve_incident(tx, scope=scope, actor="usher", note="It worked.")
        return
    await open_incident(
        tx,
        scope=scope,
        cause="KeepsFailing",
        explanation=f"Something that Usher has to do failed {STUCK} times in a row ({task.kind}): {error}",
        remedy="Usher keeps trying, later and later. Mend what the message names, then press Try again; if it names "
        "nothing that you know, report it with the log.",
    )


async def park(tx: Transaction, task: ClaimedTask, *, incident_id: str, error: str) -> bool:
    """The task waits for the end of an incident, whose card counts it from now on; where that is over, it goes on.

    Returns:
        False where its lease was lost.
    """
    # locked: whoever resolves it sees the task parked, or this sees it resolved
    state = await tx.session.scalar(
        sa.select(Incident.state).where(Incident.id == incident_id).with_for_update(read=True)
    )
    if state is not IncidentState.OPEN:
        return await task_queue.retry(tx, task, run_at=tx.now, error=None, failed=False)
    kept = await task_queue.park(tx, task, incident_id=incident_id, error=error)
    subject = subjects.incident(incident_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + GATHER)
    return kept
