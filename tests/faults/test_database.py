"""The database is locked, full, cut off, read-only or too new: nobody is told a lie, and nothing is lost."""

from __future__ import annotations

import ctypes
import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sandbox.slack.state import Message
from tests.support.harbour import Employee, Harbour
from tests.support.postgresql import Server

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1  # linux/prctl.h, linux/capability.h


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
        with postgresql_server.connected("postgres") as server:
            server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            postgresql_server.disconnect_all(name)
            assert (await employee.manager.press("Approve", in_=card)).error
            await harbour.until(lambda: "can be read but not written" in harbour.usher.errors)
            server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            postgresql_server.disconnect_all(name)
        await demand_that_it_goes_on(harbour, employee, card)


@pytest.mark.postgres
async def test_postgresql_has_no_room_left(postgresql_server: Server, postgresql_url: str, tmp_path: Path) -> None:
    """The server's own error for a full disk, at the last statement of the decision: all of it is undone."""
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        employee = harbour.hire(1)
        await harbour.start()
        card = await harbour.ask(employee)
        await harbour.at_rest()
        with postgresql_server.connected(postgresql_url.rpartition("/")[2]) as database:
            database.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
                "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
            database.execute("CREATE TRIGGER full_disk BEFORE INSERT ON ledger EXECUTE FUNCTION no_room()")
            assert (await employee.manager.press("Approve", in_=card)).error
            await harbour.until(lambda: "There is no room left" in harbour.usher.errors)
            database.execute("DROP TRIGGER full_disk ON ledger")
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


async def demand_that_it_goes_on(harbour: Harbour, employee: Employee, card: Message) -> None:
    """Nothing was decided; the same button does it now, once."""
    assert await harbour.grants() == []
    assert "Approve" in card.buttons
    assert harbour.usher.is_running
    assert not (await employee.manager.press("Approve", in_=card)).error
    await harbour.invited(employee)
    assert harbour.invites_sent(employee.email) == 1
    assert len(await harbour.grants()) == 1
    await harbour.demand_whole_ledger()


async def demand_a_sentence(harbour: Harbour, *parts: str) -> None:
    """`usher run` ends with 1 and says why and what to do, in one line."""
    usher = harbour.another_usher(before_exec=obey_permissions)
    await usher.launch()
    assert await usher.exit_code() == 1
    assert len(usher.lines) == 1, usher.errors
    (sentence,) = usher.lines
    for part in parts:
        assert part in sentence


def obey_permissions() -> None:
    """So that file permissions count for root too, who runs the tests in a container."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """Neither the file nor its directory can be written to."""
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        yield
    finally:
        file.parent.chmod(0o755)


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """No file can grow."""
    limit(pid, 1)
    try:
        yield
    finally:
        limit(pid, resource.RLIM_INFINITY)


def limit(pid: int, size: int) -> None:
    """How large a file of this process may become, in bytes."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
