"""A full disk and a read-only database: how to make them, and what has to be true afterwards."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.slack.state import Message
from tests.support.harbour import Employee, Harbour
from tests.support.postgresql import Server

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1  # linux/prctl.h, linux/capability.h


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


@contextmanager
def standby(server: Server, name: str) -> Iterator[None]:
    """The database can be read and not written, as on a standby."""
    with server.connected("postgres") as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        server.disconnect_all(name)
        yield
        admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        server.disconnect_all(name)


@contextmanager
def no_room_for_the_ledger(server: Server, name: str) -> Iterator[None]:
    """The server's own error for a full disk, at the last statement of a decision."""
    with server.connected(name) as database:
        database.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        database.execute("CREATE TRIGGER full_disk BEFORE INSERT ON ledger EXECUTE FUNCTION no_room()")
        yield
        database.execute("DROP TRIGGER full_disk ON ledger")
