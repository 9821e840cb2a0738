"""Reads incidents, and who is stuck on them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.operations.incidents import CANNOT_GET_IN
from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.story import IncidentStory
from storage.tables import Application, Grant, GrantState, Incident, Task, TaskState

#: how many of those who wait an incident's card names
NAMED = 8


async def load_incident(session: AsyncSession, incident_id: str) -> IncidentStory | None:
    """One incident and who is stuck on it."""
    found = await _incident_stories(session, sa.select(Incident).where(Incident.id == incident_id))
    return found[0] if found else None


async def load_incidents(session: AsyncSession, incident_ids: Sequence[str]) -> list[IncidentStory]:
    """Several incidents, in the order of their ids as given."""
    found = await _incident_stories(session, sa.select(Incident).where(Incident.id.in_(incident_ids)))
    return sorted(found, key=lambda incident: incident_ids.index(incident.id))


async def _incident_stories(session: AsyncSession, statement: sa.Select[Incident]) -> list[IncidentStory]:
    incidents = (await session.scalars(statement)).all()
    stories = []
    for incident in incidents:
        payloads = await session.scalars(
            sa.select(Task.payload).where(
                Task.incident_id == incident.id, Task.kind == subjects.ACCOUNT, Task.state == TaskState.PARKED
            )
        )
        waiting = {payload["person"] for payload in payloads} | ({incident.person_id} if incident.person_id else set())
        people = await load_people(session, waiting | ({incident.resolved_by} if incident.resolved_by else set()))
        named = sorted((people[id_] for id_ in waiting if id_ in people), key=lambda person: person.name)
        application = await session.get(Application, incident.application) if incident.application else None
        ending = await _is_ending(session, incident)
        stories.append(
            IncidentStory(
                id=incident.id,
                state=incident.state,
                cause=incident.cause,
                application_name=application.name if application else None,
                explanation=incident.explanation,
                remedy=incident.remedy,
                count=incident.count,
                opened_at=incident.opened_at,
                seen_at=incident.seen_at,
                note=incident.note,
                resolved_at=incident.resolved_at,
                resolved_by=who(people[incident.resolved_by]) if incident.resolved_by in people else None,
                waiting=tuple(who(person) for person in named[:NAMED]),
                waiting_total=len(named),
                can_give_up=incident.application is not None
                and incident.cause != CANNOT_GET_IN
                and not incident.scope.startswith("request:")
                and not ending,
                can_do_by_hand=incident.application is not None and not incident.scope.startswith("request:"),
            )
        )
    return stories


async def _is_ending(session: AsyncSession, incident: Incident) -> bool:
    """Is it a removal that is stuck? Only what is being given can be given up."""
    if incident.person_id is None:
        return False
    return bool(
        await session.scalar(
            sa.select(sa.literal(True)).where(
                sa.exists().where(
                    Grant.application == incident.application,
                    Grant.beneficiary_id == incident.person_id,
                    Grant.state == GrantState.ENDING,
                )
            )
        )
    )
