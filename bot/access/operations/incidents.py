"""Opening and closing incidents: one cause of failure, one incident, one card, however often it is met."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.following import refresh_account_cards
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import Incident, IncidentState
from storage.task_queue import release

#: a person's own word, of an account that nobody else can see
CANNOT_GET_IN: Final = "CannotGetIn"


async def open_incident(
    tx: Transaction,
    *,
    scope: str,
    cause: str,
    explanation: str,
    remedy: str,
    application: str | None = None,
    person_id: str | None = None,
    actor: str = "usher",
) -> str:
    """Writes down that something failed, and returns the incident's id.

    A scope that already has an open incident keeps it: it is counted, and its card edited.
    """
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
    while not await tx.insert_unless_there(incident):
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
            await _refresh_own_cards(tx, known)
            return known.id
    tx.record("incident.opened", actor=actor, subject=subjects.incident(incident.id), scope=scope, cause=cause)
    _refresh(tx, incident.id)
    await _refresh_own_cards(tx, incident)
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
    await _refresh_own_cards(tx, incident)
    return incident.id


async def _refresh_own_cards(tx: Transaction, incident: Incident) -> None:
    """Who it is about reads on their own cards that it is known, or over."""
    if incident.cause == CANNOT_GET_IN and incident.application is not None and incident.person_id is not None:
        await refresh_account_cards(tx, incident.application, incident.person_id)


def _refresh(tx: Transaction, incident_id: str) -> None:
    subject = subjects.incident(incident_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
