"""An admin answers an incident: Try again, I did it by hand, Give up."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.answer_step import done_by_hand
from bot.access.operations.ending import end_grant
from bot.access.operations.following import converge_account
from bot.access.operations.incidents import CANNOT_GET_IN, resolve_incident
from bot.access.operations.replay_events import replay_failed
from bot.access.operations.skip_approver import ask_again
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import Account, EndReason, Grant, GrantState, Incident, IncidentState, Task
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
    if incident.cause == CANNOT_GET_IN and answer is Answer.BY_HAND:  # nothing of it could be seen
        await resolve_incident(tx, scope=incident.scope, actor=actor, note="Done by hand.")
        return
    subject = subjects.incident(incident_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
    if _is_about_request(incident):
        await ask_again(tx, request_id=incident.scope.removeprefix("request:"))
        if incident.state is IncidentState.OPEN:
            incident.note = "Looked again: there is still nobody to ask."
        return
    webhook = subjects.read_webhook(incident.scope) if incident.application is None else None
    if webhook is not None:
        await replay_failed(tx, key=webhook, actor=actor)
        incident.note = "Trying again…"
        return
    work = subjects.read_work(incident.scope)
    if work is not None:
        tx.enqueue(*work)
        incident.note = "Trying again…"
        return
    incident.note = "Trying again…" if answer is Answer.TRY_AGAIN else "Looking what is there…"
    incident.looking = answer is Answer.BY_HAND
    if incident.person_id is not None and incident.application is not None:
        await _look_at_account(tx, incident.application, incident.person_id, actor=actor, answer=answer)
        if incident.cause == CANNOT_GET_IN:
            await _have_written_again(tx, incident.application, incident.person_id)
    if answer is Answer.BY_HAND or incident.person_id is not None:
        await release(tx, incident_id)
    else:
        tx.enqueue(subjects.PROBE, incident.scope, lock_key=f"probe:{incident.scope}")


def _is_about_request(incident: Incident) -> bool:
    return incident.scope.startswith("request:")


async def _look_at_account(tx: Transaction, application: str, person_id: str, *, actor: str, answer: Answer) -> None:
    """Try again means now, also for a change that is still being waited for."""
    if answer is Answer.BY_HAND:
        await done_by_hand(tx, application=application, person_id=person_id, actor=actor)
    else:
        this = sa.update(Account).where(Account.application == application, Account.person_id == person_id)
        await tx.session.execute(this.values(last_change_at=None))
    converge_account(tx, application, person_id)


async def _have_written_again(tx: Transaction, application: str, person_id: str) -> None:
    """An account that is there for all that Usher sees is written once more."""
    this = sa.update(Account).where(Account.application == application, Account.person_id == person_id)
    await tx.session.execute(this.values(invite_resent_at=None))


async def _give_up(tx: Transaction, incident: Incident, actor: str) -> None:
    """Ends what is being given. A removal is never given up."""
    never = incident.application is None or incident.cause == CANNOT_GET_IN or _is_about_request(incident)
    if never or await _is_being_taken(tx, incident):
        raise Refused(Refusal.CANNOT_GIVE_UP)
    waits = sa.or_(Task.incident_id == incident.id, Task.id == incident.trying_task)
    tasks = await tx.session.scalars(sa.select(Task.payload).where(waits, Task.kind == subjects.ACCOUNT))
    stuck = {payload["person"] for payload in tasks}
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


async def _is_being_taken(tx: Transaction, incident: Incident) -> bool:
    ending = sa.exists().where(
        Grant.application == incident.application,
        Grant.beneficiary_id == incident.person_id,
        Grant.state == GrantState.ENDING,
    )
    return bool(await tx.session.scalar(sa.select(sa.literal(1)).where(ending)))
