"""How long an approver looked, as the ledger tells it."""

from __future__ import annotations

from datetime import timedelta

from bot.access.operations.looking import seconds_looked
from storage.database import Database, Transaction
from storage.tables import Card
from tests.support.clock import MovableClock

MINUTE = timedelta(minutes=1)


async def post(tx: Transaction) -> None:
    tx.session.add(
        Card(
            id="C1", subject="request:R1", slot="approval:UMAYA", recipient="UMAYA", channel="D1",
            ts=f"{tx.now.timestamp():.6f}", updated_at=tx.now,
        )
    )  # fmt: skip


async def test_it_counts_from_the_moment_their_card_was_posted(database: Database, clock: MovableClock) -> None:
    """Not from when they were to be asked: Slack may have been away. Without a card, that is all there is."""
    asked_at = clock.now()
    clock.advance(10 * MINUTE)
    await database.write(post)
    clock.advance(2 * MINUTE)
    async with database.read() as session:
        looked = {
            person: await seconds_looked(
                session, request_id="R1", approver_id=person, asked_at=asked_at, now=clock.now()
            )
            for person in ("UMAYA", "UNOOR")
        }
    assert looked == {"UMAYA": 120.0, "UNOOR": 720.0}
