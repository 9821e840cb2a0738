"""What the tools read from the database: a few statements each."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.lists import ListName, Look, Reader, load_sheet
from bot.access.people_facts import load_people
from bot.access.stories import load_stories
from bot.access.story import Story
from bot.chatgpt_app import words
from bot.chatgpt_app.tools.answers import RequestDetails
from storage.tables import AccessRequest, Grant, GrantState, RequestState

#: how many of somebody's own requests are looked through for the one they mean
LOOKED_THROUGH = 100


async def load_details(session: AsyncSession, request_id: str, reader_id: str) -> RequestDetails:
    """Everything about one request, which is there."""
    [story] = await load_stories(session, [request_id], reader_id=reader_id)
    named = words.people_in(words.told(story, reader_id))
    names = {person.id: person.name for person in (await load_people(session, named)).values()}
    return words.details(story, reader_id, names)


async def load_own(
    session: AsyncSession, name: ListName, person_id: str, now: datetime, *, size: int
) -> tuple[list[Story], bool]:
    """The first items of one of somebody's own lists, and whether there are more."""
    reader = Reader(id=person_id, is_admin=False, now=now)
    sheet = await load_sheet(session, reader, Look(name=name), size=size)
    return [item for item in sheet.items if isinstance(item, Story)], sheet.next is not None


async def load_both(session: AsyncSession, person_id: str, now: datetime) -> list[Story]:
    """What somebody has and what they asked for lately, each request once, newest first."""
    found: dict[str, Story] = {}
    for name in (ListName.MY_ACCESS, ListName.MY_REQUESTS):
        stories, _ = await load_own(session, name, person_id, now, size=LOOKED_THROUGH)
        found |= {story.id: story for story in stories}
    return sorted(found.values(), key=lambda story: story.id, reverse=True)


async def find_same(
    session: AsyncSession, person_id: str, *, application: str, role: str | None, seat_type: str | None
) -> str | None:
    """The request by which somebody has just this, or waits for it; the newest of several."""
    held = sa.select(Grant.id).where(
        Grant.request_id == AccessRequest.id, Grant.state.not_in([GrantState.ENDING, GrantState.ENDED])
    )
    same = sa.select(AccessRequest.id).where(
        AccessRequest.beneficiary_id == person_id,
        AccessRequest.application == application,
        AccessRequest.role == (role or ""),
        AccessRequest.seat_type == (seat_type or ""),
        sa.or_(AccessRequest.state == RequestState.PENDING, held.exists()),
    )
    found: str | None = await session.scalar(same.order_by(AccessRequest.id.desc()).limit(1))
    return found
