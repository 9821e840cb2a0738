"""Which messages should exist for a subject, and what each shows. Reads, and builds; posts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries, subjects
from bot.access.notices import due_notice, next_notice, notices
from bot.access.operations.answer_step import step_owners
from bot.access.seat_queries import load_seat_story
from bot.access.story import GrantStory, Story
from bot.cards.applications import set_up_card
from bot.cards.approval import approval_card
from bot.cards.content import Content
from bot.cards.incident import incident_card
from bot.cards.notice import notice
from bot.cards.reminder import reminder
from bot.cards.removal import removal_card
from bot.cards.seat import seat_card
from bot.cards.status import status_card
from bot.cards.step import step_card
from bot.cards.telling import extended
from bot.cards.told import told
from bot.cards.words import extendable
from storage.tables import Card, EndReason, Grant, GrantState, ManualStep, RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A message that should exist.

    Attributes:
        slot: which of the subject's messages it is.
        recipient: a Slack user id or channel id.
        content: what it shows; None for one that stays as it is, if it was posted.
        reply_to: the slot of the message in whose thread it belongs.
        approver: the person who is asked by it, who can be skipped when it does not reach them.
        only_edit: it is kept right where it was posted, and not posted any more where it was not.
    """

    slot: str
    recipient: str
    content: Content
    reply_to: str | None = None
    approver: str | None = None
    only_edit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The messages of a subject, and where else it is to be seen.

    Attributes:
        wanted: the messages.
        concerned: whose Home tab shows it too.
        also: subjects whose messages show it too.
        next_at: when time alone will want another message; None for never.
    """

    wanted: tuple[Wanted, ...]
    concerned: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where alerts go: the channel, and the admins in person where there is none or it cannot be reached."""

    channel: str | None
    admins: Collection[str]  # Slack user ids or e-mail addresses
    #: the catalogue is applied from a file at every start, so what is added here has to go there, too
    catalog_in_file: bool = False


async def read_board(
    session: AsyncSession, subject: str, desk: Desk, *, unreachable: Collection[str], now: datetime
) -> Board:
    """The messages that a subject should have now.

    Args:
        session: to read with.
        subject: `request:<id>`, `incident:<id>`, `step:<id>`, `seat:<grant id>`, `application:<key>` or
            `leaver:<application>:<person>`.
        desk: where alerts go.
        unreachable: recipients of this subject that Slack cannot deliver to.
        now: the moment for which it is asked.
    """
    kind, _, id_ = subject.partition(":")
    match kind:
        case "request":
            return _request_board(await queries.load_story(session, id_), now)
        case "incident":
            return await _incident_board(session, id_, desk, unreachable)
        case "step":
            return await _step_board(session, id_)
        case "seat":
            return await _seat_board(session, id_, desk)
        case "application":
            return await _application_board(session, id_, desk)
        case "leaver":
            return await _leaver_board(session, id_, desk)
    raise ValueError(f"no cards for {subject}")


def _request_board(story: Story | None, now: datetime) -> Board:
    if story is None:
        return Board(wanted=())
    readers = list(dict.fromkeys([story.requester.id, story.beneficiary.id]))
    return Board(
        wanted=(
            *_status_cards(story, readers),
            *_notices(story, now),
            *_reminder(story, now),
            *_approval_cards(story),
            *_revoker_card(story, readers),
        ),
        concerned=frozenset({*readers, *(asked.who.id for asked in story.asked)}),
        also=frozenset(_shown_on(story)),
        next_at=_next_word(story.grant, now),
    )


def _shown_on(story: Story) -> Iterator[str]:
    """The subjects on whose cards it is to be seen where this request stands."""
    if story.extends is not None:
        yield subjects.request(story.extends.request_id)
    if story.grant is not None and story.grant.end_reason is EndReason.LEFT:
        yield subjects.leaver(story.application, story.beneficiary.id)


