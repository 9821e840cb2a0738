"""Which messages should exist for a subject, and what each shows. Reads, and builds; posts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries, subjects
from bot.access.batches import load_batch
from bot.access.notices import due_notice, next_notice, notices
from bot.access.operations.answer_step import step_owners
from bot.access.seat_queries import load_seat_story
from bot.access.story import BatchStory, GrantStory, Story
from bot.cards.applications import set_up_card
from bot.cards.batch import batch_card
from bot.cards.content import Content
from bot.cards.emergency import emergency_card
from bot.cards.incident import incident_card
from bot.cards.notice import notice
from bot.cards.reminder import reminder
from bot.cards.removal import removal_card
from bot.cards.seat import seat_card
from bot.cards.status import status_card
from bot.cards.step import step_card
from bot.cards.telling import extended
from bot.cards.texts import help_text
from bot.cards.told import told
from bot.cards.words import extendable
from bot.engine.approver_cards import approver_messages, next_prompt
from bot.engine.board import Board, Desk, Wanted
from bot.engine.comment_replies import comment_replies
from storage.tables import Card, Decision, EndReason, Grant, GrantState, ManualStep, RequestState

_REQUEST = subjects.request("")


async def read_boards(
    session: AsyncSession, asked: Mapping[str, Collection[str]], desk: Desk, *, now: datetime
) -> dict[str, Board]:
    """The messages that subjects should have now; however many requests are among them are read together.

    Args:
        session: to read with.
        asked: subjects (`request:<id>`, `batch:<id>`, `incident:<id>`, `step:<id>`, `seat:<grant id>`,
            `application:<key>`, `leaver:<application>:<person>` or `greeting:<person>:<ts>`), each with its recipients
            that Slack cannot deliver to.
        desk: where alerts go.
        now: the moment for which it is asked.
    """
    ids = [subject.removeprefix(_REQUEST) for subject in asked if subject.startswith(_REQUEST)]
    stories = {subjects.request(story.id): story for story in await queries.load_stories(session, ids)}
    return {
        subject: await _request_board(session, stories.get(subject), desk, unreachable, now)
        if subject.startswith(_REQUEST)
        else await _board(session, subject, desk, unreachable)
        for subject, unreachable in asked.items()
    }


async def _board(session: AsyncSession, subject: str, desk: Desk, unreachable: Collection[str]) -> Board:
    kind, _, id_ = subject.partition(":")
    match kind:
        case "batch":
            return _batch_board(await load_batch(session, id_))
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
        case "greeting":
            return Board(wanted=(Wanted(slot="help", recipient=id_.partition(":")[0], content=help_text()),))
    raise ValueError(f"no cards for {subject}")


async def _request_board(
    session: AsyncSession, story: Story | None, desk: Desk, unreachable: Collection[str], now: datetime
) -> Board:
    if story is None:
        return Board(wanted=())
    readers = _readers(story)
    alert = emergency_card(story) if story.emergency and story.grant else None
    return Board(
        wanted=(
            *_status_cards(story, readers),
            *_notices(story, now),
            *_reminder(story, now),
            *approver_messages(story, now),
            *comment_replies(story),
            *_revoker_card(story, readers),
            *(await _to_admins(session, desk, unreachable, alert) if alert else ()),
        ),
        concerned=frozenset(
            filter(None, {story.requester.id, *readers, *(asked.who.id for asked in story.asked), story.manager_id})
        ),
        also=frozenset(_shown_on(story)),
        next_at=min(filter(None, [_next_word(story.grant, now), next_prompt(story, now)]), default=None),
    )


def _readers(story: Story) -> list[str]:
    """Who follows it on a card of its own: not who asked for several people at once, for whom one card tells all."""
    return list(dict.fromkeys([*([] if story.batch_id else [story.requester.id]), story.beneficiary.id]))


def _batch_board(batch: BatchStory | None) -> Board:
    if batch is None:
        return Board(wanted=())
    requester = batch.requester.id
    return Board(wanted=(Wanted(slot=subjects.status_slot(requester), recipient=requester, content=batch_card(batch)),))


def _shown_on(story: Story) -> Iterator[str]:
    """The subjects on whose cards it is to be seen where this request stands."""
    for before in filter(None, (story.extends, story.replaces)):
        yield subjects.request(before.request_id)
    if story.batch_id is not None:
        yield subjects.batch(story.batch_id)
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
    told_by_it = {*readers, *(asked.who.id for asked in story.asked if asked.decision is Decision.DENIED)}
    if revoked and ending and ending.by and ending.by.id not in told_by_it and not story.went_along:
        yield Wanted(slot=f"revoked:{ending.by.id}", recipient=ending.by.id, content=removal_card([story]))


def milestone(story: Story) -> str | None:
    """The news that people should be notified of in the state that a request is in; None when there is none."""
    grant = story.grant
    if grant is None:
        news = {RequestState.DENIED: "denied", RequestState.EXPIRED: "expired"}
        return news.get(story.state)
    if grant.state is GrantState.GRANTING and story.by_hand and story.auto_approved is None:
        return "approved"
    if grant.state is GrantState.SCHEDULED:
        return "extended" if story.extends is not None else "scheduled"
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
        went_on = story.grant.end_reason is EndReason.EXPIRED and extended(story)
        return went_on or story.grant.end_reason is EndReason.REPLACED
    return story.extends is not None and story.grant.starts_at == story.extends.ends_at


async def _incident_board(session: AsyncSession, id_: str, desk: Desk, unreachable: Collection[str]) -> Board:
    incident = await queries.load_incident(session, id_)
    if incident is None:
        return Board(wanted=())
    return Board(
        wanted=await _to_admins(session, desk, unreachable, incident_card(incident)),
        concerned=frozenset(await queries.admin_ids(session, desk.admins)),
    )


async def _to_admins(
    session: AsyncSession, desk: Desk, unreachable: Collection[str], content: Content
) -> tuple[Wanted, ...]:
    """An alert in the channel for it; to the admins in person, where there is none or it cannot be reached."""
    if desk.channel is not None and desk.channel not in unreachable:
        return (Wanted(slot="alert", recipient=desk.channel, content=content),)
    admins = sorted(await queries.admin_ids(session, desk.admins))
    return tuple(Wanted(slot=f"alert:{admin}", recipient=admin, content=content) for admin in admins)


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
        ),
        concerned=frozenset(owners | await queries.admin_ids(session, desk.admins)),
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
