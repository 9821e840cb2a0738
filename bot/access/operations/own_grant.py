"""The grant of a request, for those whose it is: what giving back, extending and changing begin with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.refusals import Refusal, Refused
from storage.tables import AccessRequest, Grant

_FOUND = (
    sa.select(Grant, AccessRequest)
    .join(AccessRequest, AccessRequest.id == Grant.request_id)
    .where(Grant.request_id == sa.bindparam("request_id"))
)


async def find_own_grant(
    session: AsyncSession, *, request_id: str, actor: str, none: Refusal, locked: bool = False
) -> tuple[Grant, AccessRequest]:
    """The grant and its request, for the beneficiary or whoever asked for them.

    Args:
        session: the session.
        request_id: the request.
        actor: who wants something with it, as authenticated by the door.
        none: how to refuse where there is no grant.
        locked: against a change of the grant at the same time.

    Raises:
        Refused: there is none, or it is somebody else's.
    """
    statement = _FOUND.with_for_update(of=Grant) if locked else _FOUND
    found = (await session.execute(statement, {"request_id": request_id})).one_or_none()
    if found is None:
        raise Refused(none)
    grant, request = found
    if actor not in (grant.beneficiary_id, request.requester_id):
        raise Refused(Refusal.NOT_YOURS)
    return grant, request
