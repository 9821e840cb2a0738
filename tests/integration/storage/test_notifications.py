"""How replicas on one PostgreSQL hear of each other's tasks, and share them."""

from __future__ import annotations

import asyncio
import json
import sys
import textwrap
from collections import Counter

import pytest
from sqlalchemy import make_url

from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.notifications import Notifications
from tests.support.postgresql import Server
from tests.support.waiting import until

pytestmark = pytest.mark.postgres

WORK = """
    import asyncio, json, sys
    from datetime import timedelta
    from storage import task_queue
    from storage.clock import SystemClock
    from storage.database import Database
    from storage.engines import Limits

    async def work():
        database = await Database.open(sys.argv[1], clock=SystemClock(), limits=Limits(connections=4))
        done, idle = [], 0
        while idle < 5:
            tasks, _, _ = await task_queue.claim_due(database, owner=sys.argv[2], limit=3, lease=timedelta(seconds=60))
            idle = 0 if tasks else idle + 1
            for task in tasks:
                assert await database.write(task_queue.finish, task)
                done.append(task.key)
        await database.close()
        print(json.dumps(done))

    asyncio.run(work())
"""


async def ask(tx: Transaction, key: str) -> None:
    tx.enqueue("account", key, lock_key=f"lane {hash(key) % 7}")


async def test_a_replica_hears_of_a_task_at_its_commit(postgresql_url: str) -> None:
    """Once for a transaction, however many tasks it asks for, and not when it is rolled back."""
    heard: list[int] = []
    database = await Database.open(postgresql_url, clock=SystemClock())

    async def ask_twice(tx: Transaction) -> None:
        await ask(tx, "1")
        await ask(tx, "2")

    async def fail(tx: Transaction) -> None:
        await ask(tx, "3")
        await tx.settle()
        raise LookupError

    async with Notifications(postgresql_url, lambda: heard.append(1)):
        await until(lambda: len(heard) == 1)  # it calls once when it begins to listen
        with pytest.raises(LookupError):
            await database.write(fail)
        await database.write(ask_twice)
        await until(lambda: len(heard) == 2)
        await database.write(ask, "4")
        await until(lambda: len(heard) == 3)
    await database.close()


async def test_a_write_without_tasks_disturbs_nobody(postgresql_url: str) -> None:
    """Only tasks are announced."""
    heard: list[int] = []
    database = await Database.open(postgresql_url, clock=SystemClock())

    async def note(tx: Transaction) -> None:
        tx.record("noted", actor="U1", subject="x")

    async with Notifications(postgresql_url, lambda: heard.append(1)):
        await until(lambda: len(heard) == 1)
        await database.write(note)
        await database.write(ask, "1")
        await until(lambda: len(heard) == 2)
    await database.close()


async def test_listening_goes_on_after_the_server_was_away(postgresql_url: str, postgresql_server: Server) -> None:
    """It connects again by itself, and calls, because something may have been missed."""
    heard: list[int] = []
    async with Notifications(postgresql_url, lambda: heard.append(1)):
        await until(lambda: len(heard) == 1)
        assert await asyncio.to_thread(postgresql_server.disconnect_all, postgresql_url.rpartition("/")[2]) == 1
        await until(lambda: len(heard) == 2)
        database = await Database.open(postgresql_url, clock=SystemClock())
        await database.write(ask, "1")
        await until(lambda: len(heard) == 3)
        await database.close()


async def test_of_several_servers_the_one_that_takes_writes_is_used(postgresql_url: str) -> None:
    """An address may name a primary and its standbys, in any order: nobody answers at the first one here."""
    address = make_url(postgresql_url)
    servers = {"host": ["127.0.0.1:1", f"{address.host}:{address.port}"], "target_session_attrs": "read-write"}
    several = address.set(host=None, port=None).update_query_dict(servers).render_as_string(hide_password=False)
    heard: list[int] = []
    database = await Database.open(several, clock=SystemClock())
    async with Notifications(several, lambda: heard.append(1)):
        await until(lambda: len(heard) == 1)
        await database.write(ask, "1")
        await until(lambda: len(heard) == 2)
    await database.close()


async def test_replicas_share_the_tasks(postgresql_url: str) -> None:
    """Three processes on one database: every task is done by exactly one of them."""
    database = await Database.open(postgresql_url, clock=SystemClock())
    wanted = {str(number) for number in range(90)}

    async def ask_all(tx: Transaction) -> None:
        for key in wanted:
            await ask(tx, key)

    await database.write(ask_all)
    await database.close()
    replicas = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            textwrap.dedent(WORK),
            postgresql_url,
            f"replica {number}",
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(3)
    ]
    done = [json.loads((await replica.communicate())[0]) for replica in replicas]
    assert Counter(key for keys in done for key in keys) == dict.fromkeys(wanted, 1)
