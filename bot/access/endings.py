"""How grants ended: who took them back, and what was read afterwards. The ledger knows; nobody can change it there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.people_facts import load_people
from bot.access.story import Ending, Who
from storage.tables import AccountStatus, Grant, GrantState, LedgerLine, ManualStep, Person, StepState

_EVENTS = ("grant.ending", "grant.ended")


async def load_endings(session: AsyncSession, grants: Collection[Grant]) -> dict[str, Ending]:
    """By grant, for those that are ending or over."""
    over = {subjects.grant(grant.id): grant for grant in grants if grant.state in (GrantState.ENDING, GrantState.ENDED)}
    if not over:
        return {}
    lines: dict[str, dict[str, LedgerLine]] = defaultdict(dict)
    statement = sa.select(LedgerLine).where(LedgerLine.subject.in_(over), LedgerLine.event.in_(_EVENTS))
    for line in await session.scalars(statement.order_by(LedgerLine.seq)):
        lines[line.subject][line.event] = line
    steps = await _steps(session, over.values())
    named = {line.actor for each in lines.values() for line in each.values()}
    people = await load_people(session, named | {step.answered_by for step in steps.values() if step.answered_by})
    return {
        grant.id: _ending(lines[subject], steps.get((grant.application, grant.beneficiary_id)), people)
        for subject, grant in over.items()
        if "grant.ending" in lines[subject]
    }


def _ending(lines: Mapping[str, LedgerLine], step: ManualStep | None, people: Mapping[str, Person]) -> Ending:
    began, over = lines["grant.ending"], lines.get("grant.ended")
    by_hand = step if step is not None and over is not None and _after(step, began.at) else None
    return Ending(
        since=began.at,
        by=_who(people.get(began.actor)),
        seen=AccountStatus(json.loads(over.data)["observed"]) if over is not None else None,
        seen_at=over.at if over is not None else None,
        confirmed_by=_who(people.get(by_hand.answered_by or "")) if by_hand is not None else None,
    )


def _after(step: ManualStep, moment: datetime) -> bool:
    return step.answered_at is not None and step.answered_at >= moment


async def _steps(session: AsyncSession, grants: Collection[Grant]) -> dict[tuple[str, str], ManualStep]:
    """The last removal by hand for each account, where there was one."""
    statement = sa.select(ManualStep).where(
        ManualStep.application.in_({grant.application for grant in grants}),
        ManualStep.person_id.in_({grant.beneficiary_id for grant in grants}),
        ManualStep.state == StepState.DONE,
    )
    done = await session.scalars(statement.order_by(ManualStep.answered_at))
    return {(step.application, step.person_id): step for step in done if step.change.get("wanted") is None}


def _who(person: Person | None) -> Who | None:
    return Who(id=person.id, name=person.name, active=person.active) if person is not None else None
