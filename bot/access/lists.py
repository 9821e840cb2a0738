"""The lists that the Home tab begins and that can be opened: what stands in each, in which order, and who may see it.

A list is data: a statement, an order, and what its items are read as. Who may see what is part of the statement, made
from the directory as it is at this moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.application_queries import load_application_stories
from bot.access.incident_queries import load_incidents
from bot.access.looked_after import looked_after_by
from bot.access.paging import FIRST, NEVER, PAGE, Order, Page, Turn, read_page
from bot.access.refusals import Refusal, Refused
from bot.access.seat_queries import load_seat_stories
from bot.access.stories import load_stories
from bot.access.story import ApplicationStory, IncidentStory, SeatStory, Story
from bot.access.team import reports_of
from storage.tables import (
    AccessRequest,
    Application,
    Approval,
    Grant,
    HealthReport,
    Incident,
    IncidentState,
    Person,
    RequestState,
)

#: how many requests are looked through for those in one application
LOOKED_THROUGH: Final = 10_000

Item = Story | SeatStory | IncidentStory | ApplicationStory


class ListName(StrEnum):
    """The lists there are."""

    MY_ACCESS = "my_access"
    MY_REQUESTS = "my_requests"
    TO_DECIDE = "to_decide"
    #: what a manager's reports have
    TEAM = "team"
    #: what somebody may take back as an admin, of Usher or of an application
    LOOKED_AFTER = "looked_after"
    #: people for whom no seat is free
    SEATS = "seats"
    #: every request there is
    REQUESTS = "requests"
    INCIDENTS = "incidents"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody wants to see of a list."""

    name: ListName
    #: only what is for this person, or was asked for by them
    person_id: str | None = None
    #: only this application
    application: str | None = None
    #: only requests in this state; None: in every state
    state: RequestState | None = None
    turn: Turn = FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, and when."""

    id: str
    is_admin: bool  # of Usher
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of a list, read."""

    look: Look
    items: tuple[Item, ...]
    previous: Turn | None
    next: Turn | None
    #: the name of the application that it is narrowed to
    application_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    ids: Callable[[AsyncSession, Reader, Look], Awaitable[sa.Select[str]]]
    order: Callable[[Look], Order]
    items: Callable[[AsyncSession, Sequence[str], Reader], Awaitable[Sequence[Item]]]


async def load_sheet(session: AsyncSession, reader: Reader, look: Look, *, size: int = PAGE) -> Sheet:
    """One page of a list.

    Raises:
        Refused: this list is for Usher's admins.
    """
    page = await read_ids(session, reader, look, size=size)
    items = await _LISTS[look.name].items(session, page.ids, reader)
    named = await session.get(Application, look.application) if look.application else None
    return Sheet(
        look=look,
        items=tuple(items),
        previous=page.previous,
        next=page.next,
        application_name=named.name if named else None,
    )


async def read_ids(session: AsyncSession, reader: Reader, look: Look, *, size: int) -> Page:
    """The ids of the items on one page: of requests, of grants that wait for a seat, of incidents, of applications.

    Raises:
        Refused: this list is for Usher's admins.
    """
    one = _LISTS[look.name]
    return await read_page(session, await one.ids(session, reader, look), one.order(look), look.turn, size=size)


# -- access: living grants, soonest end first --------------------------------------------------------------------------
_LIVING: Final = Grant.state != sa.literal_column("'ended'")
_REVOCABLE: Final = sa.and_(_LIVING, Grant.state != sa.literal_column("'ending'"))
_SOONEST_END: Final = Order(by=sa.func.coalesce(Grant.ends_at, NEVER), id=Grant.id)


async def _my_access(_session: AsyncSession, reader: Reader, _look: Look) -> sa.Select[str]:
    return sa.select(Grant.request_id).where(Grant.beneficiary_id == reader.id, _LIVING)


async def _team(_session: AsyncSession, reader: Reader, look: Look) -> sa.Select[str]:
    team = sa.select(Grant.request_id).where(Grant.beneficiary_id.in_(reports_of(reader.id)), _REVOCABLE)
    return team.where(Grant.beneficiary_id == look.person_id) if look.person_id else team


async def _looked_after(session: AsyncSession, reader: Reader, look: Look) -> sa.Select[str]:
    found = sa.select(Grant.request_id).where(_REVOCABLE, await _in_charge(session, reader))
    return found.where(Grant.beneficiary_id == look.person_id) if look.person_id else found


async def _seats(session: AsyncSession, reader: Reader, look: Look) -> sa.Select[str]:
    waiting = sa.select(Grant.id).where(
        Grant.state == sa.literal_column("'waiting'"), await _in_charge(session, reader)
    )
    return waiting.where(Grant.application == look.application) if look.application else waiting


async def _in_charge(session: AsyncSession, reader: Reader) -> sa.ColumnElement[bool]:
    """Of all grants, those that somebody looks after as an admin."""
    if reader.is_admin:
        return sa.true()
    person = await session.get(Person, reader.id)
    return Grant.application.in_(await looked_after_by(session, person) if person is not None else ())


# -- requests ----------------------------------------------------------------------------------------------------------
_NEWEST: Final = Order(by=AccessRequest.created_at, id=AccessRequest.id, descending=True)
_OLDEST: Final = Order(by=AccessRequest.created_at, id=AccessRequest.id)
#: ids are in the order in which they were made, and their index needs no state
_NEWEST_IN_EVERY_STATE: Final = Order(by=AccessRequest.id, id=AccessRequest.id, descending=True)


