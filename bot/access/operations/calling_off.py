"""A request that is still pending ends without an answer."""

from __future__ import annotations

from bot.access import lifecycle, subjects
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import resolve_incident
from storage.database import Transaction
from storage.tables import AccessRequest, RequestState


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
