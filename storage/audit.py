"""The ledger: append-only, and chained so that a change anywhere shows.

A line's hash is made of the hash of the line before (`previous`; 64 zeros in the first), its number, time and event,
and a salted digest of each of its values (`storage.sealing`). Whoever holds an export can recompute all of it without
Usher. Lines of earlier versions were hashed as a whole: SHA-256 of the canonical JSON array of [previous, seq, at,
actor, event, subject, data]. The hash itself says which of the two it is: no line can be passed off as the other kind.

A value that was erased with a person leaves its digest, and the hash holds. A line that was hashed as a whole cannot be
recomputed after that; the line that tells of the erasure vouches for what is left of it.

A chain cannot know of lines that were cut off its end; the last line of an earlier export can (`known`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.fixed import fixed
from storage.sealing import SEALED, Sealable, canonical, content_digest, new_hash, new_salt, sealed_hash
from storage.tables import LedgerLine, table_of

__all__ = ["canonical"]

#: tells that a person was erased; its data's `lines` vouch for what is left of lines that were hashed as a whole
PERSON_ERASED: Final = "person.erased"
FIRST_PREVIOUS = "0" * 64
_LOCK = 0x75736865  # "ushe": one writer of the ledger at a time on PostgreSQL

#: puts a statement to the database, as `Transaction.execute` does
Execute = Callable[..., Awaitable[sa.CursorResult[Any]]]

_ledger = table_of(LedgerLine)
_TAKE_LOCK = sa.select(sa.func.pg_advisory_xact_lock(_LOCK))
_HEAD = fixed(sa.select(_ledger.c.seq, _ledger.c.hash).order_by(_ledger.c.seq.desc()).limit(1))
_INSERT = fixed(sa.insert(_ledger))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line that has no place in the chain yet."""

    at: datetime
    actor: str
    event: str
    subject: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """A line that has no hash yet."""

    seq: int
    at: datetime
    actor: str
    event: str
    subject: str
    data: str
    previous: str
    salt: str
    seals: None = None


class Line(Sealable, Protocol):
    """A line of the ledger, from the database or from an export."""

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
    #: how many of them lost values to the erasure of a person
    erased: int = 0

    @property
    def intact(self) -> bool:
        return self.problem is None


def line_hash(line: Line) -> str:
    """The hash that the line must have, in the form that the one it has is in."""
    if line.hash.startswith(SEALED):
        return sealed_hash(line)
    content = canonical([line.previous, line.seq, line.at, line.actor, line.event, line.subject, line.data])
    return hashlib.sha256(content.encode()).hexdigest()


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
        line: dict[str, Any] = {
            "seq": seq, "at": entry.at, "actor": entry.actor, "event": entry.event, "subject": entry.subject,
            "data": entry.data, "previous": previous, "salt": new_salt(), "seals": None,
        }  # fmt: skip
        previous = new_hash(_New(**line))
        rows.append({**line, "hash": previous})
    await execute(_INSERT, rows)


async def verify(session: AsyncSession, *, known: Mark | None = None) -> VerifyResult:
    """Checks every line against its hash and its predecessor, and that the line that was noted earlier is there."""
    return await verify_lines(export(session), known=known)


async def verify_lines(lines: AsyncIterator[Line], *, known: Mark | None = None) -> VerifyResult:
    """The same for lines from anywhere, such as an export, in the order in which they stand there."""
    head: Mark | None = None
    count = erased = 0
    found: dict[int, str] = {}  # lines that were hashed as a whole and say something else now
    vouched: dict[int, str] = {}  # what they should say, as the last erasure left it
    async for line in lines:
        problem = _problem(line, head)
        if problem and _follows(line, head) and not line.hash.startswith(SEALED):
            found[line.seq] = content_digest(line)
            problem = None
        problem = problem or _contradiction(line, known)
        if problem:
            return VerifyResult(lines=count, head=head, broken_at=min(line.seq, _after(head)), problem=problem)
        if line.event == PERSON_ERASED and line.hash.startswith(SEALED):
            vouched |= {int(seq): digest for seq, digest in json.loads(line.data).get("lines", {}).items()}
        head = Mark(seq=line.seq, hash=line.hash)
        count += 1
        erased += line.seals is not None or line.seq in found
    changed = [seq for seq, digest in found.items() if vouched.get(seq) != digest]
    if changed:
        problem = f"Line {min(changed)} was changed: its hash is not that of what it says."
        return VerifyResult(lines=min(changed) - 1, head=head, broken_at=min(changed), problem=problem)
    expected = _after(head)
    if known is not None and known.seq >= expected:
        problem = f"Line {expected} is missing: the ledger ends before it, but line {known.seq} was seen earlier."
        return VerifyResult(lines=count, head=head, broken_at=expected, problem=problem)
    return VerifyResult(lines=count, head=head, broken_at=None, problem=None, erased=erased)


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


def _follows(line: Line, head: Mark | None) -> bool:
    return line.seq == _after(head) and line.previous == (head.hash if head else FIRST_PREVIOUS)


def _problem(line: Line, head: Mark | None) -> str | None:
    """What is wrong with a line that comes after `head`, in words."""
    expected = _after(head)
    before = f"after line {head.seq}" if head else "at the beginning"
    if line.seq > expected:
        return f"Line {expected} is missing: {before} comes line {line.seq}."
    if line.seq < expected:
        return f"Line {line.seq} is in the wrong place: it comes {before}."
    follows = _follows(line, head)
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
