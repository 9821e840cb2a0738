"""Slack is out of reach: one look after the other, and all cards at once when it is back.

Each card's own tries come later and later. After an outage of an hour the next one may be half an hour away, and
nobody waits that long for a card that Slack would take now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import subjects
from bot.engine.slack_calls import SlackLater, SlackTroubles, SlackUnknown, call
from bot.engine.work import Again, Done, Outcome
from storage import task_queue
from storage.database import Database, Transaction
from storage.tables import Task
from storage.task_queue import ClaimedTask

#: between two looks
GAP: Final = timedelta(seconds=5)
#: what is shown in Slack
SHOWN: Final = (subjects.CARDS, subjects.HOME)


class Reach:
    """Handles the task that looks whether Slack is back."""

    def __init__(self, database: Database, slack: AsyncWebClient) -> None:
        self._database = database
        self._slack = slack

    async def look(self, task: ClaimedTask) -> Outcome:
        """Asks Slack who Usher is. If that had failed, everything that has to be shown there is tried again now."""
        try:
            await call(self._slack.auth_test())
        except SlackLater as error:
            return Again(after=error.after or GAP, error=error.what)
        except SlackUnknown as error:
            return Again(after=GAP, error=error.what)
        if task.failures:
            await self._database.write(task_queue.hurry, SHOWN)
        return Done()


def is_out_of_reach(error: SlackTroubles) -> bool:
    """Did Slack say nothing at all? To be asked to slow down is an answer."""
    return isinstance(error, SlackUnknown) or (isinstance(error, SlackLater) and error.after is None)


async def look_for_slack(tx: Transaction) -> None:
    """Has Slack looked for, soon: as often as anybody asks, one task does."""
    tx.enqueue(subjects.SLACK, "reach", lock_key="slack", run_at=tx.now + GAP)


async def is_known(tx: Transaction) -> bool:
    """Is it known that Slack is out of reach, so that no single card has to tell of it?"""
    return bool(
        await tx.session.scalar(
            sa.select(sa.true()).where(
                Task.kind == subjects.SLACK, Task.state == sa.literal_column("'open'"), Task.failures > 0
            )
        )
    )