def _next_word(grant: GrantStory | None, now: datetime) -> datetime | None:
    """When the person will have to be told something that no press leads to: that the invite waits, or that it ends."""
    match grant.state if grant else None:
        case GrantState.ACTIVE:
            return next_notice(*_time_of(grant), now) if grant else None
        case GrantState.INVITED:
            return grant.remind_at if grant and grant.remind_at and grant.remind_at > now else None
        case _:
            return None


def _time_of(grant: GrantStory) -> tuple[datetime, datetime | None]:
    """From when to when somebody has what a grant gives; the end is None while they do not have it."""
    return grant.active_at or grant.starts_at, grant.ends_at if grant.active_at is not None else None


def _status_cards(story: Story, readers: list[str]) -> Iterator[Wanted]:
    for reader in readers:
        status = f"status:{reader}"
        yield Wanted(slot=status, recipient=reader, content=status_card(story, viewer_id=reader))
        event = milestone(story)
        news = told(story, event, viewer_id=reader) if event else None
        if event and news:
            # an edited card notifies nobody; a reply does
            yield Wanted(slot=f"told:{event}:{reader}", recipient=reader, content=news, reply_to=status)


def _notices(story: Story, now: datetime) -> Iterator[Wanted]:
    """The word before the end. What was said stays, and shows what came of it; only what is due is said anew."""
    if story.grant is None:
        return
    due = due_notice(*_time_of(story.grant), now) if extendable(story) else None
    for one in notices(*_time_of(story.grant)):
        if one.due_at <= now:
            reader = story.beneficiary.id
            yield Wanted(
                slot=f"told:{one.name}:{reader}",
                recipient=reader,
                content=notice(story),
                reply_to=subjects.status_slot(reader),
                only_edit=one.name != due,
            )


def _reminder(story: Story, now: datetime) -> Iterator[Wanted]:
    """The word about an invite that nobody has accepted. It stays, and says what came of it."""
    grant, reader = story.grant, story.beneficiary.id
    if grant is not None and grant.remind_at is not None and grant.remind_at <= now:
        yield Wanted(
            slot=f"told:invite-waits:{reader}",
            recipient=reader,
            content=reminder(story),
            reply_to=subjects.status_slot(reader),
            only_edit=grant.state is not GrantState.INVITED,
        )


def _revoker_card(story: Story, readers: Collection[str]) -> Iterator[Wanted]:
    """What came of it, for the admin who took access back; the others read it on their status cards."""
    ending = story.grant.ending if story.grant else None
    revoked = story.grant is not None and story.grant.end_reason is EndReason.REVOKED
    if revoked and ending and ending.by and ending.by.id not in readers and not story.went_along:
        yield Wanted(slot=f"revoked:{ending.by.id}", recipient=ending.by.id, content=removal_card([story]))


def _approval_cards(story: Story) -> Iterator[Wanted]:
    for asked in story.asked:
        yield Wanted(
            slot=f"approval:{asked.who.id}",
            recipient=asked.who.id,
            content=approval_card(story, approver_id=asked.who.id),
            approver=asked.who.id if asked.decision is None and story.state is RequestState.PENDING else None,
            only_edit=asked.unreachable,
        )


def milestone(story: Story) -> str | None:
    """The news that people should be notified of in the state that a request is in; None when there is none."""
    grant = story.grant
    if grant is None:
        news = {RequestState.DENIED: "denied", RequestState.EXPIRED: "expired"}
        return news.get(story.state)
    if grant.state is GrantState.GRANTING and story.by_hand and story.auto_approved is None:
        return "approved"
    if grant.state is GrantState.SCHEDULED and story.extends is not None:
        return "extended"
    if story.went_along or _handed_over(story):
        return None  # told with what it extends, or what extends it
    if grant.state is GrantState.ENDED and grant.active_at is None and grant.invited_at is None and not grant.end_note:
        return None  # it never began, and whoever ended it knows
    news_of = {
        GrantState.INVITED: "invited",
        GrantState.ACTIVE: "active",
        GrantState.FAILED: "failed",
        GrantState.ENDED: "ended",
    }
    return news_of.get(grant.state)


