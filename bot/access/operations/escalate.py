"""Nobody has answered in time: somebody above them is asked too."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.asking import facts_about, is_enough
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import resolve_incident
from bot.access.policy import ESCALATION, escalation
from bot.access.request_rules import rules_of
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, Decision, RequestState


async def escalate(tx: Transaction, *, request_id: str) -> datetime | None:
    """Asks the manager's manager, or else the fallback, besides those who were asked. Once at each stage.

    Returns:
        When it will be due; None where there is nothing to wait for.
    """
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None or request.state is not RequestState.PENDING:
        return None
    after = rules_of(request).escalate_after
    approvals = list(await tx.session.scalars(sa.select(Approval).where(Approval.request_id == request_id)))
    here = [each for each in approvals if each.stage == request.stage]
    if after is None or not here or any(each.why == ESCALATION for each in here):
        return None
    due = min(each.asked_at for each in here) + timedelta(seconds=after)
    if due > tx.now:
        return due
    unreachable = {each.approver_id for each in here if each.unreachable_at is not None}
    facts = await facts_about(tx, request, unreachable)
    stage = rules_of(request).approve[request.stage]
    # that nobody answers here makes no answer of a yes that was given to another question
    agreed = {each.approver_id for each in approvals if each.decision is Decision.APPROVED and not stage.fresh}
    above = escalation(rules_of(request), facts, already_asked=agreed | {each.approver_id for each in here})
    if not above:
        return None
    new = [
        Approval(
            request_id=request_id,
            stage=request.stage,
            approver_id=approver.id,
            why=approver.why,
            for_id=approver.for_id,
            asked_at=tx.now,
        )
        for approver in above
    ]
    await tx.insert(*new)
    if is_enough(stage, [*approvals, *new], at=request.stage):
        await resolve_incident(
            tx, scope=subjects.request(request_id), actor="usher", note="Somebody else has been asked."
        )
    tx.record(
        "request.escalated",
        actor="usher",
        subject=subjects.request(request_id),
        stage=request.stage,
        to=[approver.id for approver in above],
    )
    refresh_cards(tx, request_id)
    return None
