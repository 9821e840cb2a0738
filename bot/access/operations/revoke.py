"""An admin takes somebody's access away."""

from __future__ import annotations

from bot.access.operations.ending import end_grant
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import EndReason, Grant


async def revoke(tx: Transaction, *, grant_id: str, actor: str, reason: str) -> None:
    """Ends a grant at once, whatever its end.

    Args:
        tx: the transaction.
        grant_id: the grant.
        actor: a Slack user id or `shell:<user>`; the door has checked that they are an admin.
        reason: why, for the person and the ledger.

    Raises:
        Refused: there is no such grant, or it is over already.
    """
    grant = await tx.session.get(Grant, grant_id)
    if grant is None:
        raise Refused(Refusal.GONE)
    if not await end_grant(tx, grant, why=EndReason.REVOKED, actor=actor, note=reason):
        raise Refused(Refusal.NOT_ACTIVE)
