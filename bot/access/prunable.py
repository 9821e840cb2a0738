"""What is over and old enough to be deleted, one kind of rows after the other. Pure: statements, and a search.

Never a line of the ledger, and nothing that something living needs: a request stays as long as it waits, its grant
lives, work on it is open, or a request that stays goes back to it (it extends its grant, or takes its place).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.tables import (
    AccessRequest,
    Approval,
    Base,
    Batch,
    Card,
    Comment,
    Connection,
    ConnectionToken,
    Delegation,
    Grant,
    Incident,
    ManualStep,
    Task,
    WebhookDelivery,
)

Ids = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows of one table, and what goes with them."""

    #: in words, for people and programs
    name: str
    table: type[Base]
    id: InstrumentedAttribute[Any]
    #: which of them may go that were over before a moment
    over: Callable[[datetime], sa.ColumnElement[bool]]
    #: what is deleted before them, given their ids
    attached: Callable[[Ids], Iterable[sa.Delete]] = lambda _ids: ()


def held(leads_to: Iterable[tuple[str, str]], stays: Collection[str]) -> set[str]:
    """The requests that others go back to which stay, over any number of steps.

    Args:
        leads_to: pairs of a request and one that it goes back to.
        stays: requests among the first that stay by themselves.
    """
    back = defaultdict(set)
    for request_id, earlier in leads_to:
        back[request_id].add(earlier)
    found: set[str] = set()
    ahead = list(stays)
    while ahead:
        for earlier in back[ahead.pop()] - found:
            found.add(earlier)
            ahead.append(earlier)
    return found


def _request_is_over(before: datetime) -> sa.ColumnElement[bool]:
    grant_stays = sa.exists().where(
        Grant.request_id == AccessRequest.id,
        sa.or_(Grant.state != sa.literal_column("'ended'"), Grant.ended_at >= before),
    )
    return sa.and_(
        AccessRequest.state != sa.literal_column("'pending'"),
        sa.func.coalesce(AccessRequest.decided_at, AccessRequest.expires_at) < before,
        ~grant_stays,
        ~_work_on(sa.literal("request:") + AccessRequest.id),
    )


def _batch_is_over(before: datetime) -> sa.ColumnElement[bool]:
    stays = sa.exists().where(AccessRequest.batch_id == Batch.id, ~_request_is_over(before))
    return sa.and_(Batch.created_at < before, ~stays)


def _work_on(subject: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Is there a card that still has to be posted or edited?"""
    return sa.exists().where(
        Task.kind == sa.literal_column("'cards'"), Task.key == subject, Task.state != sa.literal_column("'done'")
    )


def _with_requests(ids: Ids) -> Iterable[sa.Delete]:
    grants = sa.select(Grant.id).where(Grant.request_id.in_(ids))
    yield _cards("request:", ids)
    yield sa.delete(Card).where(Card.subject.in_(sa.select(sa.literal("seat:") + grants.subquery().c.id)))
    yield sa.delete(Comment).where(Comment.request_id.in_(ids))
    yield sa.delete(Approval).where(Approval.request_id.in_(ids))
    yield sa.delete(Grant).where(Grant.request_id.in_(ids))


def _cards(prefix: str, ids: Ids) -> sa.Delete:
    return sa.delete(Card).where(Card.subject.in_([f"{prefix}{id_}" for id_ in ids]))


_PARKED = sa.exists().where(Task.incident_id == Incident.id)
#: cards that belong to no row: what a leaver lost, and the answer to a message
_LOOSE = sa.or_(Card.subject.startswith("leaver:"), Card.subject.startswith("greeting:"))

REQUESTS: Final = Kind(
    name="requests", table=AccessRequest, id=AccessRequest.id, over=_request_is_over, attached=_with_requests
)
#: in the order in which they go
KINDS: Final = (
    REQUESTS,
    Kind(
        name="batches",
        table=Batch,
        id=Batch.id,
        over=_batch_is_over,
        attached=lambda ids: [_cards("batch:", ids)],
    ),
    Kind(
        name="steps",
        table=ManualStep,
        id=ManualStep.id,
        over=lambda before: sa.and_(
            ManualStep.state != sa.literal_column("'open'"),
            sa.func.coalesce(ManualStep.answered_at, ManualStep.created_at) < before,
        ),
        attached=lambda ids: [_cards("step:", ids)],
    ),
    Kind(
        name="incidents",
        table=Incident,
        id=Incident.id,
        over=lambda before: sa.and_(Incident.resolved_at < before, ~_PARKED),
        attached=lambda ids: [_cards("incident:", ids)],
    ),
    Kind(
        name="tasks",
        table=Task,
        id=Task.id,
        over=lambda before: sa.and_(Task.state == sa.literal_column("'done'"), Task.finished_at < before),
    ),
    Kind(
        name="deliveries",
        table=WebhookDelivery,
        id=WebhookDelivery.id,
        over=lambda before: sa.and_(
            WebhookDelivery.state != sa.literal_column("'waiting'"), WebhookDelivery.created_at < before
        ),
    ),
    Kind(
        name="connections",
        table=Connection,
        id=Connection.id,
        over=lambda before: Connection.ended_at < before,
        attached=lambda ids: [sa.delete(ConnectionToken).where(ConnectionToken.connection_id.in_(ids))],
    ),
    Kind(
        name="absences",
        table=Delegation,
        id=Delegation.id,
        over=lambda before: sa.or_(Delegation.cancelled_at < before, Delegation.ends_at < before),
    ),
    Kind(name="cards", table=Card, id=Card.id, over=lambda before: sa.and_(_LOOSE, Card.updated_at < before)),
)


def going_back() -> sa.CompoundSelect[Any]:
    """Pairs of a request and the one whose grant it extends or takes the place of."""
    of_request, earlier = aliased(Grant), aliased(Grant)
    by_request = [
        sa.select(AccessRequest.id, earlier.request_id).join(earlier, earlier.id == column)
        for column in (AccessRequest.extends_id, AccessRequest.replaces_id)
    ]
    by_grant = sa.select(of_request.request_id, earlier.request_id).join(earlier, earlier.id == of_request.replaces_id)
    return sa.union(*by_request, by_grant)
