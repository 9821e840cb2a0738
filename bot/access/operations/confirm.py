"""Whoever would get access that somebody else asked for says whether they want it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.calling_off import call_off
from bot.access.operations.decide import demand_pending
from bot.access.operations.submit import go_on
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import AccessRequest, RequestState

#: what the others read when it is not wanted
NOT_WANTED = "They said “No, thanks”."


async def confirm(tx: Transaction, *, request_id: str, actor: str) -> None:
    """The beneficiary wants it: the request goes its way. Saying so again changes nothing.

    Raises:
        Refused: it is not for them, or no longer pending.
    """
    request = await _find(tx, request_id, actor)
    if not request.unconfirmed:
        return
    demand_pending(request, tx.now)
    tx.record("request.confirmed", actor=actor, subject=subjects.request(request_id))
    await go_on(tx, request)


async def decline(tx: Transaction, *, request_id: str, actor: str) -> None:
    """The beneficiary does not want it: the request is over, and nobody is asked. Saying so again changes nothing.

    Raises:
        Refused: it is not for them, no longer pending, or they have said yes.
    """
    request = await _find(tx, request_id, actor)
    if request.state is RequestState.CANCELLED and request.decided_by == actor:
        return
    demand_pending(request, tx.now)
    if not request.unconfirmed:
        raise Refused(Refusal.ALREADY_DECIDED, who=actor)
    await call_off(tx, request_id, actor=actor, reason=NOT_WANTED)


async def _find(tx: Transaction, request_id: str, actor: str) -> AccessRequest:
    request = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.id == request_id).with_for_update())
    if request is None:
        raise Refused(Refusal.GONE)
    if actor != request.beneficiary_id:
        raise Refused(Refusal.NOT_YOURS)
    return request
