"""Which messages should exist for a subject, and what each shows. Reads, and builds; posts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.answer_step import step_owners
from bot.access.story import Story
from bot.cards.approval import approval_card
from bot.cards.content import Content
from bot.cards.incident import incident_card
from bot.cards.status import status_card
from bot.cards.step import step_card
from bot.cards.told import told
from storage.tables import GrantState, ManualStep, RequestState


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
    """The messages of a subject, and whose Home tab shows it too."""

    wanted: tuple[Wanted, ...]
    concerned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where alerts go: the channel, and the admins in person where there is none or it cannot be reached."""

    channel: str | None
    admins: Collection[str]  # Slack user ids or e-mail addresses


async def read_board(session: AsyncSession, subject: str, desk: Desk, *, unreachable: Collection[str]) -> Board:
    """The messages that a subject should have now.

    Args:
        session: to read with.
        subject: `request:<id>`, `incident:<id>` or `step:<id>`.
        desk: where alerts go.
        unreachable: recipients of this subject that Slack cannot deliver to.
    """
    kind, _, id_ = subject.partition(":")
    match kind:
        case "request":
            return _request_board(await queries.load_story(session, id_))
        case "incident":
            return await _incident_board(session, id_, desk, unreachable)
        case "step":
            return await _step_board(session, id_)
    raise ValueError(f"no cards for {subject}")


def _request_board(story: Story | None) -> Board:
    if story is None:
        return Board(wanted=())
    readers = list(dict.fromkeys([story.requester.id, story.beneficiary.id]))
    return Board(
        wanted=(*_status_cards(story, readers), *_approval_cards(story)),
        concerned=frozenset({*readers, *(asked.who.id for asked in story.asked)}),
    )


def _status_cards(story: Story, readers: list[str]) -> Iterator[Wanted]:
    for reader in readers:
        status = f"status:{reader}"
        yield Wanted(slot=status, recipient=reader, content=status_card(story, viewer_id=reader))
        event = milestone(story)
        news = told(story, event, viewer_id=reader) if event else None
        if event and news:
            # an edited card notifies nobody; a reply does
            yield Wanted(slot=f"told:{event}:{reader}", recipient=reader, content=news, reply_to=status)


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
    if grant.state is GrantState.ENDED and grant.active_at is None and grant.invited_at is None and not grant.end_note:
        return None  # it never began, and whoever ended it knows
    news_of = {
        GrantState.INVITED: "invited",
        GrantState.ACTIVE: "active",
        GrantState.FAILED: "failed",
        GrantState.ENDED: "ended",
    }
    return news_of.get(grant.state)


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
