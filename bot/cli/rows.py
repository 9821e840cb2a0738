"""Requests, grants, tasks and incidents as rows for a shell: read in one go, named as the design names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.access import subjects
from bot.access.durations import write_duration
from bot.access.request_rules import terms_of
from bot.cli.shell import CommandError
from storage.tables import AccessRequest, Application, Grant, Incident, Person, Task, TaskState

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to. Everything that is empty does not narrow."""

    states: tuple[str, ...] = ()
    person_ids: tuple[str, ...] = ()
    application: str | None = None


async def narrow(
    session: AsyncSession, *, states: Iterable[str], person: str | None, application: str | None
) -> Filter:
    """A filter from what somebody typed; states have been checked.

    Raises:
        CommandError: there is no such person or application.
    """
    people: Sequence[str] = ()
    if person is not None:
        named = Person.email == person.lower() if "@" in person else Person.id == person
        people = (await session.scalars(sa.select(Person.id).where(named))).all()
        if not people:
            raise CommandError(
                f"Nobody in the directory is “{person}”: give an e-mail address or a Slack user id, or run "
                "`usher people sync` if they are new to Slack."
            )
    if application is not None and await session.get(Application, application) is None:
        known = (await session.scalars(sa.select(Application.key).order_by(Application.position))).all()
        raise CommandError(
            f"There is no application “{application}”. " + (f"There are: {', '.join(known)}." if known else
            "The catalogue is empty: `usher catalog apply FILE` fills it.")
        )  # fmt: skip
    return Filter(states=tuple(states), person_ids=tuple(people), application=application)


async def requests(session: AsyncSession, wanted: Filter) -> list[Row]:
    """Access requests, newest first. `--person` finds those made by them and those for them."""
    requester, beneficiary, decider = aliased(Person), aliased(Person), aliased(Person)
    query = (
        sa.select(
            AccessRequest, _who(requester), _who(beneficiary), sa.func.coalesce(_who(decider), AccessRequest.decided_by)
        )
        .join(requester, requester.id == AccessRequest.requester_id)
        .join(beneficiary, beneficiary.id == AccessRequest.beneficiary_id)
        .outerjoin(decider, decider.id == AccessRequest.decided_by)
        .order_by(AccessRequest.created_at.desc(), AccessRequest.id.desc())
    )
    query = _in(query, AccessRequest.state, wanted.states)
    if wanted.person_ids:
        theirs = AccessRequest.requester_id.in_(wanted.person_ids) | AccessRequest.beneficiary_id.in_(wanted.person_ids)
        query = query.where(theirs)
    if wanted.application is not None:
        query = query.where(AccessRequest.application == wanted.application)
    return [
        {
            "id": request.id,
            "state": _word(request.state),
            "requester": asker,
            "beneficiary": receiver,
            "application": request.application,
            "role": request.role,
            "seat_type": request.seat_type,
            "duration": write_duration(request.duration_seconds),
            "granted": _granted(request),
            "reason": request.reason,
            "channel": request.channel,
            "created_at": request.created_at,
            "expires_at": request.expires_at,
            "decided_at": request.decided_at,
            "decided_by": by,
            "decision_reason": request.decision_reason,
        }
        for request, asker, receiver, by in await session.execute(query)
    ]


def _granted(request: AccessRequest) -> Row | None:
    """What is given where an approver changed it; None where it is as it was asked for."""
    if request.terms is None:
        return None
    granted = terms_of(request)
    return {
        "role": granted.entitlement.role,
        "seat_type": granted.entitlement.seat_type,
        "duration": write_duration(granted.duration_seconds),
    }


async def grants(session: AsyncSession, wanted: Filter) -> list[Row]:
    """Grants, newest first."""
    beneficiary = aliased(Person)
    query = (
        sa.select(Grant, _who(beneficiary))
        .join(beneficiary, beneficiary.id == Grant.beneficiary_id)
        .order_by(Grant.created_at.desc(), Grant.id.desc())
    )
    query = _in(query, Grant.state, wanted.states)
    query = _in(query, Grant.beneficiary_id, wanted.person_ids)
    if wanted.application is not None:
        query = query.where(Grant.application == wanted.application)
    return [
        {
            "id": grant.id,
            "state": _word(grant.state),
            "request": grant.request_id,
            "beneficiary": receiver,
            "application": grant.application,
            "role": grant.role,
            "seat_type": grant.seat_type,
            "starts_at": grant.starts_at,
            "ends_at": grant.ends_at,
            "active_at": grant.active_at,
            "ended_at": grant.ended_at,
            "end_reason": _word(grant.end_reason),
        }
        for grant, receiver in await session.execute(query)
    ]


