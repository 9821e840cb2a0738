"""Reads what is told about requests, grants, incidents and steps: a few statements, however many are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.catalog import InviteRules
from bot.access.desired import Entitlement
from bot.access.endings import load_endings
from bot.access.links import Links, load_links
from bot.access.looked_after import looked_after_by
from bot.access.operations.following import rules_of
from bot.access.people_facts import load_people
from bot.access.story import (
    ApplicationStory,
    Asked,
    Ending,
    GrantStory,
    HomeStory,
    IncidentStory,
    SeatsLeft,
    StepStory,
    Story,
    Who,
)
from bot.connectors.config import connector_config
from bot.connectors.contract import Condition
from storage.tables import (
    AccessRequest,
    Account,
    AccountStatus,
    Application,
    Approval,
    Card,
    EndReason,
    Grant,
    GrantState,
    HealthReport,
    Incident,
    IncidentState,
    ManualStep,
    Person,
    RequestState,
    SeatCount,
    Task,
    TaskState,
)

#: how many of those who wait an incident's card names
NAMED = 8
#: how many of each list the Home tab reads
LISTED = 30


async def load_story(session: AsyncSession, request_id: str) -> Story | None:
    """Everything about one request; None when there is no such request."""
    found = await load_stories(session, [request_id])
    return found[0] if found else None


async def load_stories(
    session: AsyncSession, request_ids: Sequence[str], *, reader_id: str | None = None
) -> list[Story]:
    """Everything about several requests, in the order of their ids as given; with the cards of who reads it, if any."""
    if not request_ids:
        return []
    reading = await _read(session, request_ids, reader_id)
    return [reading.story(reading.requests[id_]) for id_ in request_ids if id_ in reading.requests]


async def load_stories_of(session: AsyncSession, person_id: str) -> list[Story]:
    """Everything about the requests that somebody made or that are for them, newest first."""
    return await load_stories(session, await request_ids_of(session, person_id), reader_id=person_id)


async def load_lost(session: AsyncSession, application: str, person_id: str) -> list[Story]:
    """The requests whose grants somebody lost in an application when they last left, all at once."""
    lost = sa.select(Grant.request_id).where(
        Grant.beneficiary_id == person_id, Grant.application == application, Grant.end_reason == EndReason.LEFT
    )
    stories = await load_stories(session, (await session.scalars(lost.order_by(Grant.starts_at))).all())
    since = {story.id: story.grant.ending.since for story in stories if story.grant and story.grant.ending}
    return [story for story in stories if story.id in since and since[story.id] == max(since.values())]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    requests: dict[str, AccessRequest]
    approvals: dict[str, list[Approval]]
    grants: dict[str, Grant]
    accounts: dict[tuple[str, str], Account]
    people: dict[str, Person]
    applications: dict[str, Application]
    incidents: dict[str, Incident]  # open ones, by scope
    permalinks: dict[str, str]  # by subject
    seats: dict[tuple[str, str], SeatCount]
    endings: dict[str, Ending]  # by grant
    links: Links

    def story(self, request: AccessRequest) -> Story:
        rules = rules_of(request)
        grant = self.grants.get(request.id)
        account = self.accounts.get((request.application, request.beneficiary_id))
        application = self.applications[request.application]
        beneficiary = self.people[request.beneficiary_id]
        approvals = self.approvals.get(request.id, [])
        return Story(
            id=request.id,
            application=request.application,
            application_name=application.name,
            by_hand=application.document.get("connector", {}).get("type") == "manual",
            requester=who(self.people[request.requester_id]),
            beneficiary=who(beneficiary),
            beneficiary_email=beneficiary.email or "",
            entitlement=Entitlement(role=request.role, seat_type=request.seat_type),
            duration_seconds=request.duration_seconds,
            reason=request.reason,
            state=request.state,
            stage=request.stage,
            stages=len(rules.approve),
            created_at=request.created_at,
            expires_at=request.expires_at,
            decided_at=request.decided_at,
            decided_by=who(self.people[request.decided_by]) if request.decided_by in self.people else None,
            decision_reason=request.decision_reason,
            auto_approved=rules.auto_approve,
            asked=tuple(self._asked(each) for each in approvals),
            grant=_grant_story(grant, application, self.endings) if grant else None,
            extends=self.links.extended.get(request.extends_id) if request.extends_id else None,
            extension=self.links.extensions.get(grant.id) if grant else None,
            has_now=_has_now(account),
            has_status=account.status if account is not None else None,
            seats=seats_left(self.seats.get((request.application, request.seat_type))),
            problem=self._problem(request, grant),
            nobody_to_ask=subjects.request(request.id) in self.incidents,
            permalink=self.permalinks.get(subjects.request(request.id)),
        )

    def _asked(self, approval: Approval) -> Asked:
        return Asked(
            who=who(self.people[approval.approver_id]),
            stage=approval.stage,
            why=approval.why,
            asked_at=approval.asked_at,
            unreachable=approval.unreachable_at is not None,
            decision=approval.decision,
            reason=approval.reason,
            decided_at=approval.decided_at,
        )

    def _problem(self, request: AccessRequest, grant: Grant | None) -> str | None:
        if grant is None or grant.state in (GrantState.ACTIVE, GrantState.ENDED, GrantState.SCHEDULED):
            return None
        scopes = (subjects.account(request.application, request.beneficiary_id), request.application)
        return next((self.incidents[scope].explanation for scope in scopes if scope in self.incidents), None)


async def _read(session: AsyncSession, request_ids: Sequence[str], reader_id: str | None) -> _Reading:
    requests = await _by_id(session, sa.select(AccessRequest).where(AccessRequest.id.in_(request_ids)))
    approvals: dict[str, list[Approval]] = defaultdict(list)
    asked = sa.select(Approval).where(Approval.request_id.in_(request_ids))
    for approval in await session.scalars(asked.order_by(Approval.stage, Approval.asked_at, Approval.approver_id)):
        approvals[approval.request_id].append(approval)
    grants = (await session.scalars(sa.select(Grant).where(Grant.request_id.in_(request_ids)))).all()
    people = {person for request in requests.values() for person in _people_of(request)}
    people |= {approval.approver_id for each in approvals.values() for approval in each}
    applications = {request.application for request in requests.values()}
    beneficiaries = {request.beneficiary_id for request in requests.values()}
    accounts = await session.scalars(
        sa.select(Account).where(Account.application.in_(applications), Account.person_id.in_(beneficiaries))
    )
    scopes = {
        scope
        for request in requests.values()
        for scope in (
            request.application,
            subjects.account(request.application, request.beneficiary_id),
            subjects.request(request.id),
        )
    }
    open_incidents = await session.scalars(
        sa.select(Incident).where(Incident.scope.in_(scopes), Incident.state == sa.literal_column("'open'"))
    )
    return _Reading(
        requests=requests,
        approvals=approvals,
        grants={grant.request_id: grant for grant in grants},
        accounts={(account.application, account.person_id): account for account in accounts},
        people=await load_people(session, people),
        applications={
            row.key: row
            for row in await session.scalars(sa.select(Application).where(Application.key.in_(applications)))
        },
        incidents={incident.scope: incident for incident in open_incidents},
        permalinks=await _permalinks(session, request_ids, reader_id) if reader_id else {},
        seats={
            (row.application, row.seat_type): row
            for row in await session.scalars(sa.select(SeatCount).where(SeatCount.application.in_(applications)))
        },
        endings=await load_endings(session, grants),
        links=await load_links(session, requests.values(), grants),
    )


async def _permalinks(session: AsyncSession, request_ids: Sequence[str], reader_id: str) -> dict[str, str]:
    """By subject. Only the reader's own: nobody can open another person's conversation with Usher."""
    cards = sa.select(Card).where(
        Card.subject.in_([subjects.request(id_) for id_ in request_ids]), Card.slot == subjects.status_slot(reader_id)
    )
    return {card.subject: card.permalink for card in await session.scalars(cards) if card.permalink}


async def load_incident(session: AsyncSession, incident_id: str) -> IncidentStory | None:
    """One incident and who is stuck on it."""
    found = await _incident_stories(session, sa.select(Incident).where(Incident.id == incident_id))
    return found[0] if found else None


async def load_open_incidents(session: AsyncSession) -> list[IncidentStory]:
    """The open incidents, oldest first."""
    statement = sa.select(Incident).where(Incident.state == IncidentState.OPEN).order_by(Incident.opened_at)
    return await _incident_stories(session, statement.limit(LISTED))


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


async def load_step(session: AsyncSession, step_id: str) -> StepStory | None:
    """A change by hand, with the wish that it serves."""
    step = await session.get(ManualStep, step_id)
    if step is None:
        return None
    people = await load_people(session, {step.person_id, *([step.answered_by] if step.answered_by else [])})
    application = await session.get_one(Application, step.application)
    latest = (
        await session.execute(
            sa.select(Grant.ends_at, AccessRequest.reason)
            .join(AccessRequest, AccessRequest.id == Grant.request_id)
            .where(Grant.application == step.application, Grant.beneficiary_id == step.person_id)
            .order_by(Grant.created_at.desc())
            .limit(1)
        )
    ).one_or_none()
    wanted = step.change.get("wanted")
    beneficiary = people[step.person_id]
    return StepStory(
        id=step.id,
        state=step.state,
        application_name=application.name,
        beneficiary=who(beneficiary),
        beneficiary_email=beneficiary.email or "",
        wanted=Entitlement(**wanted) if wanted is not None else None,
        until=latest[0] if latest else None,
        request_reason=latest[1] if latest else "",
        instructions=step.instructions,
        created_at=step.created_at,
        answered_at=step.answered_at,
        answered_by=who(people[step.answered_by]) if step.answered_by in people else None,
        reason=step.reason,
    )


async def load_home(session: AsyncSession, person_id: str, *, is_admin: bool, now: datetime) -> HomeStory | None:
    """What a person's Home tab shows; None for somebody who is not in the directory."""
    person = await session.get(Person, person_id)
    if person is None:
        return None
    access = await request_ids_of_living_grants(session, person_id)
    mine = await request_ids_of(session, person_id)
    to_decide = await request_ids_to_decide(session, person_id, now=now)
    wanted = list(dict.fromkeys([*access, *mine, *to_decide]))
    stories = {story.id: story for story in await load_stories(session, wanted, reader_id=person_id)}
    return HomeStory(
        who=who(person),
        access=tuple(stories[id_] for id_ in access),
        requests=tuple(stories[id_] for id_ in mine if id_ not in set(access)),
        to_decide=tuple(stories[id_] for id_ in to_decide),
        looks_after=is_admin or bool(await looked_after_by(session, person)),
        incidents=tuple(await load_open_incidents(session)) if is_admin else (),
        applications=tuple(await load_applications(session)) if is_admin else (),
        is_admin=is_admin,
        now=now,
    )


