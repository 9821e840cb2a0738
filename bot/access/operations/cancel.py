"""The requester takes a pending request back."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access.operations.calling_off import call_off
from bot.access.operations.decide import demand_pending
from bot.access.operations.ending import take_back
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, EndReason, RequestState


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
    if await call_off(tx, request_id, actor=actor):
        await take_back(tx, request, why=EndReason.RELEASED, actor=actor)
