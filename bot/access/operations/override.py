"""An admin decides in place of approvers who do not."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.operations.asking import follow_votes
from bot.access.operations.decide import demand_pending
from bot.access.operations.incidents import resolve_incident
from bot.access.policy import OVERRIDE
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, Decision, Person, RequestState


async def override(tx: Transaction, *, request_id: str, admin_id: str, decision: Decision, reason: str) -> RequestState:
    """Decides the stage that a request is at, and returns the state of the request after it. Marked as such everywhere.

    Args:
        tx: the transaction.
        request_id: the request.
        admin_id: who decides; the door has checked that they are one of Usher's admins.
        decision: their word, which stands for the whole stage.
        reason: why they decide, and not those who were asked; everybody concerned reads it.

    Raises:
        Refused: it is their own request, or it can no longer be decided.
    """
    request = await demand_overridable(tx.session, request_id, admin_id, tx.now, locked=True)
    approvals = list(await tx.session.scalars(sa.select(Approval).where(Approval.request_id == request_id)))
    mine = next((each for each in approvals if each.approver_id == admin_id and each.stage == request.stage), None)
    word = {"why": OVERRIDE, "for_id": None, "decision": decision, "reason": reason, "decided_at": tx.now}
    if mine is None:
        mine = Approval(request_id=request_id, stage=request.stage, approver_id=admin_id, asked_at=tx.now, **word)
        await tx.insert(mine)
        approvals.append(mine)
    else:
        for field, value in word.items():
            setattr(mine, field, value)
    tx.record(
        "request.overridden",
        actor=admin_id,
        subject=subjects.request(request_id),
        decision=decision.value,
        stage=request.stage,
        instead_of=[each.approver_id for each in approvals if each.stage == request.stage and each is not mine],
        reason=reason,
    )
    await resolve_incident(tx, scope=subjects.request(request_id), actor=admin_id, note="An admin decided the request.")
    await follow_votes(tx, request, approvals, actor=admin_id, reason=reason)
    return request.state


async def demand_overridable(
    session: AsyncSession, request_id: str, admin_id: str, now: datetime, *, locked: bool = False
) -> AccessRequest:
    """The request, while an admin may decide it; `locked` against everybody else who decides.

    Raises:
        Refused: it is their own request, it can no longer be decided, or they have left.
    """
    statement = sa.select(AccessRequest).where(AccessRequest.id == request_id)
    request = await session.scalar(statement.with_for_update() if locked else statement)
    if request is None:
        raise Refused(Refusal.GONE)
    if admin_id in (request.requester_id, request.beneficiary_id):
        raise Refused(Refusal.OWN_REQUEST)
    demand_pending(request, now)
    if request.unconfirmed:
        raise Refused(Refusal.NOT_ASKED)
    admin = await session.get(Person, admin_id)
    if admin is None or not admin.active or admin.is_bot:
        raise Refused(Refusal.NOT_USHERS_ADMIN)
    return request
