"""Fills a database with requests and grants of the past, so that figures can be held against those of an empty one."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.crew import email_of, person_id
from sandbox import company
from storage import migrate

PEOPLE = 2000


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def hire(file: Path, count: int) -> None:
    """Writes the crew into the directory, each of them managed by the next, and the admin."""
    now = _moment(datetime.now(UTC))
    people = [(person_id(n), email_of(n), f"Person No{n}", person_id((n + 1) % count), now) for n in range(count)]
    people.append((company.NOOR.id, company.NOOR.email, company.NOOR.name, None, now))
    with closing(sqlite3.connect(file)) as db, db:
        db.executemany(
            "INSERT INTO people (id, email, name, title, timezone, is_bot, is_guest, active, manager_from_slack, "
            "updated_at) VALUES (?, ?, ?, '', 'UTC', 0, 0, 1, ?, ?)",
            people,
        )


def fill(file: Path, count: int) -> None:
    """Writes `count` requests, each with its approval, its grant and three ledger-like cards, nine of ten over."""
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    start = datetime.now(UTC) - timedelta(days=700)
    now = _moment(start)
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.executemany(
            "INSERT INTO people (id, email, name, title, timezone, is_bot, is_guest, active, updated_at) "
            "VALUES (?, ?, ?, '', 'UTC', 0, 0, 0, ?)",
            [(f"UOLD{i:06}", f"old{i}@harbour.example", f"Former {i}", now) for i in range(PEOPLE)],
        )
        db.execute("INSERT INTO policies (key, document) VALUES ('old', '{}')")
        db.execute(
            "INSERT INTO applications (key, name, policy_key, document, position, retired_at) "
            "VALUES ('old', 'Old', 'old', '{}', 99, ?)",
            (now,),
        )
        requests, approvals, grants, cards = [], [], [], []
        for i in range(count):
            at = start + timedelta(minutes=i * 1_000_000 / max(count, 1))
            who, boss, id_ = f"UOLD{i % PEOPLE:06}", f"UOLD{(i + 1) % PEOPLE:06}", str(uuid.uuid4())
            moment, over = _moment(at), _moment(at + timedelta(days=7))
            requests.append((id_, who, who, moment, over, moment, boss))
            approvals.append((id_, boss, moment, moment))
            grants.append((str(uuid.uuid4()), id_, who, moment, moment, over, moment, over))
            cards += [(str(uuid.uuid4()), f"request:{id_}", f"status:{who}", who, moment)]
            cards += [(str(uuid.uuid4()), f"request:{id_}", f"approval:{boss}", boss, moment)]
        db.executemany(
            "INSERT INTO access_requests (id, requester_id, beneficiary_id, application, role, seat_type, "
            "duration_seconds, reason, channel, state, stage, rules, created_at, expires_at, decided_at, decided_by) "
            "VALUES (?, ?, ?, 'old', 'member', 'chatgpt', 604800, 'as ever', 'slack', 'approved', 0, '{}', ?, ?, ?, ?)",
            requests,
        )
        db.executemany(
            "INSERT INTO approvals (request_id, stage, approver_id, why, asked_at, decision, decided_at) "
            "VALUES (?, 0, ?, 'manager', ?, 'approved', ?)",
            approvals,
        )
        db.executemany(
            "INSERT INTO grants (id, request_id, beneficiary_id, application, role, seat_type, duration_seconds, "
            "state, end_reason, created_at, starts_at, ends_at, active_at, ended_at) "
            "VALUES (?, ?, ?, 'old', 'member', 'chatgpt', 604800, 'ended', 'expired', ?, ?, ?, ?, ?)",
            grants,
        )
        db.executemany(
            "INSERT INTO cards (id, subject, slot, recipient, content_hash, channel, ts, updated_at) "
            "VALUES (?, ?, ?, ?, 'x', 'D0', '1.0', ?)",
            cards,
        )
