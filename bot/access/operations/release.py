"""Somebody gives their access back."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access.operations.ending import end_grant
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, EndReason, Grant, GrantState


async def release(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Ends the grant of a request because its beneficiary, or who asked for them, gives it back.

    Giving back what is already being taken back changes nothing.

    Raises:
        Refused: it is somebody else's, or there is nothing to give back.
    """
    found = (
        await tx.session.execute(
            sa.select(Grant, AccessRequest.requester_id)
            .join(AccessRequest, AccessRequest.id == Grant.request_id)
            .where(Grant.request_id == request_id)
        )
    ).one_or_none()
    if found is None:
        raise Refused(Refusal.NOT_ACTIVE)
    grant, requester_id = found
    if actor not in (grant.beneficiary_id, requester_id):
        raise Refused(Refusal.NOT_YOURS)
    ended = await end_grant(tx, grant, why=EndReason.RELEASED, actor=actor)
    if not ended and grant.state is GrantState.ENDED:
        raise Refused(Refusal.NOT_ACTIVE)
