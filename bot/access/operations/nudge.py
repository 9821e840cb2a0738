"""The requester asks those who have not answered to look again."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.decide import demand_pending
from bot.access.operations.following import refresh_cards
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest

#: at most once in this time
NUDGE_EVERY = timedelta(days=1)


async def nudge(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Has everybody whose word is wanted reminded, in their daytime.

    Raises:
        Refused: it is somebody else's request, it can no longer be decided, or the last nudge is not a day ago.
    """
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None:
        raise Refused(Refusal.GONE)
    if actor not in (request.requester_id, request.beneficiary_id):
        raise Refused(Refusal.NOT_YOURS)
    demand_pending(request, tx.now)
    if request.nudged_at is not None and request.nudged_at + NUDGE_EVERY > tx.now:
        raise Refused(Refusal.NUDGED, detail={"again": request.nudged_at + NUDGE_EVERY})
    request.nudged_at = tx.now
    request.nudges += 1
    tx.record("request.nudged", actor=actor, subject=subjects.request(request_id), times=request.nudges)
    refresh_cards(tx, request_id)
