"""What follows from a decision outside, inside the transaction that made it: grants, accounts and cards."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.request_rules import terms_of
from storage.database import Transaction
from storage.fixed import fixed
from storage.ids import new_id
from storage.tables import AccessRequest, Grant, GrantState

#: what a decision asks of ChatGPT goes first; the cards follow after an instant that nobody notices
CARDS_AFTER = timedelta(milliseconds=30)
#: the cards of a new request wait for the look at the account, which tells the approver what there is; but not for long
CARDS_WITHOUT_LOOK = timedelta(milliseconds=700)


_PENDING = fixed(
    sa.select(AccessRequest.id).where(
        AccessRequest.beneficiary_id == sa.bindparam("person_id"),
        AccessRequest.application == sa.bindparam("application"),
        AccessRequest.state == sa.literal_column("'pending'"),
    )
)


def refresh_cards(tx: Transaction, request_id: str, *, after: timedelta = CARDS_AFTER) -> None:
    """Sees to it that every card of a request shows what is true now."""
    subject = subjects.request(request_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + after)


async def refresh_pending(tx: Transaction, application: str, person_id: str) -> None:
    """As `refresh_cards`, for every request about a person's account that somebody is deciding now."""
    pending = await tx.execute(_PENDING, {"application": application, "person_id": person_id})
    for request_id in pending.scalars().all():
        refresh_cards(tx, request_id)


async def refresh_account_cards(tx: Transaction, application: str, person_id: str) -> None:
    """As `refresh_cards`, for every request by which a person has their account now."""
    living = sa.select(Grant.request_id).where(
        Grant.beneficiary_id == person_id,
        Grant.application == application,
        Grant.state != sa.literal_column("'ended'"),
    )
    for request_id in (await tx.session.scalars(living)).all():
        refresh_cards(tx, request_id)


def refresh_seat_card(tx: Transaction, grant: Grant) -> None:
    """Sees to it that the admins' card about a grant in line shows what is true now, if there ever was one."""
    if grant.waiting_since is not None:
        subject = subjects.seat(grant.id)
        tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + CARDS_AFTER)


def converge_account(tx: Transaction, application: str, person_id: str) -> None:
    """Sees to it that an account becomes what the living grants say."""
    key = subjects.account(application, person_id)
    tx.enqueue(
        subjects.ACCOUNT, key, lock_key=f"account:{key}", payload={"application": application, "person": person_id}
    )


async def pass_request(tx: Transaction, request: AccessRequest, *, actor: str, why: str | None) -> None:
    """A request that everybody agreed to becomes a grant, unless that was given first, as in an emergency."""
    given = (
        await tx.session.scalar(sa.select(Grant.id).where(Grant.request_id == request.id))
        if request.emergency
        else None
    )
    grant_id = given or await give(tx, request)
    tx.record("request.approved", actor=actor, subject=subjects.request(request.id), reason=why, grant=grant_id)
    refresh_cards(tx, request.id)


async def give(tx: Transaction, request: AccessRequest) -> str:
    """Makes the grant that a request asks for, with what its approvers changed, and returns its id.

    It starts at once, or on the day that was asked for. The grant of an extension starts when the one that it extends
    ends: both turn in the same task, so that the account stays as it is. Where that one has ended meanwhile, it is a
    grant like any other.
    """
    granted = terms_of(request)
    goes_on_from = await _end_of_extended(tx, request)
    later = request.starts_at if request.starts_at and request.starts_at > tx.now else None
    starts_at = goes_on_from or later or tx.now
    seconds = granted.duration_seconds
    time_counts = goes_on_from is not None or request.rules.get("starts") == "approved"
    grant = Grant(
        id=new_id(),
        request_id=request.id,
        replaces_id=request.replaces_id,
        beneficiary_id=request.beneficiary_id,
        application=request.application,
        role=granted.entitlement.role,
        seat_type=granted.entitlement.seat_type,
        duration_seconds=seconds,
        state=GrantState.GRANTING if starts_at <= tx.now else GrantState.SCHEDULED,
        created_at=tx.now,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=seconds) if seconds is not None and time_counts else None,
    )
    await tx.insert(grant)
    converge_account(tx, request.application, request.beneficiary_id)
    return grant.id


async def _end_of_extended(tx: Transaction, request: AccessRequest) -> datetime | None:
    """When the access ends that a request asks to go on; None where there is none, or not any more."""
    extended = await tx.session.get(Grant, request.extends_id) if request.extends_id is not None else None
    if extended is None or extended.state not in lifecycle.HOLDING | {GrantState.SCHEDULED}:
        return None
    return extended.ends_at if extended.ends_at is not None and extended.ends_at > tx.now else None
