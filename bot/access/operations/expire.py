"""A pending request that nobody decided in time expires."""

from __future__ import annotations

from datetime import datetime

from bot.access import lifecycle, subjects
from bot.access.operations.ending import take_back
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import resolve_incident
from storage.database import Transaction
from storage.tables import AccessRequest, EndReason, RequestState


async def expire(tx: Transaction, *, request_id: str) -> datetime | None:
    """Marks a request as expired, if it is still pending and its time is over.

    Returns:
        When its time will be over; None where there is nothing to wait for.
    """
    request = await tx.session.get(AccessRequest, request_id)
    if request is None or request.state is not RequestState.PENDING:
        return None
    if request.expires_at > tx.now:
        return request.expires_at
    moved = await tx.move(
        AccessRequest,
        request_id,
        before=lifecycle.before_request(RequestState.EXPIRED),
        to=RequestState.EXPIRED,
        decided_at=tx.now,
    )
    if moved:
        tx.record("request.expired", actor="usher", subject=subjects.request(request_id))
        await resolve_incident(tx, scope=subjects.request(request_id), actor="usher", note="The request expired.")
        await take_back(tx, request, why=EndReason.NOT_CONFIRMED, actor="usher")
        refresh_cards(tx, request_id)
    return None
