"""Rows of what has been over for long are deleted, a few at a time, so that a running Usher is not held up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.prunable import KINDS, REQUESTS, Kind, going_back, held
from storage.database import Database, Transaction

#: rows that are deleted in one transaction
TOGETHER: Final = 100

#: told after each transaction: the kind, how many of it are done, and how many there are
Progress = Callable[[str, int, int], None]


async def prune(database: Database, *, before: datetime, progress: Progress | None = None) -> Mapping[str, int]:
    """Deletes what was over before a moment; returns how many rows of each kind, without what belongs to them.

    Raises:
        StorageError: the database cannot be used. What was deleted until then stays deleted.
    """
    counts = {}
    for kind in KINDS:
        async with database.read() as session:
            ids = await _prunable(session, kind, before)
        done = 0
        for some in _pages(ids, TOGETHER):
            began = asyncio.get_running_loop().time()
            done += await database.write(_delete, kind, some, before)
            if progress is not None:
                progress(kind.name, done, len(ids))
            # as much time for others as it took: SQLite has one writer
            await asyncio.sleep(asyncio.get_running_loop().time() - began)
        counts[kind.name] = done
    return counts


async def count_prunable(session: AsyncSession, *, before: datetime) -> Mapping[str, int]:
    """How many rows of each kind `prune` would delete if it ran now."""
    return {kind.name: len(await _prunable(session, kind, before)) for kind in KINDS}


async def _prunable(session: AsyncSession, kind: Kind, before: datetime) -> Sequence[Any]:
    ids = (await session.scalars(sa.select(kind.id).where(kind.over(before)).order_by(kind.id))).all()
    if kind is not REQUESTS:
        return ids
    pairs = [tuple(row) for row in await session.execute(going_back())]
    going = set(ids)
    needed = held(pairs, {request_id for request_id, _ in pairs} - going)
    return [request_id for request_id in ids if request_id not in needed]


async def _delete(tx: Transaction, kind: Kind, ids: Sequence[Any], before: datetime) -> int:
    """Deletes those of them that are still over."""
    over = sa.select(kind.id).where(kind.id.in_(ids), kind.over(before)).order_by(kind.id).with_for_update()
    still = (await tx.execute(over)).scalars().all()
    if still:
        for statement in kind.attached(still):
            await tx.execute(statement)
        await tx.execute(sa.delete(kind.table).where(kind.id.in_(still)))
    return len(still)


def _pages(ids: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
