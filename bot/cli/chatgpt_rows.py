"""Connections from ChatGPT as rows for a shell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chatgpt_app.connections import REFRESH_LASTS, can_go_on, may_connect
from storage.tables import Connection, Person

Row = Mapping[str, object]


async def connections(
    session: AsyncSession, *, person_ids: Collection[str] = (), over: bool, guests: bool, now: datetime
) -> list[Row]:
    """Connections, newest first.

    Args:
        session: to read with.
        person_ids: only theirs; empty: everybody's.
        over: those that ended, or were not used for too long, as well.
        guests: may guests connect?
        now: UTC.
    """
    query = (
        sa.select(Connection, Person)
        .outerjoin(Person, Person.id == Connection.person_id)
        .order_by(Connection.created_at.desc(), Connection.id.desc())
    )
    if person_ids:
        query = query.where(Connection.person_id.in_(person_ids))
    if not over:
        query = query.where(can_go_on(now))
    return [
        {
            "id": connection.id,
            "state": _state(connection, person, guests=guests, now=now),
            "person": (person.email if person else None) or connection.person_id,
            "client": connection.client_name,
            "client_id": connection.client_id,
            "connected_at": connection.created_at,
            "used_at": connection.used_at,
            "ended_at": connection.ended_at,
            "ended_why": connection.ended_why.value if connection.ended_why else None,
        }
        for connection, person in (await session.execute(query)).all()
    ]


def _state(connection: Connection, person: Person | None, *, guests: bool, now: datetime) -> str:
    if connection.ended_at is not None:
        return "ended"
    if connection.used_at <= now - REFRESH_LASTS:
        return "expired"
    return "open" if may_connect(person, guests=guests) else "blocked"
