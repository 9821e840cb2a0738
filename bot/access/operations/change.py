"""Somebody asks for another role or seat type in place of what they have: a request of its own."""

from __future__ import annotations

from types import EllipsisType

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.own_grant import find_own_grant
from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish, WrongWish
from storage.database import Transaction
from storage.tables import Grant, GrantState, RequestState


async def change(
    tx: Transaction,
    *,
    request_id: str,
    actor: str,
    role: str | None,
    seat_type: str | None,
    duration_seconds: int | EllipsisType | None,
    reason: str,
    channel: str,
    origin: str | None = None,
) -> Submitted:
    """Asks for something else in place of the grant of a request, which stays as it is until the other one is there.

    Args:
        tx: the transaction.
        request_id: the request whose grant is to be replaced.
        actor: who asks, as authenticated by the door.
        role: what is wanted instead; None where nothing was chosen.
        seat_type: likewise.
        duration_seconds: for how long; None for no end date, `...` where nothing was chosen.
        reason: why; whoever decides reads it.
        channel: the door: slack or chatgpt.
        origin: what was submitted, so that a redelivery of it is known as one.

    Raises:
        WrongWish: it is not offered, it is what they have, or there is no reason.
        Refused: it is somebody else's, not active, or was asked for already.
    """
    grant = await find_changeable(tx.session, request_id=request_id, actor=actor, locked=True)
    wish = Wish(
        application=grant.application,
        role=role,
        seat_type=seat_type,
        duration_seconds=duration_seconds,
        reason=reason,
        beneficiary_id=grant.beneficiary_id,
    )
    if (role or grant.role, seat_type or grant.seat_type) == (grant.role, grant.seat_type):
        field = "role" if seat_type is None else "seat_type"
        raise WrongWish({field: "This is what there is already. Choose something else, or press Extend for more time."})
    return await submit(tx, wish=wish, requester_id=actor, channel=channel, origin=origin, replaces=grant)


async def find_changeable(session: AsyncSession, *, request_id: str, actor: str, locked: bool = False) -> Grant:
    """The grant of a request, for somebody who may ask for another in its place; `locked` against an end meanwhile.

    Raises:
        Refused: it is somebody else's, not active, or was not approved yet.
    """
    nothing = Refusal.NOTHING_TO_CHANGE
    grant, request = await find_own_grant(session, request_id=request_id, actor=actor, none=nothing, locked=locked)
    if grant.state is not GrantState.ACTIVE or request.state is not RequestState.APPROVED:
        raise Refused(nothing)
    return grant


async def demand_changeable(session: AsyncSession, *, request_id: str, actor: str) -> Grant:
    """The same, unless a change was asked for already: for whoever opens the form.

    Raises:
        Refused: as above, or with the card of the change that there is.
    """
    grant = await find_changeable(session, request_id=request_id, actor=actor)
    [story] = await queries.load_stories(session, [request_id])
    there = story.replacement
    if there is not None:
        raise Refused(Refusal.ALREADY_ASKED, who=grant.beneficiary_id, permalink=there.permalinks.get(actor))
    return grant
