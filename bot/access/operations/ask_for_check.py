"""An admin wants to know whether an application's connector works."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import Application


async def ask_for_check(tx: Transaction, *, application: str) -> None:
    """Has the connector of an application checked now. What is found shows on the card and on the Home tabs.

    Raises:
        Refused: there is no such application (any more).
    """
    offered = sa.select(Application.key).where(Application.key == application, Application.retired_at.is_(None))
    if await tx.session.scalar(offered) is None:
        raise Refused(Refusal.GONE)
    enqueue_check(tx, application)


def enqueue_check(tx: Transaction, application: str) -> None:
    """Enqueues the check of one application."""
    tx.enqueue(subjects.CHECK, application, lock_key=f"check:{application}")
