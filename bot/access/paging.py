"""Pages of lists that may be long: what a page costs does not depend on how far into the list it lies.

A page is found by the row that it begins behind, not by a number of rows to skip, and nothing is counted: a list that
goes on has a next page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

#: how many items a page of a list has
PAGE = 10
#: stands for a moment that never comes, so that what has no end sorts after everything that has one
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where a page lies: behind one row, or before one; at the beginning where neither is named."""

    after: str | None = None
    before: str | None = None


FIRST: Final = Turn()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The ids on one page, and where to turn to; None where there is nothing in that direction."""

    ids: tuple[str, ...]
    previous: Turn | None
    next: Turn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A list's order: by a column, and by the id where that is the same; both in one direction."""

    by: sa.SQLColumnExpression[Any]
    id: sa.SQLColumnExpression[str]
    descending: bool = False

    def position_of(self, row_id: str) -> sa.Select[Any, str]:
        """Where a row stands, whether or not it is in the list any more."""
        return sa.select(self.by, self.id).where(self.id == row_id)

    def behind(self, position: Sequence[Any]) -> sa.ColumnElement[bool]:
        """Is a row behind this position?"""
        mine = sa.tuple_(self.by, self.id)
        theirs = tuple(position)
        return mine < theirs if self.descending else mine > theirs

    def columns(self) -> list[sa.UnaryExpression[Any]]:
        return [column.desc() if self.descending else column.asc() for column in (self.by, self.id)]

    def turned_round(self) -> Order:
        return replace(self, descending=not self.descending)


async def read_page(
    session: AsyncSession,
    ids: sa.Select[str],
    order: Order,
    turn: Turn,
    *,
    size: int = PAGE,
) -> Page:
    """One page of a list. Where there is nothing, or the row that it lies behind is unknown, it is the first page.

    Args:
        session: to read with.
        ids: the list: what a page is to hold of each row, without an order.
        order: its order; `order.id` is what a `Turn` names.
        turn: where the page lies.
        size: how many items it has at most.
    """
    back = turn.before is not None
    anchor = turn.before or turn.after
    position = (await session.execute(order.position_of(anchor))).one_or_none() if anchor else None
    back = back and position is not None
    direction = order.turned_round() if back else order
    found = ids.add_columns(order.id).order_by(*direction.columns()).limit(size + 1)
    if position:
        found = found.where(direction.behind(position))
    rows = (await session.execute(found)).all()
    goes_on, shown = len(rows) > size, rows[:size]
    if position and not shown:
        return await read_page(session, ids, order, FIRST, size=size)
    # where the page begins behind a row, that row is before it; where it ends before one, that one comes next
    before, behind = (goes_on, bool(position)) if back else (bool(position), goes_on)
    if back:
        shown = shown[::-1]
    return Page(
        ids=tuple(row[0] for row in shown),
        previous=Turn(before=shown[0][1]) if before else None,
        next=Turn(after=shown[-1][1]) if behind else None,
    )
