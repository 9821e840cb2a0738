"""What has been over for long can be deleted, and only that."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.prune import count_prunable, prune
from storage import audit
from storage.database import Database, Transaction
from storage.ids import new_id
from storage.tables import (
    AccessRequest,
    Application,
    Approval,
    Batch,
    Card,
    Comment,
    Connection,
    ConnectionToken,
    Delegation,
    DeliveryState,
    EndReason,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    ManualStep,
    Person,
    Policy,
    RequestState,
    StepState,
    Task,
    TaskState,
    TokenKind,
    WebhookDelivery,
)
from tests.support.clock import MovableClock

OLD, RECENT = timedelta(days=200), timedelta(days=20)
KEEP = timedelta(days=180)


async def house(tx: Transaction) -> None:
    tx.session.add_all([Person(id="U1", name="Lena", updated_at=tx.now), Policy(key="default", document={})])
    await tx.session.flush()
    tx.session.add(Application(key="chatgpt", name="ChatGPT", policy_key="default", document={}, position=0))
    await tx.session.flush()


async def add_request(
    tx: Transaction,
    name: str,
    *,
    decided: timedelta | None,
    ended: timedelta | None = None,
    has_grant: bool = True,
    extends: str | None = None,
    replaces: str | None = None,
    batch: str | None = None,
) -> None:
    """A request `name`, its grant `grant-<name>`, an approval, a comment and a card. None: not decided, not ended."""
    at = tx.now - (decided or timedelta())
    tx.session.add(
        AccessRequest(
            id=name, requester_id="U1", beneficiary_id="U1", application="chatgpt", role=name, seat_type="",
            duration_seconds=None, reason="to test", channel="slack", rules={}, created_at=at, expires_at=at,
            state=RequestState.PENDING if decided is None else RequestState.APPROVED,
            decided_at=None if decided is None else at, batch_id=batch,
            extends_id=extends and f"grant-{extends}",
        )
    )  # fmt: skip
    await tx.session.flush()
    if decided is not None and has_grant:
        tx.session.add(
            Card(id=new_id(), subject=subjects.seat(f"grant-{name}"), slot="admins", recipient="C1", updated_at=at)
        )
        tx.session.add(
            Grant(
                id=f"grant-{name}", request_id=name, beneficiary_id="U1", application="chatgpt", role="", seat_type="",
                state=GrantState.ACTIVE if ended is None else GrantState.ENDED, created_at=at, starts_at=at,
                ended_at=None if ended is None else tx.now - ended,
                end_reason=None if ended is None else EndReason.EXPIRED,
                replaces_id=replaces and f"grant-{replaces}",
            )
        )  # fmt: skip
    tx.session.add_all(
        [
            Approval(request_id=name, stage=0, approver_id="U1", why="manager", asked_at=at),
            Comment(id=new_id(), request_id=name, author_id="U1", text="why?", created_at=at, origin=name),
            Card(id=new_id(), subject=subjects.request(name), slot="status:U1", recipient="U1", updated_at=at),
        ]
    )
    tx.record("request.approved", actor="U1", subject=subjects.request(name))
    await tx.session.flush()


async def left(database: Database) -> set[str]:
    """The requests that are still there; what belongs to others is gone."""
    async with database.read() as session:
        requests = set(await session.scalars(sa.select(AccessRequest.id)))
        for column in (Approval.request_id, Comment.request_id):
            assert set(await session.scalars(sa.select(column))) == requests
        granted = set(await session.scalars(sa.select(Grant.request_id)))
        assert granted <= requests
        about = {f"request:{name}" for name in requests} | {f"seat:grant-{name}" for name in granted}
        assert set(await session.scalars(sa.select(Card.subject))) == about
        assert (await audit.verify(session)).intact
    return requests


async def test_only_what_nothing_living_goes_back_to_is_deleted(database: Database, clock: MovableClock) -> None:
    """A request that is over goes with all that belongs to it; its line in the ledger stays.

    It stays when it waits, when its grant lives, when it ended lately, when a card of it is still to be posted, and
    when a living one extended it or took its place, over however many steps. A dry run says how many.
    """

    async def fill(tx: Transaction) -> None:
        await house(tx)
        tx.session.add(Batch(id="B", requester_id="U1", application="chatgpt", document={}, created_at=tx.now - OLD))
        await add_request(tx, "denied", decided=OLD, has_grant=False, batch="B")
        await add_request(tx, "ended", decided=OLD, ended=OLD)
        await add_request(tx, "ended-extension", decided=OLD, ended=OLD, extends="ended")
        await add_request(tx, "waiting", decided=None)
        await add_request(tx, "living", decided=OLD)
        await add_request(tx, "lately", decided=OLD, ended=RECENT)
        await add_request(tx, "first", decided=OLD, ended=OLD)
        await add_request(tx, "second", decided=OLD, ended=OLD, extends="first")
        await add_request(tx, "third", decided=OLD, replaces="second")
        await add_request(tx, "wanted-longer", decided=OLD, ended=OLD)
        await add_request(tx, "wants-longer", decided=None, extends="wanted-longer")
        await add_request(tx, "unposted", decided=OLD, ended=OLD)
        tx.enqueue(subjects.CARDS, subjects.request("unposted"), run_at=tx.now + timedelta(hours=1))

    await database.write(fill)
    before = clock.now() - KEEP
    async with database.read() as session:
        expected = await count_prunable(session, before=before)
    told: list[tuple[str, int, int]] = []
    counts = await prune(database, before=before, progress=lambda *page: told.append(page))
    assert counts == expected
    assert (counts["requests"], counts["batches"]) == (3, 1)
    assert told == [("requests", 3, 3), ("batches", 1, 1)]
    kept = {"waiting", "living", "lately", "first", "second", "third", "wanted-longer", "wants-longer", "unposted"}
    assert await left(database) == kept
    assert not any((await prune(database, before=before)).values())


async def test_finished_work_of_long_ago_is_deleted(database: Database, clock: MovableClock) -> None:
    """Of each kind one that is over and old goes; one that is not over, and one that was over lately, stay."""

    async def fill(tx: Transaction) -> None:
        await house(tx)
        for name, at, over in (
            ("gone", tx.now - OLD, True),
            ("lately", tx.now - RECENT, True),
            ("living", tx.now - OLD, False),
        ):
            end = at if over else None
            tx.session.add_all(rows(name, at, end, is_over=over))
            await tx.session.flush()

    def rows(name: str, at: datetime, end: datetime | None, *, is_over: bool) -> list[object]:
        return [
            ManualStep(
                id=name, application="chatgpt", person_id="U1", change={}, instructions="", created_at=at,
                state=StepState.DONE if is_over else StepState.OPEN, answered_at=end,
            ),
            Incident(
                id=name, scope=name, cause="Blocked", explanation="", remedy="", opened_at=at, seen_at=at,
                state=IncidentState.RESOLVED if is_over else IncidentState.OPEN, resolved_at=end,
            ),
            Task(
                kind="expire", key=name, payload={}, run_at=at, created_at=at, finished_at=end,
                state=TaskState.DONE if is_over else TaskState.OPEN,
            ),
            WebhookDelivery(
                id=name, webhook="siem", seq=sum(map(ord, name)), event_id=name, type="ping", body="{}", created_at=at,
                state=DeliveryState.FAILED if is_over else DeliveryState.WAITING, next_try_at=at, give_up_at=at,
                tries=[],
            ),
            Connection(
                id=name, person_id="U1", client_id="c", client_name="ChatGPT", resource="r", created_at=at, used_at=at,
                ended_at=end,
            ),
            ConnectionToken(id=name, connection_id=name, kind=TokenKind.ACCESS, created_at=at, expires_at=at),
            Card(id=name, subject=f"incident:{name}", slot="alert", recipient="C1", updated_at=at),
        ]  # fmt: skip

    async def absences(tx: Transaction) -> None:
        tx.session.add_all(Person(id=f"U{number}", name="", updated_at=tx.now) for number in (4, 6, 10))
        await tx.session.flush()
        for name, ended, cancelled in (("gone", OLD, None), ("taken-back", -OLD, OLD), ("living", -OLD, None)):
            tx.session.add(
                Delegation(
                    id=name, person_id=f"U{len(name)}", delegate_id="U1", starts_at=tx.now - OLD,
                    ends_at=tx.now - ended, created_at=tx.now - OLD, cancelled_at=cancelled and tx.now - cancelled,
                )
            )  # fmt: skip

    await database.write(fill)
    await database.write(absences)
    counts = await prune(database, before=clock.now() - KEEP)
    one_each = {"steps": 1, "incidents": 1, "tasks": 1, "deliveries": 1, "connections": 1, "absences": 2}
    assert {name: count for name, count in counts.items() if count} == one_each
    async with database.read() as session:
        for column in (ManualStep.id, Incident.id, Task.key, WebhookDelivery.id, Connection.id, ConnectionToken.id):
            assert set(await session.scalars(sa.select(column))) == {"lately", "living"}, column
        assert set(await session.scalars(sa.select(Card.id))) == {"lately", "living"}
        assert set(await session.scalars(sa.select(Delegation.id))) == {"living"}
