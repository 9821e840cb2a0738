"""Turns: of all that is due, what a decision asks of a provider goes first, and nothing waits longer than it can."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from storage import task_queue
from storage.database import Database, Transaction
from storage.task_queue import Room
from storage.task_statements import PATIENCE
from tests.support.clock import START, MovableClock

if TYPE_CHECKING:
    from tests.integration.storage.conftest import Queue

SECOND = timedelta(seconds=1)
WAITS = PATIENCE["cards"]


async def in_turn(queue: Queue) -> list[str]:
    """What is due, one after the other."""
    found = []
    while claimed := await queue.claim(limit=1):
        found.append(claimed[0].kind)
        await queue.finish(claimed[0])
    return found


async def claim(database: Database, *, patient: int, limit: int = 10) -> tuple[list[tuple[str, bool]], datetime | None]:
    room = Room(kind="account", left=limit, patient=patient)
    tasks, due, _ = await task_queue.claim_due(database, owner="worker", limit=limit, lease=600 * SECOND, room=room)
    return [(task.kind, task.patient) for task in tasks], due


async def test_an_account_goes_before_cards_that_were_due_before_it(queue: Queue, clock: MovableClock) -> None:
    """Whoever was approved last has their invite before anybody is told of those before."""
    await queue.enqueue("webhook", "crm")
    await queue.enqueue("cards", "request:1")
    clock.advance(WAITS - SECOND)
    await queue.enqueue("account", "chatgpt:U1")
    assert await in_turn(queue) == ["account", "cards", "webhook"]


async def test_cards_that_have_waited_go_before_an_account(queue: Queue, clock: MovableClock) -> None:
    """However many are approved, people see within seconds where things stand, or as soon as there is time at all."""
    await queue.enqueue("cards", "request:1")
    clock.advance(WAITS + SECOND)
    await queue.enqueue("account", "chatgpt:U1")
    assert await in_turn(queue) == ["cards", "account"]


async def test_a_look_can_wait_and_a_decision_meanwhile_cannot(
    queue: Queue, database: Database, clock: MovableClock
) -> None:
    """What is done again with patience loses it when it is asked for."""
    for key in ("chatgpt:U1", "chatgpt:U2"):
        await queue.enqueue("account", key)
        look = await queue.claim_one()
        await database.write(
            task_queue.retry, look, run_at=START + SECOND, error=None, failed=False, patience=30 * SECOND
        )
    clock.advance(2 * SECOND)
    await queue.enqueue("account", "chatgpt:U2")
    await queue.enqueue("cards", "request:1")
    claimed = [(await queue.claim(limit=1))[0] for _ in range(3)]
    assert [(task.kind, task.key) for task in claimed] == [
        ("account", "chatgpt:U2"), ("cards", "request:1"), ("account", "chatgpt:U1"),
    ]  # fmt: skip


@pytest.mark.parametrize("again", ["account", "cards"])
async def test_what_is_asked_for_while_it_runs_has_the_patience_of_its_kind(
    queue: Queue, clock: MovableClock, again: str
) -> None:
    """Running once does not make a card urgent, nor an account patient."""
    await queue.enqueue(again, "1")
    running = await queue.claim_one()
    await queue.enqueue(again, "1")
    await queue.finish(running)
    clock.advance(SECOND)
    await queue.enqueue("home", "U1")
    await queue.enqueue("account", "chatgpt:U2")
    assert await in_turn(queue) == (
        ["account", "account", "home"] if again == "account" else ["account", "cards", "home"]
    )


async def test_what_an_incident_held_up_goes_at_once(queue: Queue) -> None:
    """It has waited for long enough."""
    await queue.enqueue("cards", "request:1")
    await queue.park(await queue.claim_one())
    await queue.enqueue("account", "chatgpt:U1", run_at=START)
    await queue.release()
    assert await in_turn(queue) == ["cards", "account"]


async def test_without_room_what_can_wait_is_left_until_it_cannot(
    queue: Queue, database: Database, clock: MovableClock
) -> None:
    """The worker wakes up when its patience is over, and not before: it would turn in circles."""
    await queue.enqueue("cards", "request:1")
    await queue.enqueue("account", "chatgpt:U1")
    assert await claim(database, patient=0) == ([("account", False)], START + WAITS)
    clock.advance(WAITS)
    claimed, _ = await claim(database, patient=0)
    assert claimed == [("cards", False)]


async def test_a_little_room_is_for_the_first_who_can_wait(queue: Queue, database: Database) -> None:
    """Beside all that cannot."""
    for number in range(3):
        await queue.enqueue("cards", f"request:{number}")
        await queue.enqueue("account", f"chatgpt:U{number}")
    assert await claim(database, patient=1) == ([("account", False)] * 3 + [("cards", True)], START + WAITS)


async def test_a_task_of_the_version_before_comes_in_the_order_of_its_time(queue: Queue, database: Database) -> None:
    """That version writes no deadline."""
    await queue.enqueue("cards", "request:1")
    await queue.enqueue("account", "chatgpt:U1")

    async def forget(tx: Transaction) -> None:
        await tx.execute(sa.text("UPDATE tasks SET due_by = NULL"))

    await database.write(forget)
    assert await in_turn(queue) == ["cards", "account"]
