"""The requester takes a pending request back."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.operations.decide import demand_pending
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import resolve_incident
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, RequestState


async def cancel(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Cancels a pending request; cancelling it again changes nothing.

    Raises:
        Refused: it is somebody else's, or no longer pending.
    """
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None:
        raise Refused(Refusal.GONE)
    if actor != request.requester_id:
        raise Refused(Refusal.NOT_YOURS)
    if request.state is RequestState.CANCELLED:
        return
    demand_pending(request, tx.now)
    await call_off(tx, request_id, actor=actor)


async def call_off(tx: Transaction, request_id: str, *, actor: str, reason: str | None = None) -> bool:
    """Cancels a request that is still pending, whoever made it. False when it was decided, or is over."""
    moved = await tx.move(
        AccessRequest,
        request_id,
        before=lifecycle.before_request(RequestState.CANCELLED),
        to=RequestState.CANCELLED,
        decided_at=tx.now,
        decided_by=None if actor == "usher" else actor,
        decision_reason=reason,
    )
    if moved:
        tx.record("request.cancelled", actor=actor, subject=subjects.request(request_id), reason=reason)
        await resolve_incident(tx, scope=subjects.request(request_id), actor=actor, note="The request was cancelled.")
        refresh_cards(tx, request_id)
    return bool(moved)