async def load_applications(session: AsyncSession) -> list[ApplicationStory]:
    """The catalogue as it is offered, in its order, with what is known of each application's health."""
    offered = sa.select(Application).where(Application.retired_at.is_(None))
    return await _application_stories(session, offered.order_by(Application.position, Application.key))


async def load_application_story(session: AsyncSession, key: str) -> ApplicationStory | None:
    """One application, also a retired one; None when there never was one."""
    found = await _application_stories(session, sa.select(Application).where(Application.key == key))
    return found[0] if found else None


async def _application_stories(session: AsyncSession, statement: sa.Select[Application]) -> list[ApplicationStory]:
    applications = (await session.scalars(statement)).all()
    keys = [row.key for row in applications]
    reports = await session.scalars(sa.select(HealthReport).where(HealthReport.application.in_(keys)))
    outages = await session.scalars(
        sa.select(Incident).where(Incident.scope.in_(keys), Incident.state == sa.literal_column("'open'"))
    )
    report_of = {report.application: report for report in reports}
    outage_of = {outage.scope: outage.explanation for outage in outages}
    return [
        ApplicationStory(
            key=row.key,
            name=row.name,
            retired=row.retired_at is not None,
            connector=connector_config.validate_python(row.document["connector"]),
            findings=_findings(report_of.get(row.key)),
            checked_at=report_of[row.key].checked_at if row.key in report_of else None,
            outage=outage_of.get(row.key),
        )
        for row in applications
    ]