async def tasks(session: AsyncSession, wanted: Filter) -> list[Row]:
    """Tasks, those that are due first before those that are done."""
    query = sa.select(Task).order_by(Task.state == TaskState.DONE, Task.finished_at.desc(), Task.run_at, Task.id)
    query = _in(query, Task.state, wanted.states)
    if wanted.person_ids:
        query = query.where(_about_people(wanted.person_ids))
    if wanted.application is not None:
        query = query.where(_about_application(wanted.application))
    return [
        {
            "id": task.id,
            "state": _word(task.state),
            "kind": task.kind,
            "key": task.key,
            "run_at": task.run_at,
            "attempt": task.attempt,
            "failures": task.failures,
            "error": task.error,
            "incident": task.incident_id,
            "created_at": task.created_at,
            "finished_at": task.finished_at,
        }
        for task in await session.scalars(query)
    ]


async def incidents(session: AsyncSession, wanted: Filter) -> list[Row]:
    """Incidents, newest first, each with everybody who waits on it. `--person` finds those who wait, too."""
    query = (
        sa.select(Incident, _who(Person))
        .outerjoin(Person, Person.id == Incident.person_id)
        .order_by(Incident.opened_at.desc(), Incident.id.desc())
    )
    query = _in(query, Incident.state, wanted.states)
    if wanted.application is not None:
        query = query.where(Incident.application == wanted.application)
    found = (await session.execute(query)).all()
    waiting = await _waiting(session)
    names = await _names(session, {id_ for ids in waiting.values() for id_ in ids})
    return [
        {
            "id": incident.id,
            "state": _word(incident.state),
            "cause": incident.cause,
            "application": incident.application,
            "person": person,
            "explanation": incident.explanation,
            "remedy": incident.remedy,
            "count": incident.count,
            "opened_at": incident.opened_at,
            "seen_at": incident.seen_at,
            "resolved_at": incident.resolved_at,
            "waiting": [names.get(each, each) for each in waiting.get(incident.id, ())],
        }
        for incident, person in found
        if not wanted.person_ids or {incident.person_id, *waiting.get(incident.id, ())} & set(wanted.person_ids)
    ]


# -- helpers -----------------------------------------------------------------------------------------------------------
def _who(person: Any) -> Any:
    """How a program is told of a person: the e-mail address, or the Slack user id where there is none."""
    return sa.func.coalesce(person.email, person.id)


def _word(value: StrEnum | None) -> str | None:
    return None if value is None else value.value


def _in(query: Any, column: Any, values: Collection[str]) -> Any:
    return query.where(column.in_(values)) if values else query


async def _names(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    named = sa.select(Person.id, _who(Person).label("name")).where(Person.id.in_(ids))
    return {row.id: row.name for row in await session.execute(named)}


async def _waiting(session: AsyncSession) -> dict[str, list[str]]:
    """Incident -> the people whose accounts wait on it, by Slack user id."""
    parked = sa.select(Task.incident_id, Task.payload).where(
        Task.state == sa.literal_column("'parked'"), Task.kind == subjects.ACCOUNT
    )
    waiting: dict[str, list[str]] = {}
    for incident_id, payload in await session.execute(parked.order_by(Task.created_at)):
        if incident_id is not None and "person" in payload:
            waiting.setdefault(incident_id, []).append(payload["person"])
    return waiting


def _about_people(ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Tasks whose key names a person, their account, or a request or incident of theirs (`bot/access/subjects.py`)."""
    made = AccessRequest.requester_id.in_(ids) | AccessRequest.beneficiary_id.in_(ids)
    return sa.or_(
        Task.key.in_(ids),
        *(Task.key.endswith(f":{id_}", autoescape=True) for id_ in ids),
        *_about(made, Incident.person_id.in_(ids)),
    )


def _about_application(key: str) -> sa.ColumnElement[bool]:
    """Tasks whose key names an application, an account in it, or a request for it or incident of it."""
    return sa.or_(
        Task.key == key,
        Task.key.startswith(f"{key}:", autoescape=True),
        *_about(AccessRequest.application == key, Incident.application == key),
    )


def _about(request: sa.ColumnElement[bool], incident: sa.ColumnElement[bool]) -> tuple[sa.ColumnElement[bool], ...]:
    requests = sa.select(AccessRequest.id).where(request)
    return (
        Task.key.in_(requests),
        Task.key.in_(sa.select(sa.literal(subjects.request("")) + AccessRequest.id).where(request)),
        Task.key.in_(sa.select(sa.literal(subjects.incident("")) + Incident.id).where(incident)),
    )
