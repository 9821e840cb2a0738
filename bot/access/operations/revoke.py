"""An admin takes somebody's access away."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import lifecycle
from bot.access.operations.ending import end_grant
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import EndReason, Grant, GrantState


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
    grant = await find_revocable(tx.session, grant_id)
    if not await end_grant(tx, grant, why=EndReason.REVOKED, actor=actor, note=reason):
        raise Refused(Refusal.NOT_ACTIVE)


async def find_revocable(session: AsyncSession, grant_id: str) -> Grant:
    """The grant, while it can be taken back.

    Raises:
        Refused: there is no such grant, or it is over already.
    """
    grant = await session.get(Grant, grant_id)
    if grant is None:
        raise Refused(Refusal.GONE)
    if grant.state not in lifecycle.before_grant(GrantState.ENDING):
        raise Refused(Refusal.NOT_ACTIVE)
    return grant
