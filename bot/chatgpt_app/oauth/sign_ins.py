"""The way from Connect to an authorization code, a transaction for each step.

A ticket travels through the browser and through Slack (as `state`). It is good in the one browser that was shown the
consent page, and each step only after the one before.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from bot.chatgpt_app.connections import Tokens, end_connection, hashed, may_connect, open_connection
from storage.database import Transaction
from storage.tables import ConnectionEnd, Person, SignIn

if TYPE_CHECKING:
    from mcp.server.auth.provider import AuthorizationParams

TICKET_LASTS: Final = timedelta(minutes=10)
CODE_LASTS: Final = timedelta(seconds=60)
#: for how long a code that was used is remembered, to be known when it comes again
USED_CODE_KEPT: Final = timedelta(days=1)
#: sign-ins under way at a time; many times as many as a company begins in ten minutes
MOST_UNDER_WAY: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A sign-in under way."""

    id: str
    client_id: str
    client_name: str
    redirect_uri: str
    state: str | None
    nonce: str | None  # the hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code was given for."""

    code_challenge: str
    redirect_uri: str
    redirect_uri_explicit: bool


async def begin(
    tx: Transaction, *, client_id: str, client_name: str, params: AuthorizationParams, resource: str
) -> str | None:
    """Somebody pressed Connect. Returns their ticket, or None where too many are on the way."""
    await forget_expired(tx)
    under_way = await tx.session.scalar(sa.select(sa.func.count()).where(SignIn.code.is_(None)))
    if (under_way or 0) >= MOST_UNDER_WAY:
        return None
    ticket = secrets.token_urlsafe(32)
    await tx.insert(
        SignIn(
            id=hashed(ticket),
            client_id=client_id,
            client_name=client_name,
            redirect_uri=str(params.redirect_uri),
            redirect_uri_explicit=params.redirect_uri_provided_explicitly,
            state=params.state,
            code_challenge=params.code_challenge,
            resource=resource,
            created_at=tx.now,
            expires_at=tx.now + TICKET_LASTS,
        )
    )
    return ticket


async def show(tx: Transaction, ticket: str, *, browser: str) -> UnderWay | None:
    """The consent page is about to be shown; the ticket is this browser's from now on. None: it is not good here."""
    sign_in = await tx.session.get(SignIn, hashed(ticket), with_for_update=True)
    if sign_in is None:
        return None
    if sign_in.browser is None:
        sign_in.browser = hashed(browser)
    return _under_way(sign_in) if _is_good(tx, sign_in, browser) else None


async def consent(tx: Transaction, ticket: str, *, browser: str) -> str | None:
    """The person agreed. Returns the nonce that Slack has to say again; None where the ticket is not good here."""
    sign_in = await tx.session.get(SignIn, hashed(ticket), with_for_update=True)
    if sign_in is None or not _is_good(tx, sign_in, browser):
        return None
    nonce = secrets.token_urlsafe(32)
    sign_in.nonce = hashed(nonce)
    return nonce


async def come_back(tx: Transaction, ticket: str, *, browser: str) -> UnderWay | None:
    """Slack sent the person back; that works once for each consent. None where the ticket is not good for it."""
    sign_in = await tx.session.get(SignIn, hashed(ticket), with_for_update=True)
    if sign_in is None or sign_in.nonce is None or not _is_good(tx, sign_in, browser):
        return None
    found = _under_way(sign_in)
    sign_in.nonce = None
    return found


async def give_up(tx: Transaction, ticket: str, *, browser: str) -> UnderWay | None:
    """The sign-in comes to nothing. Returns what it was; None where the ticket is not good here."""
    sign_in = await tx.session.get(SignIn, hashed(ticket), with_for_update=True)
    if sign_in is None or not _is_good(tx, sign_in, browser):
        return None
    found = _under_way(sign_in)
    await tx.session.delete(sign_in)
    return found


async def admit(tx: Transaction, sign_in_id: str, *, person_id: str, guests: bool) -> str | None:
    """Slack said who it is. Returns the authorization code; None where that person may not connect."""
    sign_in = await tx.session.get(SignIn, sign_in_id, with_for_update=True)
    if sign_in is None or sign_in.code is not None:
        return None
    if not may_connect(await tx.session.get(Person, person_id), guests=guests):
        await tx.session.delete(sign_in)
        return None
    code = secrets.token_urlsafe(32)
    sign_in.person_id, sign_in.code, sign_in.expires_at = person_id, hashed(code), tx.now + CODE_LASTS
    return code


async def present(tx: Transaction, code: str, *, client_id: str) -> Code | None:
    """A client came with a code; None where it is not good. One that comes again ends what was made of it."""
    sign_in = await _by_code(tx, code, client_id)
    if sign_in is None:
        return None
    return Code(
        code_challenge=sign_in.code_challenge,
        redirect_uri=sign_in.redirect_uri,
        redirect_uri_explicit=sign_in.redirect_uri_explicit,
    )


async def exchange(tx: Transaction, code: str, *, client_id: str, guests: bool) -> Tokens | None:
    """The client has proved that the code is its own (PKCE): the person is connected. None where it is not good."""
    sign_in = await _by_code(tx, code, client_id)
    if sign_in is None or sign_in.person_id is None:
        return None
    if not may_connect(await tx.session.get(Person, sign_in.person_id), guests=guests):
        return None
    sign_in.connection_id, tokens = await open_connection(
        tx,
        person_id=sign_in.person_id,
        client_id=sign_in.client_id,
        client_name=sign_in.client_name,
        resource=sign_in.resource,
    )
    return tokens


async def forget_expired(tx: Transaction) -> None:
    """Deletes what came to nothing, and codes that were used long ago."""
    over = SignIn.connection_id.is_(None) & (SignIn.expires_at <= tx.now)
    await tx.session.execute(sa.delete(SignIn).where(over | (SignIn.expires_at <= tx.now - USED_CODE_KEPT)))


async def _by_code(tx: Transaction, code: str, client_id: str) -> SignIn | None:
    sign_in = await tx.session.scalar(sa.select(SignIn).where(SignIn.code == hashed(code)).with_for_update())
    if sign_in is None or sign_in.client_id != client_id:
        return None
    if sign_in.connection_id is not None:
        await end_connection(tx, sign_in.connection_id, actor="usher", why=ConnectionEnd.REPLAYED)
        return None
    return sign_in if sign_in.expires_at > tx.now else None


def _is_good(tx: Transaction, sign_in: SignIn, browser: str) -> bool:
    is_its_browser = secrets.compare_digest(sign_in.browser or "", hashed(browser))
    return is_its_browser and sign_in.code is None and sign_in.expires_at > tx.now


def _under_way(sign_in: SignIn) -> UnderWay:
    return UnderWay(
        id=sign_in.id,
        client_id=sign_in.client_id,
        client_name=sign_in.client_name,
        redirect_uri=sign_in.redirect_uri,
        state=sign_in.state,
        nonce=sign_in.nonce,
    )
