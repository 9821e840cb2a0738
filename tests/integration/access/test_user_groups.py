"""User groups on both databases: what Slack says of them is written down once, and can be asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.access.operations.user_groups import SlackGroup, upsert_groups
from bot.access.user_groups import groups_of, known_groups, members_of
from storage.database import Database
from storage.tables import LedgerLine
from tests.support.clock import MovableClock

IT = SlackGroup(id="S0IT", handle="it-admins", name="IT admins", members=frozenset({"U0NOOR", "U0TOM"}))
EMPTY = SlackGroup(id="S0EMPTY", handle="empty", name="Empty", members=frozenset())
OLD = SlackGroup(id="S0OLD", handle="old", name="Old", members=frozenset({"U0NOOR"}), active=False)


async def note(database: Database, *groups: SlackGroup) -> tuple[str, ...]:
    return await database.write(upsert_groups, groups, as_of=database.clock.now())


async def lines(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.read() as session:
        found = await session.scalars(sa.select(LedgerLine).order_by(LedgerLine.seq))
        facts = [(line.subject, json.loads(line.data)) for line in found if line.event == "group.changed"]
        return [(subject, {name: data[name] for name in data if name != "door"}) for subject, data in facts]


async def test_members_are_found_by_handle_and_by_id(database: Database) -> None:
    """A group may be named with or without the @, or by id; unknown ones and those switched off are left out."""
    await note(database, IT, EMPTY, OLD)
    async with database.read() as session:
        asked = ["@it-admins", "IT-Admins", "S0IT", "empty", "old", "nobody", "S0OLD"]
        everybody = ("U0NOOR", "U0TOM")
        assert await members_of(session, asked) == {
            "@it-admins": everybody,
            "IT-Admins": everybody,
            "S0IT": everybody,
            "empty": (),
        }
        assert await members_of(session, []) == {}
        assert await groups_of(session, ["U0NOOR", "U0LENA"]) == {
            "U0NOOR": frozenset({"S0IT", "it-admins"}),
            "U0LENA": frozenset(),
        }
        assert await known_groups(session) == {"S0IT", "it-admins", "S0EMPTY", "empty"}


async def test_the_ledger_says_who_came_and_who_went(database: Database) -> None:
    """Each change of a group is one line with who was added and removed; reading the same again changes nothing."""
    assert await note(database, IT) == ("S0IT",)
    assert await note(database, IT) == ()
    moved = replace(IT, handle="it", members=frozenset({"U0TOM", "U0LENA"}))
    assert await note(database, moved) == ("S0IT",)
    assert await note(database) == ("S0IT",)
    told = {"handle": "it", "active": True}
    assert await lines(database) == [
        ("group:S0IT", {"handle": "it-admins", "active": True, "added": ["U0NOOR", "U0TOM"], "removed": []}),
        ("group:S0IT", {**told, "handle_before": "it-admins", "added": ["U0LENA"], "removed": ["U0NOOR"]}),
        ("group:S0IT", {**told, "active": False, "added": [], "removed": []}),
    ]
    async with database.read() as session:
        assert await members_of(session, ["it"]) == {}


async def test_an_older_reading_changes_nothing_that_a_newer_one_wrote(database: Database, clock: MovableClock) -> None:
    """Two readings may come in the wrong order: what was written after Slack was asked stays."""
    asked = clock.now()
    clock.advance(timedelta(seconds=1))
    await note(database, replace(IT, members=frozenset({"U0NOOR"})))
    assert await database.write(upsert_groups, [IT], as_of=asked) == ()
    async with database.read() as session:
        assert await members_of(session, ["it-admins"]) == {"it-admins": ("U0NOOR",)}


async def test_a_group_may_be_large(database: Database) -> None:
    """More members than one statement takes are written down and found."""
    crew = frozenset(f"U0CREW{number:05}" for number in range(5_000))
    await note(database, replace(IT, members=crew))
    async with database.read() as session:
        assert (await members_of(session, ["it-admins"]))["it-admins"] == tuple(sorted(crew))
    await note(database, EMPTY)
    async with database.read() as session:
        assert await members_of(session, ["it-admins"]) == {}
