"""What the ledger says about one request and its grant, as an admin reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.story import Story, Who
from storage.tables import LedgerLine

#: how many lines are told, the latest of them
TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the ledger."""

    at: datetime
    event: str  # as the ledger names it: `request.vote`
    by: Who | None  # None for Usher itself, and for an admin at the shell
    from_shell: bool
    #: what was voted, where it was a vote: approved or denied
    decision: str | None


async def load_history(session: AsyncSession, story: Story) -> Sequence[Happening]:
    """What happened to a request and to its grant, oldest first; of many lines the latest."""
    about = [subjects.request(story.id), *([subjects.grant(story.grant.id)] if story.grant else [])]
    latest = sa.select(LedgerLine).where(LedgerLine.subject.in_(about)).order_by(LedgerLine.seq.desc()).limit(TOLD)
    lines = (await session.scalars(latest)).all()[::-1]
    people = await load_people(session, {line.actor for line in lines})
    return [
        Happening(
            at=line.at,
            event=line.event,
            by=who(people[line.actor]) if line.actor in people else None,
            from_shell=line.actor.startswith("shell:"),
            decision=json.loads(line.data).get("decision"),
        )
        for line in lines
    ]
