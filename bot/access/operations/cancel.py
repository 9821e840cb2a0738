"""The requester takes a pending request back."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.decide import demand_pending
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import resolve_incident
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, RequestState


async def cancel(tx: Transaction, *, request_id: str, actor: str, reason: str | None = None) -> None:
    """Cancels a pending request; cancelling it again changes nothing.

    Raises:
        Refused: it is somebody else's, or no longer pending.
    """
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None:
        raise Refused(Refusal.GONE)
    if actor not in (request.requester_id, "usher"):
        raise Refused(Refusal.NOT_YOURS)
    if request.state is RequestState.CANCELLED:
        return
    demand_pending(request, tx.now)
    request.state = RequestState.CANCELLED
    request.decided_at = tx.now
    request.decided_by = None if actor == "usher" else actor
    request.decision_reason = reason
    tx.record("request.cancelled", actor=actor, subject=subjects.request(request_id), reason=reason)
    await resolve_incident(tx, scope=subjects.request(request_id), actor=actor, note="The request was cancelled.")
    refresh_cards(tx, request_id)
