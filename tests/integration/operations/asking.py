"""What people do, in a line each."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from bot.access.operations.decide import decide
from bot.access.operations.submit import Submitted, submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish
from storage.database import Database
from storage.tables import Base, Decision, Grant, LedgerLine, RequestState

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


async def granted(
    database: Database, application: str = "chatgpt", *, for_: str = "ULENA", seat_type: str = "codex", by: str = ""
) -> tuple[str, str]:
    """The ids of a request that Maya approved, and of its grant."""
    if application == "figma":
        what = Wish(application="figma", reason="to draw", beneficiary_id=for_)
    else:
        what = wish(application, for_=for_)
    if application == "chatgpt":
        what = replace(what, seat_type=seat_type)
    asked = await ask(database, what, by=by or for_)
    await approve(database, asked.request_id)
    [grant] = await rows(database, Grant, Grant.request_id == asked.request_id)
    return asked.request_id, grant.id


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
