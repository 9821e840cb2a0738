"""How long somebody looked at a request before they decided."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from storage.tables import Card

_POSTED = sa.select(Card.ts).where(Card.subject == sa.bindparam("subject"), Card.slot == sa.bindparam("slot"))


async def seconds_looked(
    session: AsyncSession, *, request_id: str, approver_id: str, asked_at: datetime, now: datetime
) -> float:
    """Seconds since the card was posted to this approver; since they were asked, where it never was.

    A message's `ts` is the second in which Slack posted it (docs.slack.dev, “Retrieving messages”).
    """
    bound = {"subject": subjects.request(request_id), "slot": subjects.approval_slot(approver_id)}
    ts = await session.scalar(_POSTED, bound)
    posted_at = datetime.fromtimestamp(float(ts), UTC) if ts else asked_at
    # Slack's clock is another one than Usher's.
    return round((now - min(max(posted_at, asked_at), now)).total_seconds(), 3)
