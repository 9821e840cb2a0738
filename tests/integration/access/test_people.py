"""The directory on both databases: what Slack says is written down once, and what follows from it is set going."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access.managers_file import ImportProblems, read_managers
from bot.access.operations.people import (
    UNKNOWN,
    DirectoryDoubt,
    PeopleChanges,
    SlackPerson,
    import_managers,
    note_managers,
    upsert_people,
)
from storage.database import Database
from storage.tables import LedgerLine, Person, Task
from tests.support.clock import MovableClock

MAYA = SlackPerson(id="U0MAYA00", email="maya@example.com", name="Maya", title="Head of Design", manager_id=None)
LENA = SlackPerson(id="U0LENA00", email="lena@example.com", name="Lena", manager_id=MAYA.id)
TOM = SlackPerson(id="U0TOM000", email="tom@example.com", name="Tom", manager_id=MAYA.id)
BOT = SlackPerson(id="USLACKBOT", email=None, name="Slackbot", is_bot=True, manager_id=None)
EVERYBODY = (MAYA, LENA, TOM, BOT)


@pytest.fixture
async def company(database: Database) -> Database:
    await database.write(upsert_people, EVERYBODY, complete=True)
    return database


async def person(database: Database, id_: str) -> Person:
    async with database.read() as session:
        found = await session.get(Person, id_)
        assert found is not None
        return found


async def events(database: Database, *, since: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    async with database.read() as session:
        lines = await session.scalars(sa.select(LedgerLine).where(LedgerLine.seq > since).order_by(LedgerLine.seq))
        told = [(line.event, line.subject, json.loads(line.data)) for line in lines]
        return [(event, subject, {key: data[key] for key in data if key != "door"}) for event, subject, data in told]


async def leavers(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(sa.select(Task.key).where(Task.kind == "left")))


async def test_the_first_list_fills_the_directory(company: Database) -> None:
    """Everybody is written down as Slack describes them; the ledger begins with who manages whom."""
    maya, lena = await person(company, MAYA.id), await person(company, LENA.id)
    assert (maya.email, maya.title, maya.manager_id) == ("maya@example.com", "Head of Design", None)
    assert lena.manager_id == MAYA.id
    assert await events(company) == [
        ("person.manager_changed", f"person:{LENA.id}", {"before": None, "after": MAYA.id}),
        ("person.manager_changed", f"person:{TOM.id}", {"before": None, "after": MAYA.id}),
    ]


async def test_the_same_list_again_changes_nothing(company: Database, clock: MovableClock) -> None:
    """No row is touched and nothing is recorded."""
    before = (await person(company, LENA.id)).updated_at
    clock.advance(timedelta(hours=1))
    changes = await company.write(upsert_people, EVERYBODY, complete=True)
    assert changes == PeopleChanges(looked_at=4)
    assert str(changes) == "4 people: nothing changed"
    assert (await person(company, LENA.id)).updated_at == before
    assert len(await events(company)) == 2


async def test_what_changed_is_taken_over(company: Database) -> None:
    """A new name is no news for the ledger; a new manager is."""
    changes = await company.write(
        upsert_people, [replace(LENA, name="Lena F.", manager_id=None), replace(TOM, title="CTO")], complete=False
    )
    assert changes.changed == (LENA.id, TOM.id)
    assert (await person(company, LENA.id)).name == "Lena F."
    assert await events(company, since=2) == [
        ("person.manager_changed", f"person:{LENA.id}", {"before": MAYA.id, "after": None})
    ]


@pytest.mark.parametrize("how", ["deactivated", "missing"])
async def test_who_leaves_is_followed_up_once(company: Database, how: str) -> None:
    """Deactivated in Slack, or gone from the complete list: inactive, recorded, and one task to take access back."""
    rest = (MAYA, LENA, BOT) if how == "missing" else (MAYA, LENA, BOT, replace(TOM, active=False))
    for expected in ((TOM.id,), ()):
        changes = await company.write(upsert_people, rest, complete=True)
        assert changes.left == expected
    assert not (await person(company, TOM.id)).active
    assert await events(company, since=2) == [("person.left", f"person:{TOM.id}", {})]
    assert await leavers(company) == [TOM.id]


async def test_who_comes_back_is_active_again(company: Database) -> None:
    """A return is recorded."""
    await company.write(upsert_people, [replace(TOM, active=False)], complete=False)
    changes = await company.write(upsert_people, [TOM], complete=False)
    assert changes.returned == (TOM.id,)
    assert (await person(company, TOM.id)).active
    assert [event for event, _, _ in await events(company, since=2)] == ["person.left", "person.returned"]


async def test_who_was_never_there_does_not_leave(company: Database) -> None:
    """Slack lists people who left long before Usher came: nothing follows from them."""
    await company.write(upsert_people, [replace(TOM, id="U0OLD000", active=False, manager_id=None)], complete=False)
    assert await leavers(company) == []


async def test_a_part_of_the_list_makes_nobody_leave(company: Database) -> None:
    """Only a complete list says who is gone."""
    changes = await company.write(upsert_people, [MAYA], complete=False)
    assert changes.left == ()


async def test_a_list_of_another_workspace_is_not_believed(company: Database) -> None:
    """A token of the wrong workspace must not end everybody's access: nothing is changed, and the message says why."""
    stranger = SlackPerson(id="U0OTHER0", email="x@elsewhere.example", name="X")
    with pytest.raises(DirectoryDoubt, match=r"lacks 3 of the 3 people.*SLACK_BOT_TOKEN"):
        await company.write(upsert_people, [stranger, BOT], complete=True)
    assert (await person(company, TOM.id)).active
    assert await leavers(company) == []


