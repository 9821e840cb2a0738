"""Reads the catalogue back from the database, where `operations/apply_catalog.py` keeps it as documents.

A document is parsed once per process: what was parsed is kept by the text of the document, so a document that changed
is simply another one, and no replica has to be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.policy_rules import PolicyRules
from bot.access.story import Choice
from bot.access.webhook_entries import stored_webhook
from bot.connectors.config import STORED
from storage.audit import canonical
from storage.fixed import fixed
from storage.rows import Rows
from storage.tables import Application, Policy, SeatCount, Webhook

#: more documents than a catalogue has; an evicted one is only parsed again
_KEPT = 8192

# As text: what the database stores can then be looked up without being decoded first.
_APPLICATION = sa.cast(Application.document, sa.Text)
_POLICY = sa.cast(Policy.document, sa.Text)
_OFFERED = (
    sa.select(_APPLICATION).where(Application.retired_at.is_(None)).order_by(Application.position, Application.key)
)

#: the types of which there are seats in its workspace, as far as they were counted
_SEATS = (
    sa.select(sa.func.aggregate_strings(SeatCount.seat_type, ","))
    .where(SeatCount.application == Application.key, SeatCount.used.is_not(None))
    .scalar_subquery()
)
_CHOICES = _OFFERED.add_columns(_SEATS, _POLICY.label("policy")).join(Policy, Policy.key == Application.policy_key)
_ALL_CHOICES = fixed(_CHOICES)
_ANY = fixed(sa.select(_APPLICATION).where(Application.key == sa.bindparam("key")))
_OFFER = fixed(
    sa.select(_APPLICATION.label("application"), _POLICY.label("policy"), _SEATS.label("seats"))
    .join(Policy, Policy.key == Application.policy_key)
    .where(Application.key == sa.bindparam("key"), Application.retired_at.is_(None))
)


@lru_cache(maxsize=_KEPT)
def _entry(document: str) -> ApplicationEntry:
    return ApplicationEntry.model_validate_json(document, context=STORED)


@lru_cache(maxsize=_KEPT)
def _rules(document: str) -> PolicyRules:
    return PolicyRules.model_validate_json(document)


@lru_cache(maxsize=_KEPT)
def _available(document: str, seats: str | None) -> ApplicationEntry:
    """The application with those of its seat types that its workspace has; with all, where nobody has counted."""
    entry = _entry(document)
    there = tuple(each for each in entry.seat_types if each in (seats or "").split(","))
    return entry.model_copy(update={"seat_types": there}) if there else entry


@lru_cache(maxsize=_KEPT)
def _choice(document: str, seats: str | None, policy: str) -> Choice:
    entry = _available(document, seats)
    emergency = _rules(policy).emergency
    return Choice(
        key=entry.key,
        name=entry.name,
        description=entry.description,
        roles=entry.roles,
        seat_types=entry.seat_types,
        durations=entry.durations,
        emergency=emergency.longest if emergency else None,
    )


def as_offered(row: Application, counted: Iterable[str]) -> ApplicationEntry | None:
    """What an application that was read already offers; None for a retired one.

    Args:
        row: the application.
        counted: the seat types of which there are seats in its workspace, as far as they were counted.
    """
    return None if row.retired_at else _available(canonical(row.document), ",".join(sorted(counted)))


async def load_application(rows: Rows, key: str) -> ApplicationEntry | None:
    """The application, also when it is retired: living grants still converge by it. None if there never was one."""
    document = (await rows.execute(_ANY, {"key": key})).scalar()
    return None if document is None else _entry(document)


async def load_offered(session: AsyncSession, key: str) -> ApplicationEntry | None:
    """The application, if it may be requested: None when there is none, or it is retired."""
    document = await session.scalar(
        sa.select(_APPLICATION).where(Application.key == key, Application.retired_at.is_(None))
    )
    return None if document is None else _entry(document)


async def load_offer(rows: Rows, key: str) -> tuple[ApplicationEntry, PolicyRules] | None:
    """The application and the policy that decides about it, if it may be requested; None if it may not."""
    found = (await rows.execute(_OFFER, {"key": key})).one_or_none()
    return None if found is None else (_available(found[0], found[2]), _rules(found[1]))


async def list_offered(rows: Rows) -> tuple[ApplicationEntry, ...]:
    """What may be requested, with the seat types that its workspaces have, in the catalogue's order."""
    return tuple(_available(*found) for found in await rows.execute(_OFFERED.add_columns(_SEATS)))


async def load_policy(session: AsyncSession, key: str) -> PolicyRules:
    """The policy; every application that is offered names one that exists.

    Raises:
        LookupError: there is no such policy.
    """
    document = await session.scalar(sa.select(_POLICY).where(Policy.key == key))
    if document is None:
        raise LookupError(f"there is no policy “{key}”")
    return _rules(document)


async def load_catalog(session: AsyncSession) -> Catalog:
    """What is offered, as it was last applied: all policies, the applications that are not retired, and the webhooks,
    in order."""
    policies = await session.execute(sa.select(Policy.key, _POLICY).order_by(Policy.key))
    applications = await session.scalars(_OFFERED)
    webhooks = await session.scalars(sa.select(Webhook.document).order_by(Webhook.position))
    return Catalog(
        policies={key: _rules(document) for key, document in policies},
        applications=tuple(_entry(document) for document in applications),
        webhooks=tuple(stored_webhook(document) for document in webhooks),
    )


async def load_choice(session: AsyncSession, key: str) -> Choice | None:
    """One of them; None where it is not offered."""
    found = (await session.execute(_CHOICES.where(Application.key == key))).one_or_none()
    return None if found is None else _choice(*found)


async def list_choices(rows: Rows) -> tuple[Choice, ...]:
    """What the form offers, in the catalogue's order; retired applications are not offered."""
    return tuple(_choice(*found) for found in await rows.execute(_ALL_CHOICES))
