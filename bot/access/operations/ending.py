"""A living grant begins to end. Release, revoke, leave and give up are this, with another reason."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.operations.cancel import call_off
from bot.access.operations.following import converge_account, refresh_cards, refresh_seat_card
from storage.database import Transaction
from storage.tables import AccessRequest, EndReason, Grant, GrantState


async def end_grant(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None = None) -> bool:
    """Marks a grant as ending and sees to it that the account follows. False when it was ending or over already."""
    ending = await mark_ending(tx, grant, why=why, actor=actor, note=note)
    if ending:
        converge_account(tx, grant.application, grant.beneficiary_id)
    return ending


async def mark_ending(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None = None) -> bool:
    """As `end_grant`, for the account's own task, which is about to see to the account anyway.

    Its extension goes with it, asked for or approved, unless the grant ends because its time is over: then the
    extension is what comes next.
    """
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
        refresh_cards(tx, grant.request_id)
        refresh_seat_card(tx, grant)
        if why is not EndReason.EXPIRED:
            await _end_extensions(tx, grant, why=why, actor=actor, note=note)
    return bool(moved)


async def _end_extensions(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None) -> None:
    # who it is for is what the index knows
    of_this = (AccessRequest.beneficiary_id == grant.beneficiary_id, AccessRequest.extends_id == grant.id)
    pending = sa.select(AccessRequest.id).where(*of_this, AccessRequest.state == sa.literal_column("'pending'"))
    for request_id in (await tx.session.scalars(pending)).all():
        await call_off(tx, request_id, actor="usher", reason="The access that it was to extend has ended.")
    # after that: one that is approved at this very moment is a grant by now
    approved = sa.select(Grant).join(AccessRequest, AccessRequest.id == Grant.request_id).where(*of_this)
    for extension in (await tx.session.scalars(approved)).all():
        await end_grant(tx, extension, why=why, actor=actor, note=note)
