"""A database with something in it for the commands to show."""

from __future__ import annotations

from datetime import timedelta

from bot.access import subjects
from storage.database import Transaction
from storage.tables import (
    AccessRequest,
    Application,
    EndReason,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    Person,
    Policy,
    RequestState,
    Task,
    TaskState,
)

LENA, MAYA, BOT = "U0LENA0001", "U0MAYA0001", "U0NOMAIL01"
ACTIVE, ENDED = "01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c11", "01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c12"
PENDING, APPROVED, PAST = "request-pending", "request-approved", "request-past"
INCIDENT = "01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c99"
REASON = "to try the new agent with a reason that is longer than any table on a terminal has room for, and then some"


async def furnish(tx: Transaction) -> None:
    """Lena has ChatGPT and waits for Figma, which Maya has had; somebody without an address asked for her."""
    now = tx.now
    for id_, email, name in (
        (LENA, "lena@harbour.example", "Lena"),
        (MAYA, "maya@harbour.example", "Maya"),
        (BOT, None, "X"),
    ):
        tx.session.add(Person(id=id_, email=email, name=name, updated_at=now))
    tx.session.add(Policy(key="default", document={"approve": [{"manager": "any"}]}))
    await tx.session.flush()
    for position, key in enumerate(("chatgpt", "figma")):
        document = {"key": key, "name": key.title(), "connector": {"type": "manual"}}
        tx.session.add(
            Application(key=key, name=key.title(), policy_key="default", document=document, position=position)
        )
    await tx.session.flush()
    for id_, application, state, asker, receiver, age in (
        (PAST, "figma", RequestState.APPROVED, MAYA, MAYA, 40),
        (APPROVED, "chatgpt", RequestState.APPROVED, LENA, LENA, 3),
        (PENDING, "figma", RequestState.PENDING, BOT, LENA, 1),
    ):
        at = now - timedelta(days=age)
        decided = state is not RequestState.PENDING
        tx.session.add(
            AccessRequest(
                id=id_, requester_id=asker, beneficiary_id=receiver, application=application, role="member",
                seat_type="chatgpt", duration_seconds=30 * 86_400, reason=REASON, channel="slack", state=state,
                rules={}, created_at=at, expires_at=at + timedelta(days=3), decided_at=at if decided else None,
                decided_by=MAYA if decided else None,
            )
        )  # fmt: skip
    await tx.session.flush()
    for id_, request, application, person, state, why in (
        (ACTIVE, APPROVED, "chatgpt", LENA, GrantState.ACTIVE, None),
        (ENDED, PAST, "figma", MAYA, GrantState.ENDED, EndReason.EXPIRED),
    ):
        over = state is GrantState.ENDED
        at = now - timedelta(days=40 if over else 3)
        tx.session.add(
            Grant(
                id=id_, request_id=request, beneficiary_id=person, application=application, role="member",
                seat_type="chatgpt", duration_seconds=30 * 86_400, state=state, end_reason=why, created_at=at,
                starts_at=at, ends_at=at + timedelta(days=30), active_at=at,
                ended_at=at + timedelta(days=30) if over else None,
            )
        )  # fmt: skip
    tx.session.add(
        Incident(
            id=INCIDENT, scope="figma", application="figma", person_id=None, cause="SignInAgain",
            explanation="The session has ended.", remedy="Sign in again.", state=IncidentState.OPEN, count=2,
            opened_at=now - timedelta(hours=2), seen_at=now,
        )
    )  # fmt: skip
    await tx.session.flush()
    tx.enqueue(subjects.ACCOUNT, subjects.account("chatgpt", LENA), run_at=now + timedelta(days=27),
               payload={"application": "chatgpt", "person": LENA})  # fmt: skip
    tx.enqueue(subjects.CARDS, subjects.request(PENDING), run_at=now + timedelta(hours=1))
    tx.session.add(
        Task(
            kind=subjects.ACCOUNT, key=subjects.account("figma", MAYA), lock_key="account:figma:U0MAYA0001",
            payload={"application": "figma", "person": MAYA}, state=TaskState.PARKED, run_at=now, attempt=3, failures=2,
            incident_id=INCIDENT, error="SignInAgain", created_at=now - timedelta(hours=2),
        )
    )  # fmt: skip
    tx.session.add(
        Task(
            kind="directory", key="2026-11-23", payload={}, state=TaskState.DONE, run_at=now - timedelta(hours=3),
            attempt=1, created_at=now - timedelta(hours=3), finished_at=now - timedelta(hours=3),
        )
    )  # fmt: skip
