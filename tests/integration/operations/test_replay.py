"""Recorded requests are read for a replay as they were, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.access import catalog_file
from bot.access.catalog_store import load_catalog
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.away import go_away
from bot.access.operations.user_groups import SlackGroup, upsert_groups
from bot.access.replay import Happened, Recorded, Replay, Would
from bot.access.replay_queries import read_recorded, read_today
from bot.access.wish import Wish
from storage.database import Database
from tests.integration.operations.asking import approve, ask, deny, wish
from tests.integration.operations.conftest import CATALOG
from tests.support.clock import MovableClock


def manual(application: str, *, days: int = 7) -> Wish:
    """Of an application without roles and seat types."""
    return replace(wish(application, days=days), role=None)


async def recorded(
    database: Database, *, since: datetime | None = None, application: str | None = None, page: int = 2
) -> list[Recorded]:
    since = since or database.clock.now() - timedelta(days=365)
    async with database.read() as session:
        return [
            each
            async for several in read_recorded(session, since=since, application=application, page=page)
            for each in several
        ]


@pytest.fixture
async def history(company: Database, clock: MovableClock) -> list[str]:
    """Five requests, a day between each: granted, denied, granted by itself, waiting for both, still waiting."""
    ids = []
    for what, by in (
        (wish(), "ULENA"),
        (wish("staged", for_="UTOM"), "UTOM"),
        (manual("open"), "ULENA"),
        (wish("twice", for_="UTOM"), "UTOM"),
        (manual("figma", days=30), "ULENA"),
    ):
        ids.append((await ask(company, what, by=by)).request_id)
        clock.advance(timedelta(days=1))
    await approve(company, ids[3])
    return ids


async def test_what_happened_is_read_in_pages(company: Database, clock: MovableClock) -> None:
    """Oldest first, with who was asked by stage; an earlier yes that counted again was no question."""
    carried = catalog_file.read(CATALOG.replace(", fresh: true", ""), "c.yml")
    await company.write(apply_catalog, catalog=carried, actor="shell:test")
    first = (await ask(company)).request_id
    await approve(company, first)
    denied = (await ask(company, wish("staged", for_="UTOM"), by="UTOM")).request_id
    clock.advance(timedelta(days=1))
    await deny(company, denied)
    auto = (await ask(company, manual("open"))).request_id
    twice = (await ask(company, wish("twice", for_="UTOM"), by="UTOM")).request_id
    await approve(company, twice)
    both = (await ask(company, wish("staged"))).request_id
    await approve(company, both)
    clock.advance(timedelta(days=1))

    found = {each.id: each for each in await recorded(company)}
    assert [(each.happened, each.asked) for each in (found[id_] for id_ in (first, denied, auto, twice, both))] == [
        (Happened.APPROVED, (("UMAYA",),)),
        (Happened.DENIED, (("UMAYA",),)),
        (Happened.AUTO_APPROVED, ()),
        (Happened.APPROVED, (("UMAYA",),)),
        (Happened.PENDING, (("UMAYA",), ("UNOOR",))),
    ]
    times = [each.created_at for each in await recorded(company)]
    assert times == sorted(times)


@pytest.mark.parametrize("page", [1, 2, 3, 5, 100])
async def test_no_page_loses_or_repeats_a_request(company: Database, page: int) -> None:
    """Also where many were made in the same moment."""
    made = {(await ask(company, wish(key), by="ULENA")).request_id for key in ("chatgpt", "either", "staged", "twice")}
    made.add((await ask(company, manual("figma", days=30))).request_id)
    found = [each.id for each in await recorded(company, page=page)]
    assert (len(found), set(found)) == (5, made)


async def test_only_what_was_asked_in_that_time_and_for_that_application(
    company: Database, clock: MovableClock, history: list[str]
) -> None:
    """`--days` and `--app`."""
    since = clock.now() - timedelta(days=2, hours=1)
    assert [each.id for each in await recorded(company, since=since)] == history[3:]
    assert [each.id for each in await recorded(company, application="staged")] == [history[1]]


async def test_the_catalogue_in_force_asks_those_who_were_asked(company: Database, history: list[str]) -> None:
    """Replaying what is in force over what it decided changes nothing; that somebody is away today is of no account."""
    now = company.clock.now()
    await company.write(go_away, person_id="UMAYA", delegate_id="UNOOR", starts_at=now, ends_at=now + timedelta(days=9))
    async with company.read() as session:
        draft, today = await load_catalog(session), await read_today(session, ())
    for each in await recorded(company):
        found = Replay(draft, today).of(each)
        assert found.would is (Would.AUTO_APPROVE if each.happened is Happened.AUTO_APPROVED else Would.ASK)
        assert {*found.once} >= {person for stage in each.asked for person in stage}
    assert len(history) == 5


async def test_the_groups_of_today_are_read(company: Database) -> None:
    """By the names that the draft uses."""
    crew = SlackGroup(id="S012ABCDEF", handle="crew", name="Crew", members=frozenset({"ULENA"}))
    await company.write(upsert_groups, [crew], as_of=company.clock.now())
    async with company.read() as session:
        today = await read_today(session, {"Crew", "S012ABCDEF", "nobody"})
    assert today.members == {"Crew": ("ULENA",), "S012ABCDEF": ("ULENA",)}
    assert (today.people["ULENA"].manager_id, today.people["UBOT"].can_decide) == ("UMAYA", False)
