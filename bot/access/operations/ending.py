"""A living grant begins to end. Release, revoke, leave and give up are this, with another reason."""

from __future__ import annotations

from bot.access import lifecycle, subjects
from bot.access.operations.following import converge_account, refresh_cards
from storage.database import Transaction
from storage.tables import EndReason, Grant, GrantState


async def end_grant(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None = None) -> bool:
    """Marks a grant as ending and sees to it that the account follows. False when it was ending or over already."""
    moved = await tx.move(
        Grant,
        grant.id,
        before=lifecycle.before_grant(GrantState.ENDING),
        to=GrantState.ENDING,
        end_reason=why,
        end_note=note,
    )
    if moved:
        tx.record("grant.ending", actor=actor, subject=subjects.grant(grant.id), why=why.value, note=note)
        converge_account(tx, grant.application, grant.beneficiary_id)
        refresh_cards(tx, grant.request_id)
    return bool(moved)
