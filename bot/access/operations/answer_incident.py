"""An admin answers an incident: Try again, I did it by hand, Give up."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.ending import end_grant
from bot.access.operations.following import converge_account
from bot.access.operations.incidents import resolve_incident
from bot.access.operations.skip_approver import ask_again
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import EndReason, Grant, GrantState, Incident, IncidentState, Task
from storage.task_queue import release


class Answer(StrEnum):
    """What an admin can say to an incident."""

    TRY_AGAIN = "try_again"
    #: Usher then looks, and believes only what it sees
    BY_HAND = "by_hand"
    GIVE_UP = "give_up"


async def answer_incident(tx: Transaction, *, incident_id: str, actor: str, answer: Answer) -> None:
    """Does what an admin asks for. The door has checked that the actor is an admin.

    An incident is closed by what is seen afterwards, not by the button: what still fails keeps its card.

    Raises:
        Refused: the incident is over, or this answer is not possible.
    """
    incident = await tx.session.scalar(sa.select(Incident).where(Incident.id == incident_id).with_for_update())
    if incident is None:
        raise Refused(Refusal.GONE)
    if incident.state is not IncidentState.OPEN:
        raise Refused(Refusal.ALREADY_DECIDED, who=incident.resolved_by)
    tx.record(f"incident.{answer.value}", actor=actor, subject=subjects.incident(incident_id), scope=incident.scope)
    if answer is Answer.GIVE_UP:
        await _give_up(tx, incident, actor)
        return
    if incident.scope.startswith("request:"):
        await ask_again(tx, request_id=incident.scope.removeprefix("request:"))
    elif incident.person_id is not None and incident.application is not None:
        converge_account(tx, incident.application, incident.person_id)
        await release(tx, incident_id)
    elif answer is Answer.BY_HAND:
        incident.looking = True
        await release(tx, incident_id)
    else:
        incident.looking = False
        tx.enqueue(subjects.PROBE, incident.scope, lock_key=f"probe:{incident.scope}")
    incident.note = "Trying again…" if answer is Answer.TRY_AGAIN else "Looking what is there…"
    subject = subjects.incident(incident_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


async def _give_up(tx: Transaction, incident: Incident, actor: str) -> None:
    """Ends what is being given. A removal is never given up."""
    parked = sa.select(Task.payload).where(Task.incident_id == incident.id, Task.kind == subjects.ACCOUNT)
    stuck = {payload["person"] for payload in await tx.session.scalars(parked)}
    if incident.person_id is not None:
        stuck.add(incident.person_id)
    being_given = sa.select(Grant).where(
        Grant.application == incident.application,
        Grant.beneficiary_id.in_(stuck),
        Grant.state.in_([GrantState.GRANTING, GrantState.WAITING, GrantState.FAILED, GrantState.INVITED]),
    )
    for grant in (await tx.session.scalars(being_given)).all():
        await end_grant(tx, grant, why=EndReason.GIVEN_UP, actor=actor)
    await resolve_incident(tx, scope=incident.scope, actor=actor, note="Given up.")
