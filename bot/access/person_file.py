"""Everything that is stored of one person, row by row, as a program or the person can read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from storage import audit
from storage.erasure import Identity
from storage.rows import Rows
from storage.tables import (
    AccessRequest,
    Account,
    Approval,
    Base,
    Card,
    Comment,
    Connection,
    Delegation,
    Grant,
    Incident,
    LedgerLine,
    ManualStep,
    Person,
    UserGroupMember,
    table_of,
)

#: what proves a line, and says nothing about anybody
_PROOF = frozenset({"previous", "hash", "salt", "seals"})


async def read_person_file(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """Every row about somebody, each with its `kind` and all columns, and every line of the ledger that names them.

    Also what others wrote about their requests and access. No secrets: Usher keeps none of a person.
    """
    found: list[dict[str, Any]] = []
    for kind, entity, where in _about(person):
        table = table_of(entity)
        rows = await session.execute(sa.select(table).where(where).order_by(*table.primary_key))
        found += [_row(kind, table, row) for row in rows.mappings()]
    return found + await _lines(session, person)


def _about(person: Person) -> Sequence[tuple[str, type[Base], sa.ColumnElement[bool]]]:
    id_ = person.id
    asked = sa.or_(AccessRequest.requester_id == id_, AccessRequest.beneficiary_id == id_)
    theirs = sa.select(AccessRequest.id).where(asked)
    return (
        ("person", Person, Person.id == id_),
        ("group", UserGroupMember, UserGroupMember.person_id == id_),
        ("absence", Delegation, (Delegation.person_id == id_) | (Delegation.delegate_id == id_)),
        ("request", AccessRequest, asked),
        ("approval", Approval, Approval.request_id.in_(theirs) | (Approval.approver_id == id_)),
        ("comment", Comment, Comment.request_id.in_(theirs) | (Comment.author_id == id_)),
        ("grant", Grant, Grant.request_id.in_(theirs)),
        ("account", Account, Account.person_id == id_),
        ("step", ManualStep, (ManualStep.person_id == id_) | (ManualStep.answered_by == id_)),
        ("incident", Incident, Incident.person_id == id_),
        ("card", Card, Card.recipient == id_),
        ("connection", Connection, Connection.person_id == id_),
    )


async def subjects_of(rows: Rows, person_id: str) -> list[str]:
    """What somebody asked for, or was asked for them, and what came of it, as lines of the ledger name it.

    Found in the ledger, which still knows of it when the rows have been pruned.
    """
    line = table_of(LedgerLine).c
    asked = sa.or_(line.actor == person_id, line.data.contains(f'"beneficiary":"{person_id}"', autoescape=True))
    submitted = sa.select(line.subject).where(line.event == "request.submitted", asked)
    requests = (await rows.execute(submitted)).scalars().all()
    given = sa.select(line.data).where(
        line.event.in_(["request.approved", "request.given_first"]), line.subject.in_(submitted)
    )
    grants = {json.loads(data).get("grant") for data in (await rows.execute(given)).scalars()}
    return [*requests, *(subjects.grant(grant_id) for grant_id in sorted(filter(None, grants)))]


async def _lines(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """The lines of the ledger about their requests and access, and those that name them."""
    whom = Identity(id=person.id, email=person.email, name=person.name, pseudonym="")
    table = table_of(LedgerLine)
    theirs = frozenset(await subjects_of(session, person.id))
    found = []
    async for line in audit.export(session):
        if line.subject in theirs or whom.names(" ".join((line.actor, line.subject, line.data))):
            values = {column.name: getattr(line, column.name) for column in table.columns if column.name not in _PROOF}
            found.append(_row("ledger", table, values))
    return found


def _row(kind: str, table: sa.Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    key = ":".join(str(row[column.name]) for column in table.primary_key)
    special = {"person": "active" if row.get("active") else "left", "ledger": row.get("event")}
    state = special.get(kind, row.get("state", ""))
    return {**row, "kind": kind, "id": key, "state": state}
