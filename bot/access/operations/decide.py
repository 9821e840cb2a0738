"""An approver approves or denies."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.following import follow_votes
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, Decision, Person, RequestState

_TOO_LATE = {
    RequestState.APPROVED: Refusal.ALREADY_DECIDED,
    RequestState.DENIED: Refusal.ALREADY_DECIDED,
    RequestState.CANCELLED: Refusal.CANCELLED,
    RequestState.EXPIRED: Refusal.EXPIRED,
}

#: locked, so that of two who press at once the second sees what the first decided
_REQUEST = sa.select(AccessRequest).where(AccessRequest.id == sa.bindparam("id")).with_for_update()
_ASKED = (
    sa.select(Approval, Person.active)
    .join(Person, Person.id == Approval.approver_id)
    .where(Approval.request_id == sa.bindparam("id"))
)


async def decide(
    tx: Transaction, *, request_id: str, approver_id: str, decision: Decision, reason: str | None = None
) -> RequestState:
    """Counts one approver's word, and returns the state of the request after it.

    The same word by the same person again changes nothing and is no error: Slack delivers twice and people press twice.

    Raises:
        Refused: the person may not decide this request, or it can no longer be decided.
    """
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None:
        raise Refused(Refusal.GONE)
    if approver_id in (request.requester_id, request.beneficiary_id):
        raise Refused(Refusal.OWN_REQUEST)
    asked = (await tx.session.execute(_ASKED, {"id": request_id})).all()
    mine = next((approval for approval, _ in asked if _is_at(approval, request, approver_id)), None)
    if mine is None or not next(active for approval, active in asked if approval is mine):
        raise Refused(Refusal.NOT_ASKED)
    if mine.decision is decision:
        return request.state
    may_decide(tx, request)
    if mine.decision is not None:
        raise Refused(Refusal.ALREADY_DECIDED, who=approver_id)
    mine.decision = decision
    mine.reason = reason
    mine.decided_at = tx.now
    tx.record(
        "request.vote",
        actor=approver_id,
        subject=subjects.request(request_id),
        decision=decision.value,
        stage=request.stage,
        why_asked=mine.why,
        reason=reason,
        seconds_to_decide=round((tx.now - mine.asked_at).total_seconds(), 3),
    )
    await follow_votes(tx, request, [approval for approval, _ in asked], actor=approver_id, reason=reason)
    return request.state


def may_decide(tx: Transaction, request: AccessRequest) -> None:
    """Raises `Refused` when a request can no longer be decided. Expiry is computed: a late task approves nothing."""
    if request.state is not RequestState.PENDING:
        raise Refused(_TOO_LATE[request.state], who=request.decided_by)
    if request.expires_at <= tx.now:
        raise Refused(Refusal.EXPIRED)


def _is_at(approval: Approval, request: AccessRequest, approver_id: str) -> bool:
    """Is this the person's vote: at the stage that decides now, or, once it is over, at any?"""
    if approval.approver_id != approver_id:
        return False
    return approval.stage == request.stage or request.state is not RequestState.PENDING