async def test_a_manager_who_was_not_asked_for_stays(company: Database) -> None:
    """An event says nothing about the manager, so the one that is known stays."""
    await company.write(upsert_people, [replace(LENA, title="Designer", manager_id=UNKNOWN)], complete=False)
    lena = await person(company, LENA.id)
    assert (lena.title, lena.manager_id) == ("Designer", MAYA.id)


async def test_nobody_is_their_own_manager(company: Database) -> None:
    """Who names themselves in their profile has no manager: they could approve for themselves otherwise."""
    await company.write(note_managers, {LENA.id: LENA.id})
    assert (await person(company, LENA.id)).manager_id is None


async def test_what_was_written_meanwhile_knows_better(company: Database, clock: MovableClock) -> None:
    """A list that was read before an event arrived does not undo the event."""
    asked_at = clock.now()
    clock.advance(timedelta(seconds=5))
    newcomer = SlackPerson(id="U0NEW000", email="new@example.com", name="New")
    await company.write(upsert_people, [replace(TOM, active=False), newcomer], complete=False)
    changes = await company.write(upsert_people, EVERYBODY, complete=True, as_of=asked_at)
    assert (changes.returned, changes.left) == ((), ())
    assert not (await person(company, TOM.id)).active
    assert (await person(company, newcomer.id)).active


async def test_events_and_lists_at_once_lose_nothing(company: Database) -> None:
    """Many writers about the same person end with one word and one follow-up."""
    await asyncio.gather(
        *(company.write(upsert_people, [replace(TOM, active=False)], complete=False) for _ in range(5)),
        *(company.write(upsert_people, [replace(LENA, name="Lena F.")], complete=False) for _ in range(5)),
    )
    assert [event for event, _, _ in await events(company, since=2)] == ["person.left"]
    assert await leavers(company) == [TOM.id]


async def test_a_large_company_is_written_in_one_go(database: Database) -> None:
    """Thousands of people fit one transaction."""
    people = [SlackPerson(id=f"U{number:07}", email=f"p{number}@example.com", name="P") for number in range(3000)]
    changes = await database.write(upsert_people, people, complete=True)
    assert len(changes.added) == 3000
    changes = await database.write(upsert_people, people[:-1], complete=True)
    assert changes.left == (people[-1].id,)


# -- managers from a file ----------------------------------------------------------------------------------------------
async def test_an_admins_word_goes_before_slacks(company: Database) -> None:
    """Imported managers stay when Slack names others; an empty one gives the word back to Slack."""
    rows = read_managers("email,manager_email\nlena@example.com,tom@example.com\n", "m.csv")
    result = await company.write(import_managers, rows, actor="shell:ada", name="m.csv")
    assert (result.changed, result.unchanged, result.notes) == (1, 0, ())
    await company.write(note_managers, {LENA.id: BOT.id})
    assert (await person(company, LENA.id)).manager_id == TOM.id
    again = await company.write(import_managers, rows, actor="shell:ada", name="m.csv")
    assert (again.changed, again.unchanged) == (0, 1)
    back = read_managers("email,manager_email\nlena@example.com,\n", "m.csv")
    await company.write(import_managers, back, actor="shell:ada", name="m.csv")
    assert (await person(company, LENA.id)).manager_id == BOT.id
    changed = [data for event, _, data in await events(company, since=2) if event == "person.manager_changed"]
    assert changed[0] == {"before": MAYA.id, "after": TOM.id}


async def test_all_rows_or_none(company: Database) -> None:
    """One wrong row and nothing is imported; each wrong row is named."""
    rows = read_managers("email,manager_email\nlena@example.com,tom@example.com\nno@example.com,\n", "m.csv")
    with pytest.raises(ImportProblems, match=r"^m\.csv:3: nobody in the directory has the address “no@example.com”"):
        await company.write(import_managers, rows, actor="shell:ada", name="m.csv")
    assert (await person(company, LENA.id)).manager_id == MAYA.id


async def test_two_who_manage_each_other_are_noted(company: Database) -> None:
    """It is allowed, and said."""
    rows = read_managers("email,manager_email\nmaya@example.com,lena@example.com\n", "m.csv")
    result = await company.write(import_managers, rows, actor="shell:ada", name="m.csv")
    assert result.notes == ("lena@example.com and maya@example.com are each other's manager",)
