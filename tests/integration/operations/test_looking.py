"""How long an approver looked, as the ledger tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access import subjects
from storage.database import Database, Transaction
from storage.tables import Card
from tests.integration.operations.asking import approve, ask, lines
from tests.support.clock import MovableClock

MINUTE = timedelta(minutes=1)


async def post(tx: Transaction, request_id: str) -> None:
    tx.session.add(
        Card(
            id="C1", subject=subjects.request(request_id), slot=subjects.approval_slot("UMAYA"), recipient="UMAYA",
            channel="D1", ts=f"{tx.now.timestamp():.6f}", updated_at=tx.now,
        )
    )  # fmt: skip


@pytest.mark.parametrize(("posted", "looked"), [(True, 120.0), (False, 720.0)], ids=["with a card", "without a card"])
async def test_it_counts_from_the_moment_their_card_was_posted(
    company: Database, clock: MovableClock, *, posted: bool, looked: float
) -> None:
    """Not from when they were to be asked: Slack may have been away. Without a card, that is all there is."""
    asked = await ask(company)
    clock.advance(10 * MINUTE)
    if posted:
        await company.write(post, asked.request_id)
    clock.advance(2 * MINUTE)
    await approve(company, asked.request_id)
    [(_, _, vote)] = await lines(company, "request.vote")
    assert vote["seconds_to_decide"] == looked
