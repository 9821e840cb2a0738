"""What people do, in a line each."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from bot.access.operations.decide import decide
from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish
from storage.database import Database
from storage.tables import Base, Decision, LedgerLine, RequestState

Row = TypeVar("Row", bound=Base)


def wish(application: str = "chatgpt", *, for_: str = "ULENA", days: int = 7, reason: str = "to test") -> Wish:
    return Wish(
        application=application, role="member", seat_type="codex" if application == "chatgpt" else None,
        duration_seconds=days * 86_400, reason=reason, beneficiary_id=for_,
    )  # fmt: skip


async def ask(
    database: Database, what: Wish | None = None, *, by: str = "ULENA", origin: str | None = None
) -> Submitted:
    return await database.write(submit, wish=what or wish(), requester_id=by, channel="slack", origin=origin)


async def approve(database: Database, request_id: str, by: str = "UMAYA", *, stage: int | None = None) -> RequestState:
    return await database.write(decide, request_id=request_id, approver_id=by, decision=Decision.APPROVED, stage=stage)


async def deny(database: Database, request_id: str, by: str = "UMAYA") -> RequestState:
    return await database.write(
        decide, request_id=request_id, approver_id=by, decision=Decision.DENIED, reason="not now"
    )


async def refusal(database: Database, operation: Any, **arguments: Any) -> Refusal:
    """Why it was refused; fails when it was not."""
    with pytest.raises(Refused) as refused:
        await database.write(operation, **arguments)
    return refused.value.refusal


async def rows(database: Database, entity: type[Row], *where: sa.ColumnElement[bool]) -> list[Row]:
    """In the order in which they were made, where ids tell."""
    async with database.read() as session:
        return list(await session.scalars(sa.select(entity).where(*where).order_by(*sa.inspect(entity).primary_key)))


async def lines(database: Database, prefix: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The ledger's lines (event, actor, details) of events that begin so."""
    found = await rows(database, LedgerLine, LedgerLine.event.startswith(prefix))
    return [(line.event, line.actor, json.loads(line.data)) for line in found]


async def count(database: Database, entity: type[Base], *where: sa.ColumnElement[bool]) -> int:
    async with database.read() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(entity).where(*where)) or 0
