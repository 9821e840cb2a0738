"""A request that nobody decided in time is asked again, with one press."""

from __future__ import annotations

from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish, WrongWish
from storage.database import Transaction
from storage.tables import AccessRequest, Grant, RequestState


async def ask_anew(tx: Transaction, *, request_id: str, actor: str, channel: str) -> Submitted:
    """Makes the same wish again. Pressing twice is one request.

    Raises:
        Refused: it is somebody else's, it did not expire, or what it asked for is not offered any more.
    """
    request = await tx.session.get(AccessRequest, request_id)
    if request is None:
        raise Refused(Refusal.GONE)
    if actor != request.requester_id:
        raise Refused(Refusal.NOT_YOURS)
    if request.state is not RequestState.EXPIRED:
        raise Refused(Refusal.STALE)
    wish = Wish(
        application=request.application,
        role=request.role,
        seat_type=request.seat_type,
        duration_seconds=request.duration_seconds,
        reason=request.reason,
        beneficiary_id=request.beneficiary_id,
        starts_at=request.starts_at if request.starts_at and request.starts_at > tx.now else None,
        emergency=request.emergency,
    )
    extends = await tx.session.get(Grant, request.extends_id) if request.extends_id else None
    replaces = await tx.session.get(Grant, request.replaces_id) if request.replaces_id else None
    try:
        return await submit(
            tx,
            wish=wish,
            requester_id=actor,
            channel=channel,
            origin=f"again:{request_id}",
            extends=extends,
            replaces=replaces,
        )
    except WrongWish as wrong:
        raise Refused(Refusal.NOT_OFFERED) from wrong
