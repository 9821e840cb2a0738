"""The database is locked, full, cut off, read-only or too new: nobody is told a lie, and nothing is lost."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.harbour import Harbour
from tests.support.postgresql import Server
from tests.support.storage_faults import (
    demand_a_sentence,
    demand_that_it_goes_on,
    limit,
    no_room,
    no_room_for_the_ledger,
    read_only,
    standby,
)


async def test_another_program_locks_the_file(harbour: Harbour, tmp_path: Path) -> None:
    """The press is answered with an error and changes nothing; when the lock is gone the next one counts."""
    employee = harbour.hire(1)
    await harbour.start()
    card = await harbour.ask(employee)
    await harbour.at_rest()
    with closing(sqlite3.connect(tmp_path / "usher.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (await employee.manager.press("Approve", in_=card)).error
        await harbour.until(lambda: "Another program holds the database" in harbour.usher.errors)
        other.execute("ROLLBACK")
    await demand_that_it_goes_on(harbour, employee, card)


async def test_the_disk_is_full(harbour: Harbour) -> None:
    """The press is answered with an error and changes nothing; when there is room again the next one counts."""
    employee = harbour.hire(1)
    await harbour.start()
    card = await harbour.ask(employee)
    await harbour.at_rest()
    with no_room(harbour.usher.pid):
        assert (await employee.manager.press("Approve", in_=card)).error
        await harbour.until(lambda: "There is no room left" in harbour.usher.errors)
    await demand_that_it_goes_on(harbour, employee, card)


async def test_the_disk_fills_up_while_an_invite_is_on_its_way(harbour: Harbour) -> None:
    """What was seen cannot be written down for a while. The invite is not sent again."""
    employee = harbour.hire(1)
    await harbour.start()
    full = False

    async def fill(_call: object) -> None:
        nonlocal full
        if harbour.invites_sent(employee.email) == 1 and not full:
            full = True
            limit(harbour.usher.pid, 1)

    harbour.chatgpt.before_answer.append(fill)
    await harbour.approved(employee)
    await harbour.until(lambda: "There is no room left" in harbour.usher.errors)
    limit(harbour.usher.pid, resource.RLIM_INFINITY)
    await harbour.invited(employee)
    assert harbour.invites_sent(employee.email) == 1


@pytest.mark.postgres
async def test_postgresql_drops_every_connection(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path
) -> None:
    """As when it is restarted, while an invite is on its way: Usher connects again and goes on, and sends no second."""
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        employee = harbour.hire(1)
        cut = 0

        async def disconnect(_call: object) -> None:
            nonlocal cut
            if harbour.invites_sent(employee.email) == 1 and not cut:
                cut = postgresql_server.disconnect_all(postgresql_url.rpartition("/")[2])

        harbour.chatgpt.before_answer.append(disconnect)
        await harbour.start()
        await harbour.approved(employee)
        await harbour.invited(employee)
        assert cut
        assert harbour.invites_sent(employee.email) == 1


@pytest.mark.postgres
async def test_postgresql_becomes_read_only(postgresql_server: Server, postgresql_url: str, tmp_path: Path) -> None:
    """As a standby is: the press changes nothing and says so, and the next counts when writes go again."""
    name = postgresql_url.rpartition("/")[2]
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        employee = harbour.hire(1)
        await harbour.start()
        card = await harbour.ask(employee)
        await harbour.at_rest()
        with standby(postgresql_server, name):
            assert (await employee.manager.press("Approve", in_=card)).error
            await harbour.until(lambda: "can be read but not written" in harbour.usher.errors)
        await demand_that_it_goes_on(harbour, employee, card)


@pytest.mark.postgres
async def test_postgresql_has_no_room_left(postgresql_server: Server, postgresql_url: str, tmp_path: Path) -> None:
    """The server's own error for a full disk, at the last statement of the decision: all of it is undone."""
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        employee = harbour.hire(1)
        await harbour.start()
        card = await harbour.ask(employee)
        await harbour.at_rest()
        with no_room_for_the_ledger(postgresql_server, postgresql_url.rpartition("/")[2]):
            assert (await employee.manager.press("Approve", in_=card)).error
            await harbour.until(lambda: "There is no room left" in harbour.usher.errors)
        await demand_that_it_goes_on(harbour, employee, card)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="capabilities are Linux's")
async def test_a_read_only_database_ends_the_start_in_a_sentence(harbour: Harbour, tmp_path: Path) -> None:
    """It names the file's permissions as the remedy."""
    with read_only(tmp_path / "usher.db"):
        await demand_a_sentence(harbour, "can be read but not written", "permission")


async def test_a_database_of_a_newer_version_ends_the_start_in_a_sentence(harbour: Harbour, tmp_path: Path) -> None:
    """It is left as it is, for the version that wrote it."""
    with closing(sqlite3.connect(tmp_path / "usher.db", isolation_level=None)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999', works_with = '9999'")
    before = (tmp_path / "usher.db").read_bytes()
    await demand_a_sentence(harbour, "newer version of Usher", "Install that version")
    assert (tmp_path / "usher.db").read_bytes() == before
