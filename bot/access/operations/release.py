"""Somebody gives their access back."""

from __future__ import annotations

from bot.access.operations.ending import end_grant
from bot.access.operations.own_grant import find_own_grant
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import EndReason, GrantState


async def release(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Ends the grant of a request because its beneficiary, or who asked for them, gives it back.

    Giving back what is already being taken back changes nothing.

    Raises:
        Refused: it is somebody else's, or there is nothing to give back.
    """
    grant, _ = await find_own_grant(tx.session, request_id=request_id, actor=actor, none=Refusal.NOT_ACTIVE)
    ended = await end_grant(tx, grant, why=EndReason.RELEASED, actor=actor)
    if not ended and grant.state is GrantState.ENDED:
        raise Refused(Refusal.NOT_ACTIVE)
