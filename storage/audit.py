"""The ledger: append-only, and chained so that a change anywhere shows.

A line's hash is the SHA-256 of the canonical JSON array of [previous, seq, at, actor, event, subject, data], where
`previous` is the hash of the line before and `data` is text: the canonical JSON of the line's details. The first line's
`previous` is 64 zeros. Whoever holds an export can recompute all of it without Usher.

A chain cannot know of lines that were cut off its end; the last line of an earlier export can (`known`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import LedgerLine, table_of

FIRST_PREVIOUS = "0" * 64
_LOCK = 0x75736865  # "ushe": one writer of the ledger at a time on PostgreSQL

#: puts a statement to the database, as `Transaction.execute` does
Execute = Callable[..., Awaitable[sa.CursorResult[Any]]]

_ledger = table_of(LedgerLine)
_TAKE_LOCK = sa.select(sa.func.pg_advisory_xact_lock(_LOCK))
_HEAD = sa.select(_ledger.c.seq, _ledger.c.hash).order_by(_ledger.c.seq.desc()).limit(1)
_INSERT = sa.insert(_ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line that has no place in the chain yet."""

    at: datetime
    actor: str
    event: str
    subject: str
    data: str


class Line(Protocol):
    """A line of the ledger, from the database or from an export."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def previous(self) -> str: ...
    @property
    def hash(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line that somebody noted earlier: its number and its hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What came of checking the ledger."""

    #: lines that are as they were written, counted from the first
    lines: int
    #: the last of them, to be noted for the next time
    head: Mark | None
    #: number of the first line that is not as it was written, and what is wrong, in words; None when all is well
    broken_at: int | None
    problem: str | None

    @property
    def intact(self) -> bool:
        return self.problem is None


def canonical(value: object) -> str:
    """JSON that is the same for the same content: sorted keys, no spaces, UTF-8 as it is.

    Times become ISO 8601 in UTC, durations seconds, sets sorted lists. Raises TypeError for anything else.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def line_hash(line: Line) -> str:
    """The hash that the line must have."""
    return _hash(line.previous, line.seq, line.at, line.actor, line.event, line.subject, line.data)


async def append(execute: Execute, entries: Sequence[Entry], *, is_sqlite: bool) -> None:
    """Chains lines to the end of the ledger, inside the caller's transaction.

    Two must not read the same head: on SQLite the transaction is the only writer already; on PostgreSQL a lock is held
    until it ends. The head is read in a statement after the lock, so that it sees what the previous holder committed.
    """
    if not is_sqlite:
        await execute(_TAKE_LOCK)
    head = (await execute(_HEAD)).one_or_none()
    seq, previous = (head.seq, head.hash) if head else (0, FIRST_PREVIOUS)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        seq += 1
        digest = _hash(previous, seq, entry.at, entry.actor, entry.event, entry.subject, entry.data)
        rows.append({
            "seq": seq, "at": entry.at, "actor": entry.actor, "event": entry.event, "subject": entry.subject,
            "data": entry.data, "previous": previous, "hash": digest,
        })  # fmt: skip
        previous = digest
    await execute(_INSERT, rows)


async def verify(session: AsyncSession, *, known: Mark | None = None) -> VerifyResult:
    """Checks every line against its hash and its predecessor, and that the line that was noted earlier is there."""
    return await verify_lines(export(session), known=known)


async def verify_lines(lines: AsyncIterator[Line], *, known: Mark | None = None) -> VerifyResult:
    """The same for lines from anywhere, such as an export, in the order in which they stand there."""
    head: Mark | None = None
    count = 0
    async for line in lines:
        problem = _problem(line, head) or _contradiction(line, known)
        if problem:
            return VerifyResult(lines=count, head=head, broken_at=min(line.seq, _after(head)), problem=problem)
        head = Mark(seq=line.seq, hash=line.hash)
        count += 1
    expected = _after(head)
    if known is not None and known.seq >= expected:
        problem = f"Line {expected} is missing: the ledger ends before it, but line {known.seq} was seen earlier."
        return VerifyResult(lines=count, head=head, broken_at=expected, problem=problem)
    return VerifyResult(lines=count, head=head, broken_at=None, problem=None)


async def export(
    session: AsyncSession, since: datetime | None = None, *, page_size: int = 1000
) -> AsyncIterator[LedgerLine]:
    """Every line written at or after `since`, oldest first, without holding them all in memory.

    In the order of their numbers, which is the order in which they were written.
    """
    wanted = sa.select(LedgerLine).order_by(LedgerLine.seq).limit(page_size)
    if since is not None:
        wanted = wanted.where(LedgerLine.at >= since)
    page = (await session.scalars(wanted)).all()
    while page:
        for line in page:
            yield line
        page = (await session.scalars(wanted.where(LedgerLine.seq > page[-1].seq))).all()


async def history(session: AsyncSession, subject: str) -> Sequence[LedgerLine]:
    """What happened to one subject ("request:<id>"), oldest first."""
    wanted = sa.select(LedgerLine).where(LedgerLine.subject == subject).order_by(LedgerLine.seq)
    return (await session.scalars(wanted)).all()


async def last_moment(session: AsyncSession) -> datetime | None:
    """When the last line was written; None for an empty ledger."""
    return await session.scalar(sa.select(LedgerLine.at).order_by(LedgerLine.seq.desc()).limit(1))


def _after(head: Mark | None) -> int:
    return head.seq + 1 if head else 1


def _problem(line: Line, head: Mark | None) -> str | None:
    """What is wrong with a line that comes after `head`, in words."""
    expected = _after(head)
    before = f"after line {head.seq}" if head else "at the beginning"
    if line.seq > expected:
        return f"Line {expected} is missing: {before} comes line {line.seq}."
    if line.seq < expected:
        return f"Line {line.seq} is in the wrong place: it comes {before}."
    follows = line.previous == (head.hash if head else FIRST_PREVIOUS)
    unchanged = line.hash == line_hash(line)
    if follows and unchanged:
        return None
    if follows:
        return f"Line {line.seq} was changed: its hash is not that of what it says."
    if unchanged:
        return f"Line {line.seq} was written after another line than the one before it: that one was rewritten."
    return f"Line {line.seq} was exchanged: neither its hash nor its place is right."


def _contradiction(line: Line, known: Mark | None) -> str | None:
    if known is None or line.seq != known.seq or line.hash == known.hash:
        return None
    return f"Line {line.seq} is not the one that was seen before: the ledger was rewritten up to it."


def _hash(previous: str, seq: int, at: datetime, actor: str, event: str, subject: str, data: str) -> str:
    content = canonical([previous, seq, at, actor, event, subject, data])
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case set() | frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} cannot stand in the ledger")
