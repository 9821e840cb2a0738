"""Somebody has left the company: they lose every grant, their wishes end, and nobody waits for their word."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.calling_off import call_off
from bot.access.operations.ending import end_grant, take_back
from bot.access.operations.skip_approver import skip_approver
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, EndReason, Grant, Person, Task

_PENDING = AccessRequest.state == sa.literal_column("'pending'")


async def leave(tx: Transaction, *, person_id: str) -> None:
    """Follows up on somebody who was deactivated in Slack. Nothing happens when they are active (again)."""
    person = await tx.session.get(Person, person_id)
    if person is None or person.active:
        return
    # Wishes before grants: one that is approved at this very moment is a grant by the time grants are looked for.
    theirs = sa.select(AccessRequest).where(
        sa.or_(AccessRequest.beneficiary_id == person_id, AccessRequest.requester_id == person_id), _PENDING
    )
    for request in (await tx.session.scalars(theirs)).all():
        gone = await call_off(tx, request.id, actor="usher", reason=f"{person.name} has left the company.")
        if gone and request.beneficiary_id != person_id:  # their own access ends below, for another reason
            await take_back(tx, request, why=EndReason.NOT_CONFIRMED, actor="usher")
    living = sa.select(Grant).where(Grant.beneficiary_id == person_id, Grant.state != sa.literal_column("'ended'"))
    for grant in (await tx.session.scalars(living)).all():
        await end_grant(tx, grant, why=EndReason.LEFT, actor="usher", note="Left the company.")
    waiting = (
        sa.select(Approval.request_id)
        .join(AccessRequest, AccessRequest.id == Approval.request_id)
        .where(
            Approval.approver_id == person_id,
            Approval.decision.is_(None),
            Approval.unreachable_at.is_(None),
            _PENDING,
        )
    )
    for request_id in (await tx.session.scalars(waiting)).all():
        await skip_approver(tx, request_id=request_id, approver_id=person_id, why="left")


async def find_unnoticed(tx: Transaction) -> int:
    """Has everybody followed up who left and still has, or wishes for, something; returns how many.

    A net below the events: a wish may be sent, or approved, while its owner is being deactivated.
    """
    has = sa.exists().where(
        Grant.beneficiary_id == Person.id,
        Grant.state != sa.literal_column("'ended'"),
        Grant.state != sa.literal_column("'ending'"),
    )
    wishes = sa.exists().where(AccessRequest.beneficiary_id == Person.id, _PENDING)
    seen_to = sa.exists().where(
        Task.kind == subjects.LEFT, Task.key == Person.id, Task.state != sa.literal_column("'done'")
    )
    unnoticed = sa.select(Person.id).where(Person.active.is_(False), sa.or_(has, wishes), ~seen_to)
    found = (await tx.session.scalars(unnoticed)).all()
    for person_id in found:
        tx.enqueue(subjects.LEFT, person_id)
    return len(found)
