"""Somebody cannot get into what Usher takes for given, and says so; or they can now.

That is for applications of which Usher sees only what they were told. Nobody but the person knows whether they are in,
so their word opens the incident, and closes it.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.catalog_store import load_application
from bot.access.operations.incidents import CANNOT_GET_IN, open_incident, resolve_incident
from bot.access.refusals import Refusal, Refused
from bot.connectors.registry import capabilities_of
from storage.database import Transaction
from storage.tables import Account, Grant, GrantState, Incident, Person


async def cannot_get_in(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Tells the admins that the access of a request is not there, with what they can look at. Once, until it is solved.

    Raises:
        Refused: it is somebody else's, it is not active, or Usher sees for itself who is in.
    """
    grant = await _of(tx, request_id, actor)
    entry = await load_application(tx.session, grant.application)
    if entry is None or grant.state is not GrantState.ACTIVE:
        raise Refused(Refusal.GONE)
    can = capabilities_of(entry.connector)
    if can.sees_members:
        raise Refused(Refusal.GONE)
    scope = subjects.account(grant.application, actor)
    known = await tx.session.scalar(
        sa.select(Incident.cause).where(Incident.scope == scope, Incident.state == sa.literal_column("'open'"))
    )
    if known == CANNOT_GET_IN:
        return
    person = await tx.session.get_one(Person, actor)
    account = await tx.session.get_one(Account, (grant.application, actor))
    account.invite_resent_at = tx.now  # nothing is sent again before an admin wants it
    await open_incident(
        tx,
        scope=scope,
        application=grant.application,
        person_id=actor,
        cause=CANNOT_GET_IN,
        explanation=f"{person.name} cannot get in. For Usher {account.email} has access: what came of that it cannot "
        "see.",
        remedy=can.if_locked_out.format(email=account.email),
        actor=actor,
    )


async def got_in(tx: Transaction, *, request_id: str, actor: str) -> None:
    """Closes what `cannot_get_in` opened; where that is closed already, nothing changes.

    Raises:
        Refused: it is somebody else's.
    """
    grant = await _of(tx, request_id, actor)
    scope = subjects.account(grant.application, actor)
    cause = await tx.session.scalar(
        sa.select(Incident.cause).where(Incident.scope == scope, Incident.state == sa.literal_column("'open'"))
    )
    if cause == CANNOT_GET_IN:
        await resolve_incident(tx, scope=scope, actor=actor, note="They say that it works now.")


async def _of(tx: Transaction, request_id: str, actor: str) -> Grant:
    """The grant of a request, for nobody but whose access it is; locked against a second press."""
    grant = await tx.session.scalar(sa.select(Grant).where(Grant.request_id == request_id).with_for_update())
    if grant is None:
        raise Refused(Refusal.GONE)
    if grant.beneficiary_id != actor:
        raise Refused(Refusal.NOT_YOURS)
    return grant
