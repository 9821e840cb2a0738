"""A living grant begins to end. Release, revoke, leave and give up are this, with another reason."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.operations.calling_off import call_off
from bot.access.operations.following import converge_account, refresh_cards, refresh_seat_card
from storage.database import Transaction
from storage.fixed import fixed
from storage.tables import AccessRequest, EndReason, Grant, GrantState

#: locked, so that the ledger says from what it went over to its end
_STATE = fixed(sa.select(Grant.state).where(Grant.id == sa.bindparam("grant_id")).with_for_update())


async def end_grant(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None = None) -> bool:
    """Marks a grant as ending and sees to it that the account follows. False when it was ending or over already."""
    ending = await mark_ending(tx, grant, why=why, actor=actor, note=note)
    if ending:
        converge_account(tx, grant.application, grant.beneficiary_id)
    return ending


async def mark_ending(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None = None) -> bool:
    """As `end_grant`, for the account's own task, which is about to see to the account anyway.

    What is to follow it goes with it, asked for or approved, unless the grant ends because its time is over: then that
    is what comes next. What has taken its place stays.
    """
    was = (await tx.execute(_STATE, {"grant_id": grant.id})).scalar()
    moved = await tx.move(
        Grant,
        grant.id,
        before=lifecycle.before_grant(GrantState.ENDING),
        to=GrantState.ENDING,
        end_reason=why,
        end_note=note,
    )
    if moved:
        subject = subjects.grant(grant.id)
        tx.record("grant.ending", actor=actor, subject=subject, before=was, why=why.value, note=note)
        refresh_cards(tx, grant.request_id)
        refresh_seat_card(tx, grant)
        if why is not EndReason.EXPIRED:
            await _end_what_follows(tx, grant, why=why, actor=actor, note=note)
    return bool(moved)


async def _end_what_follows(tx: Transaction, grant: Grant, *, why: EndReason, actor: str, note: str | None) -> None:
    """Ends extensions of a grant, and changes that have not come about."""
    of_this = (
        AccessRequest.beneficiary_id == grant.beneficiary_id,  # this is what the index knows
        sa.or_(AccessRequest.extends_id == grant.id, AccessRequest.replaces_id == grant.id),
    )
    pending = sa.select(AccessRequest).where(*of_this, AccessRequest.state == sa.literal_column("'pending'"))
    for request in (await tx.session.scalars(pending)).all():
        was_to = "extend" if request.extends_id == grant.id else "replace"
        await call_off(tx, request.id, actor="usher", reason=f"The access that it was to {was_to} has ended.")
    # after that: one that is approved at this very moment is a grant by now
    approved = sa.select(Grant).join(AccessRequest, AccessRequest.id == Grant.request_id).where(*of_this)
    for follower in (await tx.session.scalars(approved)).all():
        if why is not EndReason.REPLACED or follower.replaces_id is None:
            await end_grant(tx, follower, why=why, actor=actor, note=note)


async def take_back(
    tx: Transaction, request: AccessRequest, *, why: EndReason, actor: str, note: str | None = None
) -> None:
    """Emergency access that is not approved afterwards ends at once."""
    if request.emergency:
        given = await tx.session.scalar(sa.select(Grant).where(Grant.request_id == request.id))
        if given is not None:
            await end_grant(tx, given, why=why, actor=actor, note=note)
