"""Two replicas that write the directory down at the same moment, as two that start together on a new database do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.operations.user_groups import SlackGroup, upsert_groups
from bot.access.user_groups import members_of
from storage.database import Database
from storage.tables import LedgerLine, Person
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, held_up

pytestmark = pytest.mark.postgres

IT = SlackGroup(id="S0IT", handle="it-admins", name="IT admins", members=frozenset({"U0NOOR", "U0TOM"}))
NOOR = SlackPerson(id="U0NOOR", email="noor@harbour.example", name="Noor", manager_id="U0MAYA")


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """On SQLite everybody waits for whoever writes."""
    return postgresql_url


async def test_groups_that_another_replica_writes_meanwhile_are_seen_whole(database: Database) -> None:
    """The second reading finds what the first wrote, members and all, and has nothing to add to the ledger."""
    async with another_replica(database) as tx:
        await tx.execute(sa.text("LOCK TABLE user_group_members"))  # whoever has read no groups reads its members
        await upsert_groups(tx, [IT], as_of=tx.now)
        second = await held_up(database, database.write(upsert_groups, [IT], as_of=tx.now))
    assert await second == ()
    async with database.read() as session:
        assert await members_of(session, ["it-admins"]) == {"it-admins": ("U0NOOR", "U0TOM")}
        assert len((await session.scalars(sa.select(LedgerLine))).all()) == 1


async def test_whom_another_replica_writes_down_meanwhile_is_no_news(database: Database, clock: MovableClock) -> None:
    """Who is new to both is new once: what was asked of Slack earlier leaves alone what was written since."""
    asked = clock.now()
    clock.advance(timedelta(seconds=1))
    async with another_replica(database) as tx:
        await upsert_people(tx, [NOOR], complete=True, as_of=tx.now)
        before = replace(NOOR, name="Noor Before", manager_id="U0TOM")
        second = await held_up(database, database.write(upsert_people, [before], complete=True, as_of=asked))
    changes = await second
    assert (changes.added, changes.changed) == ((), ())
    async with database.read() as session:
        assert await session.scalar(sa.select(Person.name)) == "Noor"
        assert len((await session.scalars(sa.select(LedgerLine))).all()) == 1
