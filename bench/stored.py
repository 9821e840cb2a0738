"""Fills a database with requests and grants of the past, so that figures can be held against those of an empty one."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bench.crew import email_of, person_id
from bot.access import subjects
from bot.access.policy_rules import PolicyRules
from sandbox import company
from storage import migrate
from storage.tables import (
    AccessRequest,
    Account,
    AccountStatus,
    Base,
    Grant,
    GrantState,
    Person,
    RequestState,
    Task,
    TaskState,
)

PEOPLE = 2000
#: the policy that what is written here was asked for under
POLICY: Final = {"approve": [{"manager": "any"}], "fallback": ["app_admins"]}
RULES: Final = {"policy": PolicyRules.model_validate(POLICY).model_dump(mode="json")}


def as_stored(moment: datetime) -> str:
    """As SQLAlchemy writes it into SQLite."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def hire(url: str, count: int) -> None:
    """Writes the crew into the directory, each of them managed by the next, and the admin."""
    now = datetime.now(UTC)
    crew: list[dict[str, str | None]] = [
        {
            "id": person_id(n),
            "email": email_of(n),
            "name": f"Person No{n}",
            "manager_from_slack": person_id((n + 1) % count),
        }
        for n in range(count)
    ]
    noor: dict[str, str | None] = {
        "id": company.NOOR.id,
        "email": company.NOOR.email,
        "name": company.NOOR.name,
        "manager_from_slack": None,
    }
    _insert(url, {Person: [{**person, "updated_at": now} for person in (*crew, noor)]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """A grant that is active: whose, of what, and until when."""

    person: str
    email: str
    application: str
    role: str
    seat_type: str
    provider_id: str
    ends_at: datetime


def give(url: str, grants: Sequence[Living]) -> None:
    """Writes each of these with its request, its account as it was last seen, and its tasks."""
    began = datetime.now(UTC) - timedelta(hours=1)
    rows: dict[type[Base], list[dict[str, Any]]] = {AccessRequest: [], Grant: [], Account: [], Task: []}
    for number, grant in enumerate(grants):
        what = {"application": grant.application, "role": grant.role, "seat_type": grant.seat_type}
        whose = {"beneficiary_id": grant.person, "duration_seconds": 3600, "created_at": began, **what}
        rows[AccessRequest].append(
            {"id": f"R{number}", "requester_id": grant.person, "reason": "a test", "channel": "slack",
             "rules": RULES, "state": RequestState.APPROVED, "expires_at": grant.ends_at, "decided_at": began,
             **whose}
        )  # fmt: skip
        rows[Grant].append(
            {"id": f"G{number}", "request_id": f"R{number}", "state": GrantState.ACTIVE, "starts_at": began,
             "active_at": began, "ends_at": grant.ends_at, **whose}
        )  # fmt: skip
        rows[Account].append(
            {"person_id": grant.person, "email": grant.email, "baseline": {}, "status": AccountStatus.MEMBER,
             "provider_id": grant.provider_id, "observed_at": began, **what}
        )  # fmt: skip
        account = {"application": grant.application, "person": grant.person}
        key, subject = subjects.account(grant.application, grant.person), subjects.request(f"R{number}")
        ends, notice = {"run_at": grant.ends_at}, {"run_at": grant.ends_at - timedelta(days=3)}
        tasks = [{"kind": subjects.ACCOUNT, "key": key, "lock_key": f"account:{key}", "payload": account, **ends}]
        if notice["run_at"] > began:
            tasks.append(
                {"kind": subjects.CARDS, "key": subject, "lock_key": f"cards:{subject}", "payload": {}, **notice}
            )
        rows[Task] += [task | {"state": TaskState.OPEN, "created_at": began} for task in tasks]
    _insert(url, rows)


def _insert(url: str, rows: Mapping[type[Base], Sequence[dict[str, Any]]]) -> None:
    engine = sa.create_engine(url.replace("sqlite+aiosqlite", "sqlite"))
    with engine.begin() as connection:
        for table, values in rows.items():
            if values:
                connection.execute(sa.insert(table), values)
    engine.dispose()


def fill(file: Path, count: int) -> None:
    """Makes the database, and writes `count` requests, each with its approval, its grant and its cards."""
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    start = datetime.now(UTC) - timedelta(days=700)
    now = as_stored(start)
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
            moment, over = as_stored(at), as_stored(at + timedelta(days=7))
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