def _findings(report: HealthReport | None) -> tuple[Condition, ...]:
    return tuple(Condition(**each) for each in report.document["conditions"]) if report else ()


async def request_ids_of(session: AsyncSession, person_id: str) -> list[str]:
    """Requests that somebody made or that are for them, newest first."""
    statement = (
        sa.select(AccessRequest.id)
        .where(sa.or_(AccessRequest.requester_id == person_id, AccessRequest.beneficiary_id == person_id))
        .order_by(AccessRequest.created_at.desc())
        .limit(LISTED)
    )
    return list(await session.scalars(statement))


async def request_ids_of_living_grants(session: AsyncSession, person_id: str) -> list[str]:
    """The requests behind somebody's living grants, soonest end first."""
    statement = (
        sa.select(Grant.request_id)
        .where(Grant.beneficiary_id == person_id, Grant.state != sa.literal_column("'ended'"))
        .order_by(Grant.ends_at.is_(None), Grant.ends_at, Grant.created_at)
        .limit(LISTED)
    )
    return list(await session.scalars(statement))


async def request_ids_to_decide(session: AsyncSession, person_id: str, *, now: datetime) -> list[str]:
    """Pending requests that wait for somebody's word, oldest first."""
    statement = (
        sa.select(AccessRequest.id)
        .join(Approval, Approval.request_id == AccessRequest.id)
        .where(
            Approval.approver_id == person_id,
            Approval.decision.is_(None),
            Approval.stage == AccessRequest.stage,
            AccessRequest.state == RequestState.PENDING,
            AccessRequest.expires_at > now,
        )
        .order_by(AccessRequest.created_at)
        .limit(LISTED)
    )
    return list(await session.scalars(statement))


