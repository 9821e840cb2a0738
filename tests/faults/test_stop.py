"""SIGTERM: what runs is finished or handed back, and nothing is done twice afterwards."""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa

from storage.tables import Task
from tests.support.harbour import Harbour

#: seconds; USHER_SHUTDOWN_SECONDS as it is by default
PROMISED = 10


async def test_a_stop_does_not_wait_for_an_answer_that_never_comes(harbour: Harbour) -> None:
    """The invite is out and ChatGPT is silent: the task is handed back, and the next start finds the invite."""
    employee = harbour.hire(1)
    sent = asyncio.Event()

    async def silence(_call: object) -> None:
        if harbour.invites_sent(employee.email) == 1 and not sent.is_set():
            sent.set()
            await asyncio.Event().wait()

    harbour.chatgpt.before_answer.append(silence)
    await harbour.start()
    await harbour.approved(employee)
    await harbour.until(sent.is_set)

    began = time.monotonic()
    assert await harbour.usher.stop() == 0
    assert time.monotonic() - began < PROMISED
    assert harbour.usher.logged("dispatcher.handed_back")
    async with harbour.reading() as session:
        held = sa.select(sa.func.count()).where(Task.owner.is_not(None))
        assert await session.scalar(held) == 0

    await harbour.start()
    await harbour.invited(employee)
    assert harbour.invites_sent(employee.email) == 1
    assert len(await harbour.grants()) == 1


async def test_a_stop_in_the_middle_of_much_work_loses_and_doubles_nothing(harbour: Harbour) -> None:
    """Six approvals, and SIGTERM as soon as the first invite is out."""
    crew = [harbour.hire(number) for number in range(6)]
    await harbour.start()
    cards = [await harbour.ask(employee) for employee in crew]
    await asyncio.gather(
        *(employee.manager.press("Approve", in_=card) for employee, card in zip(crew, cards, strict=True))
    )
    await harbour.until(lambda: any(harbour.invites_sent(employee.email) for employee in crew))
    began = time.monotonic()
    assert await harbour.usher.stop() == 0
    assert time.monotonic() - began < PROMISED

    await harbour.start()
    await harbour.invited(*crew)
    assert [harbour.invites_sent(employee.email) for employee in crew] == [1] * len(crew)
    assert len(await harbour.grants()) == len(crew)
    for employee in crew:
        status, news = harbour.told(employee.who)
        assert "· Invited" in status.shown
        assert news.thread_ts == status.ts
        assert [message.buttons for message in harbour.told(employee.manager)] == [[]]
