"""Somebody asks for access to go on beyond its end: a request of its own, under the same policy."""

from __future__ import annotations

from types import EllipsisType

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import lifecycle, queries
from bot.access.operations.own_grant import find_own_grant
from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish, WrongWish
from storage.database import Transaction
from storage.tables import Grant, GrantState, RequestState


async def extend(
    tx: Transaction,
    *,
    request_id: str,
    actor: str,
    duration_seconds: int | EllipsisType | None,
    reason: str,
    channel: str,
    origin: str | None = None,
) -> Submitted:
    """Asks for the grant of a request to go on. Until that is approved, and when it is denied, nothing changes.

    Args:
        tx: the transaction.
        request_id: the request whose grant is to go on.
        actor: who asks, as authenticated by the door.
        duration_seconds: for how long after its end; None for no end date, `...` where nothing was chosen.
        reason: why; whoever decides reads it.
        channel: the door: slack or chatgpt.
        origin: what was submitted, so that a redelivery of it is known as one.

    Raises:
        WrongWish: the duration is not offered, or there is no reason.
        Refused: it is somebody else's, there is nothing to extend, or it was extended already.
    """
    grant = await find_extendable(tx.session, request_id=request_id, actor=actor, locked=True)
    wish = Wish(
        application=grant.application,
        role=grant.role,
        seat_type=grant.seat_type,
        duration_seconds=duration_seconds,
        reason=reason,
        beneficiary_id=grant.beneficiary_id,
    )
    try:
        return await submit(tx, wish=wish, requester_id=actor, channel=channel, origin=origin, extends=grant)
    except WrongWish as wrong:
        if wrong.fields.keys() <= {"duration", "reason"}:
            raise
        raise Refused(Refusal.NOT_OFFERED) from wrong  # the catalogue has changed since it was granted


async def find_extendable(session: AsyncSession, *, request_id: str, actor: str, locked: bool = False) -> Grant:
    """The grant of a request, for somebody who may ask for it to go on; `locked` against an end at the same time.

    Raises:
        Refused: it is somebody else's, or has no end that could be moved.
    """
    nothing = Refusal.NOTHING_TO_EXTEND
    grant, _ = await find_own_grant(session, request_id=request_id, actor=actor, none=nothing, locked=locked)
    if grant.state not in lifecycle.HOLDING | {GrantState.SCHEDULED}:
        raise Refused(nothing)
    if grant.duration_seconds is None:
        raise Refused(Refusal.NO_END_DATE)
    if grant.ends_at is None:
        raise Refused(Refusal.NOT_BEGUN)
    return grant


async def demand_extendable(session: AsyncSession, *, request_id: str, actor: str) -> Grant:
    """The same, unless it was asked for already: for whoever opens the form, so that nobody fills it in for nothing.

    Raises:
        Refused: as above, or with the card of the extension that there is.
    """
    grant = await find_extendable(session, request_id=request_id, actor=actor)
    [story] = await queries.load_stories(session, [request_id])
    there = story.extension
    if there is not None:
        raise Refused(
            Refusal.ALREADY_ASKED if there.state is RequestState.PENDING else Refusal.ALREADY_HAVE,
            who=grant.beneficiary_id,
            permalink=there.permalinks.get(actor),
            detail={"until": there.ends_at},
        )
    return grant