async def _my_requests(_session: AsyncSession, reader: Reader, _look: Look) -> sa.Select[str]:
    return sa.select(AccessRequest.id).where(_about(reader.id))


async def _to_decide(_session: AsyncSession, reader: Reader, _look: Look) -> sa.Select[str]:
    return (
        sa.select(AccessRequest.id)
        .join(Approval, Approval.request_id == AccessRequest.id)
        .where(
            Approval.approver_id == reader.id,
            Approval.decision.is_(None),
            Approval.stage == AccessRequest.stage,
            AccessRequest.state == sa.literal_column("'pending'"),
            AccessRequest.expires_at > reader.now,
        )
    )


async def _requests(_session: AsyncSession, reader: Reader, look: Look) -> sa.Select[str]:
    _admins_only(reader)
    found = sa.select(AccessRequest.id)
    if look.state is not None:
        found = found.where(AccessRequest.state == look.state)
    if look.person_id is not None:
        found = found.where(_about(look.person_id))
    if look.application is not None:
        found = found.where(AccessRequest.application == look.application)
        if look.person_id is None:
            found = found.where(_among_the_latest(look))
    return found


def _among_the_latest(look: Look) -> sa.ColumnElement[bool]:
    """Few of many may be in this application, and no index knows which: it is looked for among the latest only."""
    order = _order_of_requests(look)
    oldest = sa.select(order.by).order_by(*order.columns()).offset(LOOKED_THROUGH).limit(1)
    if look.state is not None:
        oldest = oldest.where(AccessRequest.state == look.state)
    return sa.func.coalesce(order.by > oldest.scalar_subquery(), sa.true())


def _order_of_requests(look: Look) -> Order:
    return _NEWEST if look.state or look.person_id else _NEWEST_IN_EVERY_STATE


def _about(person_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(AccessRequest.requester_id == person_id, AccessRequest.beneficiary_id == person_id)


# -- what only Usher's admins see --------------------------------------------------------------------------------------
async def _incidents(_session: AsyncSession, reader: Reader, _look: Look) -> sa.Select[str]:
    _admins_only(reader)
    return sa.select(Incident.id).where(Incident.state == sa.literal_column(f"'{IncidentState.OPEN}'"))


async def _applications(_session: AsyncSession, reader: Reader, _look: Look) -> sa.Select[str]:
    _admins_only(reader)
    return sa.select(Application.key).where(Application.retired_at.is_(None))


def _admins_only(reader: Reader) -> None:
    if not reader.is_admin:
        raise Refused(Refusal.NOT_USHERS_ADMIN)


#: what needs a hand comes first: where everybody is stuck, or the last check found something missing. The text of a
#: report never holds these characters otherwise, because the quotes of its words are escaped.
_STUCK: Final = sa.exists().where(
    Incident.scope == Application.key, Incident.state == sa.literal_column(f"'{IncidentState.OPEN}'")
)
_LACKING: Final = sa.exists().where(
    HealthReport.application == Application.key, sa.cast(HealthReport.document, sa.Text).contains('"ok": false')
)
_PLACE: Final = sa.case((sa.or_(_STUCK, _LACKING), -1), else_=Application.position)


async def _stories(session: AsyncSession, ids: Sequence[str], reader: Reader) -> Sequence[Item]:
    return await load_stories(session, ids, reader_id=reader.id)


async def _seat_stories(session: AsyncSession, ids: Sequence[str], _reader: Reader) -> Sequence[Item]:
    return await load_seat_stories(session, ids)


async def _incident_stories(session: AsyncSession, ids: Sequence[str], _reader: Reader) -> Sequence[Item]:
    return await load_incidents(session, ids)


async def _application_stories(session: AsyncSession, ids: Sequence[str], _reader: Reader) -> Sequence[Item]:
    return await load_application_stories(session, ids)


def _always(order: Order) -> Callable[[Look], Order]:
    return lambda _look: order


_LISTS: Final[Mapping[ListName, _List]] = {
    ListName.MY_ACCESS: _List(ids=_my_access, order=_always(_SOONEST_END), items=_stories),
    ListName.MY_REQUESTS: _List(ids=_my_requests, order=_always(_NEWEST), items=_stories),
    ListName.TO_DECIDE: _List(ids=_to_decide, order=_always(_OLDEST), items=_stories),
    ListName.TEAM: _List(ids=_team, order=_always(_SOONEST_END), items=_stories),
    ListName.LOOKED_AFTER: _List(ids=_looked_after, order=_always(_SOONEST_END), items=_stories),
    ListName.SEATS: _List(ids=_seats, order=_always(Order(by=Grant.waiting_since, id=Grant.id)), items=_seat_stories),
    ListName.REQUESTS: _List(ids=_requests, order=_order_of_requests, items=_stories),
    ListName.INCIDENTS: _List(
        ids=_incidents, order=_always(Order(by=Incident.opened_at, id=Incident.id)), items=_incident_stories
    ),
    ListName.APPLICATIONS: _List(
        ids=_applications, order=_always(Order(by=_PLACE, id=Application.key)), items=_application_stories
    ),
}
