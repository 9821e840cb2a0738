"""Reads what a person's Home tab shows: the beginning of each of their lists, and what they may do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.absences import load_absence, load_standing_in
from bot.access.application_queries import load_application_stories
from bot.access.incident_queries import load_incidents
from bot.access.lists import ListName, Look, Reader, read_ids
from bot.access.looked_after import looked_after_by
from bot.access.people_queries import who
from bot.access.seat_queries import load_seat_stories
from bot.access.stories import load_stories
from bot.access.story import HomeStory, Story
from bot.access.team import has_reports
from storage.tables import Person

#: how many items of a list the Home tab shows at most; one more is read, which tells that the list goes on
SHOWN = 8
#: how many requests `status` lists at most
LISTED = 30


async def load_home(session: AsyncSession, person_id: str, *, is_admin: bool, now: datetime) -> HomeStory | None:
    """What a person's Home tab shows; None for somebody who is not in the directory."""
    person = await session.get(Person, person_id)
    if person is None:
        return None
    reader = Reader(id=person_id, is_admin=is_admin, now=now)
    looks_after = is_admin or bool(await looked_after_by(session, person))
    manages = await has_reports(session, person_id)

    async def first(name: ListName, *, if_: bool = True, size: int = SHOWN + 1) -> tuple[str, ...]:
        return (await read_ids(session, reader, Look(name=name), size=size)).ids if if_ else ()

    access = await first(ListName.MY_ACCESS)
    to_decide = await first(ListName.TO_DECIDE)
    team = await first(ListName.TEAM, if_=manages)
    # those whose access is shown are not shown twice, so that more of them have to be read
    mine = await first(ListName.MY_REQUESTS, size=2 * (SHOWN + 1))
    wanted = list(dict.fromkeys([*access, *mine, *to_decide, *team]))
    stories = {story.id: story for story in await load_stories(session, wanted, reader_id=person_id)}
    return HomeStory(
        who=who(person),
        access=tuple(stories[id_] for id_ in access),
        requests=tuple([stories[id_] for id_ in mine if id_ not in set(access)][: SHOWN + 1]),
        to_decide=tuple(stories[id_] for id_ in to_decide),
        manages=manages,
        team=tuple(stories[id_] for id_ in team),
        looks_after=looks_after,
        seats=tuple(await load_seat_stories(session, await first(ListName.SEATS, if_=looks_after))),
        incidents=tuple(await load_incidents(session, await first(ListName.INCIDENTS, if_=is_admin))),
        applications=tuple(await load_application_stories(session, await first(ListName.APPLICATIONS, if_=is_admin))),
        is_admin=is_admin,
        absence=await load_absence(session, person_id, now=now),
        stands_in_for=tuple(await load_standing_in(session, person_id, now=now)),
        now=now,
    )


async def load_stories_of(session: AsyncSession, person_id: str, *, now: datetime) -> list[Story]:
    """Everything about the latest requests that somebody made or that are for them, newest first."""
    reader = Reader(id=person_id, is_admin=False, now=now)
    page = await read_ids(session, reader, Look(name=ListName.MY_REQUESTS), size=LISTED)
    return await load_stories(session, page.ids, reader_id=person_id)