def seats_left(count: SeatCount | None) -> SeatsLeft | None:
    """What a count says; None where nobody knows how many seats are paid for."""
    if count is None or count.paid is None or count.used is None:
        return None
    return SeatsLeft(paid=count.paid, used=count.used, invited=count.invited or 0, renews_on=count.renews_on)


def who(person: Person) -> Who:
    """A person as others see them."""
    return Who(id=person.id, name=person.name, active=person.active)


def _grant_story(grant: Grant, application: Application, endings: Mapping[str, Ending]) -> GrantStory:
    rules = InviteRules.model_validate(application.document.get("invites", {}))
    since = grant.invited_at
    return GrantStory(
        id=grant.id,
        state=grant.state,
        end_reason=grant.end_reason,
        end_note=grant.end_note,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        invited_at=since,
        remind_at=since and since + timedelta(seconds=rules.remind_after),
        lapses_at=since and since + timedelta(seconds=rules.cancel_after),
        active_at=grant.active_at,
        ended_at=grant.ended_at,
        ending=endings.get(grant.id),
    )


def _has_now(account: Account | None) -> Entitlement | None:
    if account is None or account.status is AccountStatus.ABSENT:
        return None
    return Entitlement(role=account.role, seat_type=account.seat_type)


def _people_of(request: AccessRequest) -> Iterable[str]:
    decided = [request.decided_by] if request.decided_by else []
    return [request.requester_id, request.beneficiary_id, *decided]


async def _by_id(session: AsyncSession, statement: sa.Select[AccessRequest]) -> dict[str, AccessRequest]:
    return {row.id: row for row in await session.scalars(statement)}


async def admin_ids(session: AsyncSession, admins: Collection[str]) -> set[str]:
    """Slack user ids of Usher's admins, who are named by Slack user id or e-mail address."""
    emails = [name.lower() for name in admins if "@" in name]
    found = await session.scalars(
        sa.select(Person.id).where(sa.or_(Person.id.in_(list(admins)), Person.email.in_(emails)), Person.active)
    )
    return set(found)
