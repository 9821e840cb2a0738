"""An approver cannot be reached: the request goes on without them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.asking import ask, facts_about, follow_votes, is_enough
from bot.access.operations.incidents import resolve_incident
from bot.access.request_rules import rules_of
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, RequestState


async def skip_approver(tx: Transaction, *, request_id: str, approver_id: str, why: str) -> None:
    """Marks an approver of a pending request as out of reach and asks the fallback if nobody else is left.

    Args:
        tx: the transaction.
        request_id: the request.
        approver_id: who cannot be reached.
        why: what kept us from them, for the ledger (Slack's error code, or `left`).
    """
    request, asked = await _pending(tx, request_id)
    if request is None:
        return
    mine = next((each for each in asked if each.approver_id == approver_id and each.stage == request.stage), None)
    if mine is None or mine.decision is not None or mine.unreachable_at is not None:
        return
    mine.unreachable_at = tx.now
    tx.record(
        "request.approver_skipped", actor="usher", subject=subjects.request(request_id), approver=approver_id, why=why
    )
    await follow_votes(tx, request, asked, actor="usher", reason=None)
    if request.state is RequestState.PENDING:
        await _ask_others(tx, request, asked)


async def ask_again(tx: Transaction, *, request_id: str) -> None:
    """Looks again for somebody to ask, after nobody could be: the directory may know more by now."""
    request, asked = await _pending(tx, request_id)
    if request is not None:
        await _ask_others(tx, request, asked)


async def _pending(tx: Transaction, request_id: str) -> tuple[AccessRequest | None, list[Approval]]:
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None or request.state is not RequestState.PENDING:
        return None, []
    asked = await tx.session.scalars(sa.select(Approval).where(Approval.request_id == request_id))
    return request, list(asked)


async def _ask_others(tx: Transaction, request: AccessRequest, asked: list[Approval]) -> None:
    """Asks somebody else where those who were asked can no longer agree."""
    stage = rules_of(request).approve[request.stage]
    if is_enough(stage, asked, at=request.stage):
        return
    here = [each for each in asked if each.stage == request.stage]
    unreachable = {each.approver_id for each in here if each.unreachable_at is not None}
    await ask(tx, request, await facts_about(tx, request, unreachable), asked)
    await follow_votes(tx, request, asked, actor="usher", reason=None)  # they may have said yes at an earlier stage
    if request.state is not RequestState.PENDING or is_enough(stage, asked, at=request.stage):
        await resolve_incident(
            tx, scope=subjects.request(request.id), actor="usher", note="Somebody else has been asked."
        )
