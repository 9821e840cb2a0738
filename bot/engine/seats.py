"""Seats: how many there are, who is in line before whom, and whether one more may be taken.

Taking a seat that is not paid for raises the bill, and removing somebody does not lower it before the renewal. So where
a provider says how many seats are paid for, Usher takes only free ones, unless an admin says that one may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import lifecycle, subjects
from bot.access.operations.following import converge_account, refresh_cards, refresh_seat_card
from bot.connectors.contract import Account as Observed
from bot.connectors.contract import Change, Invite, SeatPool, Seats, SetSeatType
from bot.engine.situation import Situation
from storage.database import Transaction
from storage.fixed import fixed
from storage.rows import objects
from storage.tables import Account, Grant, GrantState, SeatCount, table_of

#: a count that is older is not relied on
FRESH = timedelta(minutes=1)

_application: sa.BindParameter[str] = sa.bindparam("application")
_person: sa.BindParameter[str] = sa.bindparam("person_id")
_seat_type: sa.BindParameter[str] = sa.bindparam("seat_type")
_counts = table_of(SeatCount)
_COUNT = fixed(
    sa.select(_counts).where(_counts.c.application == _application, _counts.c.seat_type == _seat_type).with_for_update()
)
# what is bound in an UPDATE cannot be called as a column
_OF_APPLICATION = _counts.c.application == sa.bindparam("of_application")
_ONE_CAME = fixed(
    sa.update(_counts)
    .where(_OF_APPLICATION, _counts.c.seat_type == sa.bindparam("of_seat_type"))
    .values(came=_counts.c.came + 1)
)
_COUNT_ANEW = fixed(sa.update(_counts).where(_OF_APPLICATION).values(counted_at=sa.bindparam("at")))
# all of them at once, or two who change one and then all would wait for each other
_IN_ORDER = fixed(
    sa.select(_counts.c.seat_type)
    .where(_counts.c.application == _application)
    .order_by(_counts.c.seat_type)
    .with_for_update()
)
_OTHERS = (
    Grant.application == _application,
    Grant.state == sa.literal_column("'waiting'"),
    Grant.beneficiary_id != _person,
)
_FIRST_IN_LINE = fixed(sa.select(Grant.beneficiary_id).where(*_OTHERS).order_by(Grant.waiting_since, Grant.id).limit(1))
_ALL_IN_LINE = sa.select(sa.func.count(sa.distinct(Grant.beneficiary_id))).where(
    *_OTHERS, Grant.seat_type == _seat_type
)
_IN_LINE = fixed(_ALL_IN_LINE)
_IN_LINE_BEFORE = fixed(_ALL_IN_LINE.where(Grant.waiting_since < sa.bindparam("since")))
_ON_THEIR_WAY = fixed(
    sa.select(sa.func.count(sa.distinct(Account.person_id)))
    .join(Grant, sa.and_(Grant.application == Account.application, Grant.beneficiary_id == Account.person_id))
    .where(
        Account.application == _application,
        Account.person_id != _person,
        Account.last_change_at.is_not(None),
        Grant.seat_type == _seat_type,
        Grant.state == sa.literal_column("'granting'"),
    )
)


class CountFirst(Exception):
    """The last count is too old to say whether a seat is free."""


class CountSoon(Exception):
    """Others are about to take the seats that are left, as far as one can see: count again when they have."""


class NoneFree(Exception):
    """Every seat is taken, or meant for those who are in line."""


def taken_by(change: Change) -> str | None:
    """The type of which a change takes a seat; None when it takes none."""
    match change:
        case Invite(entitlement=entitlement):
            return entitlement.seat_type
        case SetSeatType(seat_type=seat_type):
            return seat_type
        case _:
            return None


async def demand_room(tx: Transaction, situation: Situation, change: Change) -> None:
    """Lets a change pass that takes no seat, or one that is free for this person.

    Changes that are on their way count as seats taken. The count's row is locked until the commit, so that two people
    cannot both be let through to the last seat.

    Raises:
        CountFirst, CountSoon, NoneFree: it may not pass, or not yet.
    """
    seat_type = taken_by(change)
    if seat_type is None or not situation.counts_seats or any(grant.billed_by for grant in situation.holding):
        return
    found = await objects(tx, SeatCount, _COUNT, {"application": situation.entry.key, "seat_type": seat_type})
    count = next(iter(found), None)
    if count is None or count.counted_at < tx.now - FRESH:
        raise CountFirst
    free = seats_of(count).free
    if free is None:
        return
    free -= await _in_line_before(tx, situation, seat_type)
    coming = await _on_their_way(tx, situation, seat_type)
    if free - coming - count.came > 0:
        return
    if count.came:
        raise CountFirst  # they may be in the count, or not
    raise CountSoon if free > 0 else NoneFree("no seat is free")


def seats_of(count: SeatCount) -> Seats:
    """A stored count as the connector told it."""
    return Seats(used=count.used, invited=count.invited, paid=count.paid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """When a count began, and who had come since the one before: what happens meanwhile may not be in it."""

    at: datetime
    came: Mapping[str, int]


async def begin_count(session: AsyncSession, application: str, *, now: datetime) -> Began:
    """To be read before the provider is asked."""
    rows = await session.execute(
        sa.select(SeatCount.seat_type, SeatCount.came).where(SeatCount.application == application)
    )
    return Began(at=now, came=dict(rows.all()))


async def keep_count(tx: Transaction, situation: Situation, pool: SeatPool | None, *, began: Began) -> None:
    """Keeps what was counted, and shows it on the card of whoever waits."""
    application = situation.entry.key
    counted = dict(pool.by_type) if pool is not None else {}
    new = {
        seat_type
        for seat_type in sorted({*counted, *(grant.seat_type for grant in situation.holding)})
        if await tx.insert_unless_there(
            SeatCount(application=application, seat_type=seat_type, came=0, counted_at=began.at)
        )
    }
    # locked, in order: who comes meanwhile is counted after this, and nobody else keeps a count
    known = sa.select(SeatCount).where(SeatCount.application == application).order_by(SeatCount.seat_type)
    news = False
    for row in (await tx.session.scalars(known.with_for_update())).all():
        seat_type = row.seat_type
        if row.counted_at > began.at:
            continue  # somebody has counted since
        seats = counted.get(seat_type, Seats())
        news |= seat_type in new or seats_of(row) != seats
        row.used, row.invited, row.paid = seats.used, seats.invited, seats.paid
        row.renews_on = pool.renews_on if pool is not None else None
        row.counted_at = began.at
        row.came = max(row.came - began.came.get(seat_type, 0), 0)
    for grant in situation.holding:
        if news and grant.state is GrantState.WAITING:
            refresh_seat_card(tx, grant)


async def wait_in_line(tx: Transaction, situation: Situation, *, why: str) -> Situation:
    """What is being given waits for a free seat, in the order in which it began to wait; the admins are asked.

    Returns:
        The situation of somebody in line.
    """
    situation = situation.copied()
    for grant in situation.holding:
        since, was = grant.waiting_since or tx.now, grant.state
        moved = await tx.move(
            Grant,
            grant.id,
            before=set(lifecycle.before_grant(GrantState.WAITING)) - {GrantState.INVITED},
            to=GrantState.WAITING,
            waiting_since=since,
        )
        if not moved:
            continue
        grant.state, grant.waiting_since = GrantState.WAITING, since
        tx.record("grant.waiting", actor="usher", subject=subjects.grant(grant.id), before=was, why=why)
        refresh_cards(tx, grant.request_id)
        refresh_seat_card(tx, grant)
    return replace(situation, in_line=True)


async def follow_change(tx: Transaction, situation: Situation, observed: Observed) -> None:
    """An account was seen to have changed: one seat less is free, or one more, for whoever is first in line."""
    if not situation.counts_seats:
        return
    application = situation.entry.key
    asked = {"application": application, "person_id": situation.person.id}
    next_in_line = (await tx.execute(_FIRST_IN_LINE, asked)).scalar()
    if next_in_line is not None:
        await tx.execute(_IN_ORDER, {"application": application})
    if observed.entitlement is not None:
        await tx.execute(_ONE_CAME, {"of_application": application, "of_seat_type": observed.entitlement.seat_type})
    if next_in_line is not None:
        await tx.execute(_COUNT_ANEW, {"of_application": application, "at": tx.now - FRESH - FRESH})
        converge_account(tx, situation.entry.key, next_in_line)


async def _in_line_before(tx: Transaction, situation: Situation, seat_type: str) -> int:
    """How many people have waited longer for a seat of this type."""
    own = min((grant.waiting_since for grant in situation.holding if grant.waiting_since is not None), default=None)
    asked = {"application": situation.entry.key, "person_id": situation.person.id, "seat_type": seat_type}
    statement, since = (_IN_LINE, {}) if own is None else (_IN_LINE_BEFORE, {"since": own})
    return int((await tx.execute(statement, {**asked, **since})).scalar() or 0)


async def _on_their_way(tx: Transaction, situation: Situation, seat_type: str) -> int:
    """How many other people a change was sent for that takes a seat of this type, and that is not to be seen yet."""
    asked = {"application": situation.entry.key, "person_id": situation.person.id, "seat_type": seat_type}
    return int((await tx.execute(_ON_THEIR_WAY, asked)).scalar() or 0)
