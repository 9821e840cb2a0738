"""Reads what a policy's rules look at. What no rule asks for is not read."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access.conditions import Circumstances
from bot.access.desired import Terms
from bot.access.policy import Facts
from bot.access.policy_rules import PolicyRules
from bot.access.user_groups import groups_of
from bot.access.wish import Wish
from storage.rows import Rows
from storage.tables import Account, AccountStatus, SeatCount


async def find_circumstances(
    rows: Rows,
    rules: PolicyRules,
    facts: Facts,
    wish: Wish,
    asked_for: Terms,
    *,
    channel: str,
    extension: bool,
) -> Circumstances:
    """What the rules of a policy may look at for this wish, at this moment."""
    beneficiary = facts.colleagues[facts.beneficiary_id]
    wants = [rule.when for rule in rules.rules]
    groups: frozenset[str] = frozenset()
    if any(when.usergroup is not None for when in wants):
        found = await groups_of(rows, [beneficiary.id])
        groups = frozenset(group.casefold() for group in found[beneficiary.id])
    raises_bill: bool | None = None
    if any(when.raises_bill is not None for when in wants):
        raises_bill = await _raises_bill(rows, wish.application, beneficiary.id, asked_for.entitlement.seat_type)
    return Circumstances(
        role=asked_for.entitlement.role,
        seat_type=asked_for.entitlement.seat_type,
        duration_seconds=asked_for.duration_seconds,
        on_behalf=facts.requester_id != facts.beneficiary_id,
        extension=extension,
        channel=channel,
        title=beneficiary.title,
        is_guest=beneficiary.is_guest,
        email=beneficiary.email or "",
        groups=groups,
        raises_bill=raises_bill,
    )


async def _raises_bill(rows: Rows, application: str, person_id: str, seat_type: str) -> bool | None:
    """Would one more seat of this type have to be paid for? None where nobody knows how many there are."""
    held = await rows.execute(
        sa.select(Account.seat_type).where(
            Account.application == application,
            Account.person_id == person_id,
            Account.status != AccountStatus.ABSENT,
        )
    )
    if held.scalar() == seat_type:
        return False
    counts = await rows.execute(
        sa.select(SeatCount.paid, SeatCount.used, SeatCount.invited, SeatCount.came).where(
            SeatCount.application == application, SeatCount.seat_type == seat_type
        )
    )
    count = counts.one_or_none()
    if count is None or count.paid is None or count.used is None:
        return None
    return bool(count.paid <= count.used + (count.invited or 0) + count.came)
