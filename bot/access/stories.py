"""Reads what is told about requests: a few statements, however many are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.catalog import InviteRules
from bot.access.catalog_store import as_offered
from bot.access.comments import load_comments
from bot.access.desired import Entitlement
from bot.access.endings import load_endings
from bot.access.leeway import leeway
from bot.access.links import Links, load_links
from bot.access.operations.incidents import CANNOT_GET_IN
from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.request_rules import matched_rule, read_terms, rules_of, terms_of
from bot.access.story import Asked, CommentStory, Ending, GrantStory, Leeway, SeatsLeft, Story
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
    Incident,
    Person,
    RequestState,
    SeatCount,
)


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
    comments: Mapping[str, list[CommentStory]]

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
            by_directory=_is_unseen(application),
            requester=who(self.people[request.requester_id]),
            beneficiary=who(beneficiary),
            beneficiary_email=beneficiary.email or "",
            manager_id=beneficiary.manager_id,
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
            matched=matched_rule(request),
            granted=terms_of(request) if request.terms is not None else None,
            leeway=self._leeway(request, application) if request.state is RequestState.PENDING else None,
            batch_id=request.batch_id,
            starts_at=request.starts_at,
            emergency=request.emergency,
            unconfirmed=request.unconfirmed,
            nudged_at=request.nudged_at,
            remind_after=rules.remind_after,
            asked=tuple(self._asked(each) for each in approvals),
            grant=_grant_story(grant, application, self.endings) if grant else None,
            extends=self.links.before.get(request.extends_id) if request.extends_id else None,
            extension=self.links.extensions.get(grant.id) if grant else None,
            replaces=self.links.before.get(request.replaces_id) if request.replaces_id else None,
            replacement=self.links.replacements.get(grant.id) if grant else None,
            offers_others=_offers_others(application),
            has_now=_has_now(account),
            has_status=account.status if account is not None else None,
            seats=seats_left(self.seats.get((request.application, terms_of(request).entitlement.seat_type))),
            problem=self._problem(request, grant),
            locked_out=self._is_locked_out(request),
            nobody_to_ask=subjects.request(request.id) in self.incidents,
            permalink=self.permalinks.get(subjects.request(request.id)),
            comments=tuple(self.comments.get(request.id, ())),
        )

    def _leeway(self, request: AccessRequest, application: Application) -> Leeway:
        counted = (type_ for (key, type_), row in self.seats.items() if key == application.key and row.used is not None)
        return leeway(request, as_offered(application, counted))

    def _asked(self, approval: Approval) -> Asked:
        return Asked(
            who=who(self.people[approval.approver_id]),
            stage=approval.stage,
            why=approval.why,
            for_whom=who(self.people[approval.for_id]) if approval.for_id in self.people else None,
            timezone=self.people[approval.approver_id].timezone,
            asked_at=approval.asked_at,
            unreachable=approval.unreachable_at is not None,
            decision=approval.decision,
            reason=approval.reason,
            decided_at=approval.decided_at,
            changes=read_terms(approval.changes) if approval.changes is not None else None,
            counted_from=approval.counted_from,
        )

    def _problem(self, request: AccessRequest, grant: Grant | None) -> str | None:
        """Trouble with one's own account by its cause; an outage by what it means: why is for admins."""
        if grant is None or grant.state in (GrantState.ACTIVE, GrantState.ENDED, GrantState.SCHEDULED):
            return None
        own = self.incidents.get(subjects.account(request.application, request.beneficiary_id))
        if own is not None and own.cause != CANNOT_GET_IN:
            return own.explanation
        if request.application in self.incidents:
            return f"Usher cannot change anything in {self.applications[request.application].name} right now."
        return None

    def _is_locked_out(self, request: AccessRequest) -> bool:
        incident = self.incidents.get(subjects.account(request.application, request.beneficiary_id))
        return incident is not None and incident.cause == CANNOT_GET_IN


async def _read(session: AsyncSession, request_ids: Sequence[str], reader_id: str | None) -> _Reading:
    requests = await _by_id(session, sa.select(AccessRequest).where(AccessRequest.id.in_(request_ids)))
    approvals: dict[str, list[Approval]] = defaultdict(list)
    asked = sa.select(Approval).where(Approval.request_id.in_(request_ids))
    for approval in await session.scalars(asked.order_by(Approval.stage, Approval.asked_at, Approval.approver_id)):
        approvals[approval.request_id].append(approval)
    grants = (await session.scalars(sa.select(Grant).where(Grant.request_id.in_(request_ids)))).all()
    people = {person for request in requests.values() for person in _people_of(request)}
    people |= {id_ for each in approvals.values() for one in each for id_ in (one.approver_id, one.for_id) if id_}
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
        comments=await load_comments(session, request_ids),
    )


async def _permalinks(session: AsyncSession, request_ids: Sequence[str], reader_id: str) -> dict[str, str]:
    """By subject. Only the reader's own: nobody can open another person's conversation with Usher."""
    cards = sa.select(Card).where(
        Card.subject.in_([subjects.request(id_) for id_ in request_ids]), Card.slot == subjects.status_slot(reader_id)
    )
    return {card.subject: card.permalink for card in await session.scalars(cards) if card.permalink}


def seats_left(count: SeatCount | None) -> SeatsLeft | None:
    """What a count says; None where nobody knows how many seats are paid for."""
    if count is None or count.paid is None or count.used is None:
        return None
    return SeatsLeft(paid=count.paid, used=count.used, invited=count.invited or 0, renews_on=count.renews_on)


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


def _offers_others(application: Application) -> bool:
    """May somebody who has a role on a seat here ask for another one?"""
    offered = (application.document.get("roles", ()), application.document.get("seat_types", ()))
    return application.retired_at is None and any(len(each) > 1 for each in offered)


def _has_now(account: Account | None) -> Entitlement | None:
    if account is None or account.status is AccountStatus.ABSENT:
        return None
    return Entitlement(role=account.role, seat_type=account.seat_type)


def _people_of(request: AccessRequest) -> Iterable[str]:
    decided = [request.decided_by] if request.decided_by else []
    return [request.requester_id, request.beneficiary_id, *decided]


async def _by_id(session: AsyncSession, statement: sa.Select[AccessRequest]) -> dict[str, AccessRequest]:
    return {row.id: row for row in await session.scalars(statement)}


def _is_unseen(application: Application) -> bool:
    """Does a directory stand between Usher and the application, and nothing that shows what came of it?"""
    connector = application.document.get("connector", {})
    return connector.get("transport") == "scim" and connector.get("admin_secret") is None