def _handed_over(story: Story) -> bool:
    """Did access go on without a gap, from this grant to its extension or from what it extends to this one?"""
    if story.grant is None:
        return False
    if story.grant.state is GrantState.ENDED:
        return story.grant.end_reason is EndReason.EXPIRED and extended(story)
    return story.extends is not None and story.grant.starts_at == story.extends.ends_at


async def _incident_board(session: AsyncSession, id_: str, desk: Desk, unreachable: Collection[str]) -> Board:
    incident = await queries.load_incident(session, id_)
    if incident is None:
        return Board(wanted=())
    content = incident_card(incident)
    admins = frozenset(await queries.admin_ids(session, desk.admins))
    if desk.channel is not None and desk.channel not in unreachable:
        return Board(wanted=(Wanted(slot="alert", recipient=desk.channel, content=content),), concerned=admins)
    return Board(
        wanted=tuple(Wanted(slot=f"alert:{admin}", recipient=admin, content=content) for admin in sorted(admins)),
        concerned=admins,
    )


async def _step_board(session: AsyncSession, id_: str) -> Board:
    step = await queries.load_step(session, id_)
    if step is None:
        return Board(wanted=())
    application = await session.scalar(sa.select(ManualStep.application).where(ManualStep.id == id_))
    owners = await step_owners(session, application or "")
    return Board(
        wanted=tuple(
            Wanted(slot=f"step:{owner}", recipient=owner, content=step_card(step, viewer_id=owner))
            for owner in sorted(owners)
        )
    )


async def _seat_board(session: AsyncSession, grant_id: str, desk: Desk) -> Board:
    """To those who administer the application; to Usher's admins where nobody does."""
    seat = await load_seat_story(session, grant_id)
    if seat is None:
        return Board(wanted=())
    grant = await session.get_one(Grant, grant_id)
    owners = await step_owners(session, grant.application) or await queries.admin_ids(session, desk.admins)
    content = seat_card(seat)
    return Board(
        wanted=tuple(
            Wanted(
                slot=f"seat:{owner}", recipient=owner, content=content, only_edit=seat.state is not GrantState.WAITING
            )
            for owner in sorted(owners - {seat.beneficiary.id})
        )
    )


async def _application_board(session: AsyncSession, key: str, desk: Desk) -> Board:
    """A card for each admin who set it up: they asked for it by doing so, and its row was written then."""
    story = await queries.load_application_story(session, key)
    if story is None:
        return Board(wanted=())
    content = set_up_card(story, catalog_in_file=desk.catalog_in_file)
    cards = sa.select(Card.slot, Card.recipient).where(Card.subject == subjects.application(key)).order_by(Card.slot)
    return Board(
        wanted=tuple(
            Wanted(slot=slot, recipient=admin, content=content) for slot, admin in await session.execute(cards)
        ),
        concerned=frozenset(await queries.admin_ids(session, desk.admins)),
    )


async def _leaver_board(session: AsyncSession, id_: str, desk: Desk) -> Board:
    """What somebody lost who left, for the application's admins, or else Usher's."""
    application, _, person_id = id_.partition(":")
    stories = await queries.load_lost(session, application, person_id)
    if not stories:
        return Board(wanted=())
    [since, *_] = {story.grant.ending.since for story in stories if story.grant and story.grant.ending}
    admins = await step_owners(session, application) or await queries.admin_ids(session, desk.admins)
    content = removal_card(stories)
    return Board(
        wanted=tuple(
            # somebody may come back, and leave again
            Wanted(slot=f"left:{since.timestamp():.0f}:{admin}", recipient=admin, content=content)
            for admin in sorted(admins)
        )
    )
