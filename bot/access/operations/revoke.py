"""Somebody's access is taken away, by those who look after it or after the person."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import lifecycle
from bot.access.looked_after import is_in_charge
from bot.access.operations.ending import end_grant
from bot.access.people_queries import admin_ids
from bot.access.refusals import Refusal, Refused
from bot.access.team import manages
from storage.database import Transaction
from storage.tables import EndReason, Grant, GrantState


async def revoke(tx: Transaction, *, grant_id: str, actor: str, reason: str) -> None:
    """Ends a grant at once, whatever its end.

    Args:
        tx: the transaction.
        grant_id: the grant.
        actor: `shell:<user>`; whoever has the shell is an admin. People in Slack go through `revoke_as`.
        reason: why, for the person and the ledger.

    Raises:
        Refused: there is no such grant, or it is over already.
    """
    grant = await _find(tx.session, grant_id)
    if not await end_grant(tx, grant, why=EndReason.REVOKED, actor=actor, note=reason):
        raise Refused(Refusal.NOT_ACTIVE)


async def revoke_as(tx: Transaction, *, grant_id: str, actor: str, reason: str, admins: Collection[str]) -> None:
    """The same by a person, if it is theirs to take away.

    Args:
        tx: the transaction.
        grant_id: the grant.
        actor: who does it, by Slack user id.
        reason: why, for the person and the ledger.
        admins: Usher's admins, by Slack user id or e-mail address.

    Raises:
        Refused: it is not theirs, there is no such grant, or it is over already.
    """
    await find_revocable(tx.session, grant_id=grant_id, actor=actor, admins=admins)
    await revoke(tx, grant_id=grant_id, actor=actor, reason=reason)


async def find_revocable(session: AsyncSession, *, grant_id: str, actor: str, admins: Collection[str]) -> Grant:
    """The grant, while it can be taken back, for those who may: Usher's admins, the application's, and the manager
    of whom it is for, each as the directory and the catalogue have it now.

    Raises:
        Refused: it is not theirs, there is no such grant, or it is over already.
    """
    grant = await _find(session, grant_id)
    if not (
        await manages(session, actor, grant.beneficiary_id)
        or await is_in_charge(session, grant.application, actor)
        or actor in await admin_ids(session, admins)
    ):
        raise Refused(Refusal.NOT_ADMIN)
    return grant


async def _find(session: AsyncSession, grant_id: str) -> Grant:
    grant = await session.get(Grant, grant_id)
    if grant is None:
        raise Refused(Refusal.GONE)
    if grant.state not in lifecycle.before_grant(GrantState.ENDING):
        raise Refused(Refusal.NOT_ACTIVE)
    return grant
