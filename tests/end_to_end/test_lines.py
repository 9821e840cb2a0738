"""A long line before one person is in nobody else's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.access import subjects
from bot.engine.dispatcher import AT_ONCE
from storage.database import Transaction
from tests.support.studio import Studio

MANY = 2 * AT_ONCE


def card_tasks(database_file: Path) -> list[tuple[int, str | None, int]]:
    """How often each was begun, who works on it, and how often it failed in a row."""
    with closing(sqlite3.connect(database_file)) as connection:
        return connection.execute("SELECT attempt, owner, failures FROM tasks WHERE kind = 'cards'").fetchall()


async def test_cards_that_wait_for_their_second_at_slack_take_nobodys_place(database_file: Path) -> None:
    """Slack takes one message a second for each person; meanwhile every place to work is free for others."""
    async with Studio.open(database_file) as studio:
        keys = [subjects.greeting(studio.lena.id, f"{number}.000100") for number in range(MANY)]

        async def ask(tx: Transaction) -> None:
            for key in keys:
                tx.enqueue(subjects.CARDS, key, lock_key=f"cards:{key}")

        def all_wait() -> bool:
            tasks = card_tasks(database_file)
            return len(tasks) == MANY and all(attempt > 0 and owner is None for attempt, owner, _ in tasks)

        await studio.usher.database.write(ask)
        await studio.until(all_wait)
        posted = [call for call in studio.slack.calls if call.method == "chat.postMessage"]
        assert 0 < len(posted) < MANY
        await studio.ask(studio.maya)
        await studio.approve(studio.noor, studio.maya)
        await studio.until(lambda: studio.has(studio.maya) is not None)
        assert len([call for call in studio.slack.calls if call.method == "chat.postMessage"]) < MANY


async def test_a_card_that_failed_and_waits_for_its_second_has_failed_all_the_same(database_file: Path) -> None:
    """While Slack fails, its tries come later and later, also in a line before one person."""
    async with Studio.open(database_file) as studio:
        studio.slack.faults.add("chat.postMessage", "server_error", times=10_000)
        keys = [subjects.greeting(studio.lena.id, f"{number}.000100") for number in range(4)]

        async def ask(tx: Transaction) -> None:
            for key in keys:
                tx.enqueue(subjects.CARDS, key, lock_key=f"cards:{key}")

        await studio.usher.database.write(ask)
        await studio.in_time(lambda: all(failures >= 4 for _, _, failures in card_tasks(database_file)))
