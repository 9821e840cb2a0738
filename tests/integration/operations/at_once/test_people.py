"""People are erased, go away and are written down at the moment in which somebody else says something about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access.managers_file import ManagerRow
from bot.access.operations.away import come_back, go_away
from bot.access.operations.erase_person import StillNeeded, erase_person
from bot.access.operations.people import import_managers, upsert_people
from bot.engine.upkeep import repair
from storage.database import Database
from storage.tables import Delegation, LedgerLine, Person
from tests.integration.operations.asking import granted, lines, rows
from tests.integration.operations.conftest import somebody
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, held_up

pytestmark = pytest.mark.postgres

TOM_LEFT = somebody("UTOM", "Tom", "UMAYA", active=False)


async def naming(company: Database, *people: str) -> list[LedgerLine]:
    """The ledger's lines about them, or in which they are named."""
    columns = (LedgerLine.subject, LedgerLine.data, LedgerLine.actor)
    return await rows(company, LedgerLine, sa.or_(*(column.contains(one) for column in columns for one in people)))


def erasing(who: str) -> dict[str, Any]:
    return {"person_id": who, "admins": (), "actor": "shell:test"}


def away(clock: MovableClock, delegate: str) -> dict[str, Any]:
    days = timedelta(days=3)
    return {"person_id": "UMAYA", "delegate_id": delegate, "starts_at": clock.now(), "ends_at": clock.now() + days}


# -- erased ------------------------------------------------------------------------------------------------------------
async def test_two_erasures_undo_nothing_of_each_other(company: Database) -> None:
    """Tom managed Ann, and both have left: neither is named in the lines about the other."""
    await company.write(upsert_people, [somebody("UANN", "Ann", "UTOM")], complete=False)
    await company.write(upsert_people, [TOM_LEFT, somebody("UANN", "Ann", "UTOM", active=False)], complete=False)
    async with another_replica(company) as tx:
        await erase_person(tx, **erasing("UTOM"))
        second = await held_up(company, company.write(erase_person, **erasing("UANN")))
    await second
    assert await naming(company, "UTOM", "UANN") == []


async def test_a_line_that_is_written_meanwhile_does_not_name_whom_was_erased(company: Database) -> None:
    """Slack says that Ann has another manager, and the ledger who it was before."""
    await company.write(upsert_people, [somebody("UANN", "Ann", "UTOM")], complete=False)
    await company.write(upsert_people, [TOM_LEFT], complete=False)
    async with another_replica(company) as tx:
        await upsert_people(tx, [somebody("UANN", "Ann", "UMAYA")], complete=False)
        second = await held_up(company, company.write(erase_person, **erasing("UTOM")))
    await second
    assert await naming(company, "UTOM") == []


async def test_who_came_back_meanwhile_is_not_erased(company: Database) -> None:
    """They are active again, and needed."""
    await company.write(upsert_people, [TOM_LEFT], complete=False)
    async with another_replica(company) as tx:
        await upsert_people(tx, [somebody("UTOM", "Tom", "UMAYA")], complete=False)
        second = await held_up(company, company.write(erase_person, **erasing("UTOM")))
    with pytest.raises(StillNeeded):
        await second
    assert [person.active for person in await rows(company, Person, Person.id == "UTOM")] == [True]


# -- away --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("before", [None, "UTOM"])
async def test_an_absence_that_is_sent_twice_is_one(company: Database, clock: MovableClock, before: str | None) -> None:
    """Whether or not one stood before, whose place it takes."""
    if before is not None:
        await company.write(go_away, **away(clock, before))
    async with another_replica(company) as tx:
        await go_away(tx, **away(clock, "UNOOR"))
        second = await held_up(company, company.write(go_away, **away(clock, "UNOOR")))
    await second
    standing = await rows(company, Delegation, Delegation.cancelled_at.is_(None))
    assert [absence.delegate_id for absence in standing] == ["UNOOR"]


async def test_to_be_back_twice_is_once(company: Database, clock: MovableClock) -> None:
    """The ledger says it once."""
    await company.write(go_away, **away(clock, "UNOOR"))
    async with another_replica(company) as tx:
        await come_back(tx, person_id="UMAYA")
        second = await held_up(company, company.write(come_back, person_id="UMAYA"))
    await second
    assert len(await lines(company, "person.back")) == 1


# -- written down ------------------------------------------------------------------------------------------------------
async def test_a_file_of_managers_that_is_imported_twice_changes_something_once(company: Database) -> None:
    """The second import finds what the first wrote, and has nothing to add to the ledger."""
    row = ManagerRow(line=2, email="lena@harbour.example", manager_email="noor@harbour.example")
    async with another_replica(company) as tx:
        assert (await import_managers(tx, [row], actor="shell:a", name="m.csv")).changed == 1
        second = await held_up(company, company.write(import_managers, [row], actor="shell:b", name="m.csv"))
    assert (await second).changed == 0
    changed = await lines(company, "person.manager_changed")
    assert [actor for _, actor, _ in changed if actor != "slack"] == ["shell:a"]


async def test_who_left_a_moment_ago_is_no_repair(company: Database) -> None:
    """Two replicas that start together look for what is missing before either has followed up on whoever left."""
    await granted(company)
    await company.write(upsert_people, [somebody("ULENA", "Lena", "UMAYA", active=False)], complete=False)
    assert [await company.write(repair) for _ in range(2)] == [0, 0]
    assert await lines(company, "repair") == []
