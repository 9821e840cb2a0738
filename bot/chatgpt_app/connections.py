"""A person's connection from ChatGPT, and the tokens that it lives by.

A token is random and kept as its hash. An access token is short-lived; a refresh token is good for one exchange, and
one that comes a second time ends the connection: two hold it then (RFC 9700, section 4.14). Whether somebody may
still come in is not written into a token: it is looked up for every call, so a leaver is out at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage.database import Transaction
from storage.fixed import fixed
from storage.ids import new_id
from storage.rows import Rows
from storage.tables import Connection, ConnectionEnd, ConnectionToken, Person, TokenKind, UTCDateTime

#: the one scope there is: see what may be asked for, ask, and change what is one's own
SCOPE = "access"
ACCESS_LASTS = timedelta(hours=1)
REFRESH_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A new pair, in clear: nobody can read it a second time."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose token it is, as the directory knows them now."""

    person_id: str
    name: str
    email: str | None
    client_id: str
    connection_id: str
    expires_at: datetime


def hashed(token: str) -> str:
    """What is kept of a token. A fast hash is enough: a token is 256 random bits and cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def subject(connection_id: str) -> str:
    """How the ledger names a connection."""
    return f"connection:{connection_id}"


def may_connect(person: Person | None, *, guests: bool) -> bool:
    """May somebody with this entry in the directory use the app?"""
    return person is not None and person.active and not person.is_bot and (guests or not person.is_guest)


def can_go_on(now: datetime) -> sa.ColumnElement[bool]:
    """Is a connection neither ended nor without a token that could still be renewed?"""
    return sa.and_(Connection.ended_at.is_(None), Connection.used_at > now - REFRESH_LASTS)


_HOLDER = (
    sa.select(
        Person.id,
        Person.name,
        Person.email,
        Connection.client_id,
        Connection.id,
        ConnectionToken.expires_at,
    )
    .join(Connection, Connection.id == ConnectionToken.connection_id)
    .join(Person, Person.id == Connection.person_id)
    .where(
        ConnectionToken.id == sa.bindparam("token"),
        ConnectionToken.kind == sa.literal_column("'access'"),
        ConnectionToken.expires_at > sa.bindparam("now", type_=UTCDateTime()),
        Connection.ended_at.is_(None),
        Connection.resource == sa.bindparam("resource"),
        Person.active,
        sa.not_(Person.is_bot),
    )
)
_HOLDER_NO_GUEST = fixed(_HOLDER.where(sa.not_(Person.is_guest)))
_HOLDER_OR_GUEST = fixed(_HOLDER)


async def holder_of(session: Rows, token: str, *, resource: str, guests: bool, now: datetime) -> Holder | None:
    """Who comes with an access token; None where it is not good, or its person may not come in (any more)."""
    statement = _HOLDER_OR_GUEST if guests else _HOLDER_NO_GUEST
    found = (await session.execute(statement, {"token": hashed(token), "resource": resource, "now": now})).one_or_none()
    if found is None:
        return None
    person_id, name, email, client_id, connection_id, expires_at = found
    return Holder(
        person_id=person_id,
        name=name,
        email=email,
        client_id=client_id,
        connection_id=connection_id,
        expires_at=expires_at,
    )


async def open_connection(
    tx: Transaction, *, person_id: str, client_id: str, client_name: str, resource: str
) -> tuple[str, Tokens]:
    """A person has connected a client. Returns the connection's id, and its first pair of tokens."""
    connection = Connection(
        id=new_id(),
        person_id=person_id,
        client_id=client_id,
        client_name=client_name,
        resource=resource,
        created_at=tx.now,
        used_at=tx.now,
    )
    await tx.insert(connection)
    tx.record("chatgpt.connected", actor=person_id, subject=subject(connection.id), client=client_name)
    return connection.id, await _issue(tx, connection.id)


async def renew(tx: Transaction, refresh_token: str, *, client_id: str, guests: bool) -> Tokens | None:
    """Exchanges a refresh token for a new pair; None where it is not good for that.

    One that was used before ends its connection: either the client or a thief has the newer one.
    """
    token = await tx.session.get(ConnectionToken, hashed(refresh_token), with_for_update=True)
    if token is None or token.kind is not TokenKind.REFRESH or token.expires_at <= tx.now:
        return None
    connection = await tx.session.get_one(Connection, token.connection_id, with_for_update=True)
    if connection.client_id != client_id or connection.ended_at is not None:
        return None
    if token.used_at is not None:
        await end_connection(tx, connection.id, actor="usher", why=ConnectionEnd.REPLAYED)
        return None
    if not may_connect(await tx.session.get(Person, connection.person_id), guests=guests):
        return None
    token.used_at = tx.now
    connection.used_at = tx.now
    return await _issue(tx, connection.id)


async def end_connection(tx: Transaction, connection_id: str, *, actor: str, why: ConnectionEnd) -> bool:
    """Ends a connection with all its tokens; False where it had ended, or there never was one."""
    ended = await tx.session.scalar(
        sa.update(Connection)
        .where(Connection.id == connection_id, Connection.ended_at.is_(None))
        .values(ended_at=tx.now, ended_why=why)
        .returning(Connection.id)
    )
    if ended is None:
        return False
    tx.record("chatgpt.disconnected", actor=actor, subject=subject(connection_id), why=why)
    return True


async def end_connections_of(tx: Transaction, person_ids: Collection[str], *, actor: str, why: ConnectionEnd) -> int:
    """Ends every connection that these people have. Returns how many there were."""
    theirs = sa.select(Connection.id).where(Connection.person_id.in_(person_ids), can_go_on(tx.now))
    ended = [await end_connection(tx, id_, actor=actor, why=why) for id_ in (await tx.session.scalars(theirs)).all()]
    return sum(ended)


async def _issue(tx: Transaction, connection_id: str) -> Tokens:
    tokens = Tokens(access=f"uat_{secrets.token_urlsafe(32)}", refresh=f"urt_{secrets.token_urlsafe(32)}")
    pair = ((tokens.access, TokenKind.ACCESS, ACCESS_LASTS), (tokens.refresh, TokenKind.REFRESH, REFRESH_LASTS))
    await tx.insert(
        *(
            ConnectionToken(
                id=hashed(token), connection_id=connection_id, kind=kind, created_at=tx.now, expires_at=tx.now + lasts
            )
            for token, kind, lasts in pair
        )
    )
    return tokens
