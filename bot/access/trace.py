"""A request's whole story: what the ledger says, which messages stand in Slack, and what is still to come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.people_facts import load_people
from storage.tables import AccessRequest, Card, Grant, Incident, LedgerLine, ManualStep, Task


class Source(StrEnum):
    """Where something is written down."""

    LEDGER = "ledger"
    CARD = "card"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One thing that happened, stands or is to come."""

    at: datetime
    source: Source
    what: str  # the ledger's event, the card's slot, or the task's kind and state
    who: str  # by whom, or for whom; a name where the directory has one
    trace: str | None  # the press, call or tick that caused it, as the log lines have it; None for a card
    details: dict[str, Any]


async def trace_request(session: AsyncSession, request_id: str) -> list[Trace] | None:
    """Everything about a request, oldest first, what is still to come last; None where there is no such request."""
    request = await session.get(AccessRequest, request_id)
    if request is None:
        return None
    grants = (await session.scalars(sa.select(Grant.id).where(Grant.request_id == request_id))).all()
    steps = await session.scalars(
        sa.select(ManualStep.id).where(
            ManualStep.application == request.application, ManualStep.person_id == request.beneficiary_id
        )
    )
    account = subjects.account(request.application, request.beneficiary_id)
    own = subjects.request(request_id)
    incidents = await session.scalars(sa.select(Incident.id).where(Incident.scope.in_([own, account])))
    about = [
        own,
        account,
        *(subjects.grant(grant) for grant in grants),
        *(subjects.step(step) for step in steps),
        *(subjects.incident(incident) for incident in incidents),
    ]
    found = [*await _lines(session, about, since=request.created_at)]
    found += await _cards(session, [own, *about[2:], *(subjects.seat(grant) for grant in grants)])
    found += await _tasks(session, keys=[own, account, request_id])
    names = {person.id: person.name for person in (await load_people(session, {each.who for each in found})).values()}
    named = [_named(each, names) for each in found]
    return sorted(named, key=lambda each: (each.source is Source.TASK, each.at))


async def _lines(session: AsyncSession, about: Iterable[str], *, since: datetime) -> list[Trace]:
    statement = sa.select(LedgerLine).where(LedgerLine.subject.in_(list(about)), LedgerLine.at >= since)
    return [_of_line(line) for line in await session.scalars(statement.order_by(LedgerLine.seq))]


def _of_line(line: LedgerLine) -> Trace:
    details = _said(json.loads(line.data))
    trace = details.pop("trace", None)
    return Trace(at=line.at, source=Source.LEDGER, what=line.event, who=line.actor, trace=trace, details=details)


async def _cards(session: AsyncSession, about: Iterable[str]) -> list[Trace]:
    return [
        Trace(
            at=card.updated_at,
            source=Source.CARD,
            what=card.slot.partition(":")[0],
            who=card.recipient,
            trace=None,
            details=_said({"channel": card.channel, "ts": card.ts, "permalink": card.permalink}),
        )
        for card in await session.scalars(sa.select(Card).where(Card.subject.in_(list(about))))
    ]


async def _tasks(session: AsyncSession, keys: Iterable[str]) -> list[Trace]:
    """What is not done. A claimed task's time is the end of its lease."""
    waiting = sa.select(Task).where(Task.key.in_(list(keys)), Task.state != sa.literal_column("'done'"))
    return [
        Trace(
            at=task.run_at,
            source=Source.TASK,
            what=f"{task.kind} {'runs' if task.owner else task.state.value}",
            who="usher",
            trace=task.trace,
            details=_said({"id": task.id, "failures": task.failures or None, "error": task.error}),
        )
        for task in await session.scalars(waiting.order_by(Task.run_at))
    ]


def _said(details: dict[str, Any]) -> dict[str, Any]:
    """Without what is not there."""
    return {key: value for key, value in details.items() if value not in (None, "", [])}


def _named(each: Trace, names: dict[str, str]) -> Trace:
    return replace(each, who=names.get(each.who, each.who))
