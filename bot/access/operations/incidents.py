"""Opening and closing incidents: one cause of failure, one incident, one card, however often it is met."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import Incident, IncidentState
from storage.task_queue import release


async def open_incident(
    tx: Transaction,
    *,
    scope: str,
    cause: str,
    explanation: str,
    remedy: str,
    application: str | None = None,
    person_id: str | None = None,
) -> str:
    """Writes down that something failed, and returns the incident's id.

    A scope that already has an open incident keeps it: it is counted, and its card edited.
    """
    known = await tx.session.scalar(
        sa.select(Incident)
        .where(Incident.scope == scope, Incident.state == sa.literal_column("'open'"))
        .with_for_update()
    )
    if known is not None:
        known.count += 1
        known.seen_at = tx.now
        known.cause, known.explanation, known.remedy = cause, explanation, remedy
        known.note = None
        known.looking = False
        _refresh(tx, known.id)
        return known.id
    incident = Incident(
        id=new_id(),
        scope=scope,
        application=application,
        person_id=person_id,
        cause=cause,
        explanation=explanation,
        remedy=remedy,
        state=IncidentState.OPEN,
        count=1,
        opened_at=tx.now,
        seen_at=tx.now,
    )
    tx.session.add(incident)
    await tx.session.flush()
    tx.record("incident.opened", actor="usher", subject=subjects.incident(incident.id), scope=scope, cause=cause)
    _refresh(tx, incident.id)
    return incident.id


async def resolve_incident(tx: Transaction, *, scope: str, actor: str, note: str | None = None) -> str | None:
    """Closes the open incident of a scope, releases what waits on it, and returns its id; None when there is none."""
    incident = await tx.session.scalar(
        sa.select(Incident)
        .where(Incident.scope == scope, Incident.state == sa.literal_column("'open'"))
        .with_for_update()
    )
    if incident is None:
        return None
    incident.state = IncidentState.RESOLVED
    incident.resolved_at = tx.now
    incident.resolved_by = None if actor == "usher" else actor
    incident.note = note
    await release(tx, incident.id)
    tx.record("incident.resolved", actor=actor, subject=subjects.incident(incident.id), scope=scope, note=note)
    _refresh(tx, incident.id)
    return incident.id


def _refresh(tx: Transaction, incident_id: str) -> None:
    subject = subjects.incident(incident_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
