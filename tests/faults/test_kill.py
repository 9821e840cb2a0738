"""`kill -9` at every step between the press on Approve and the card “Active”, and a start after it."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from itertools import count
from pathlib import Path

import pytest

from sandbox.chatgpt import Call as ChatGPTCall
from sandbox.slack.calls import Call as SlackCall
from tests.support.harbour import Employee, Harbour
from tests.support.postgresql import Server
from tests.support.seats import demand_one_of_everything, is_active

#: no way from Approve to Active has as many calls
LONGEST_WAY = 24


class Moment(StrEnum):
    """When, in a call that Usher makes, it dies."""

    #: any call, also one that only reads
    BEFORE_ITS_EFFECT = "before its effect"
    #: a call that changes something: of one that reads, nobody can tell this from dying before the next
    BEFORE_ITS_ANSWER = "before its answer"


class Assassin:
    """Kills Usher at the call with this number, of those it makes to Slack and ChatGPT after `arm`."""

    def __init__(self, harbour: Harbour, moment: Moment) -> None:
        self._harbour = harbour
        self._moment = moment
        self._calls_left = 0
        self.has_struck = False
        self.done = asyncio.Event()
        for world in (harbour.slack, harbour.chatgpt):
            hooks = world.before_effect if moment is Moment.BEFORE_ITS_EFFECT else world.before_answer
            hooks.append(self._strike)

    def arm(self, step: int) -> None:
        """From now on the calls are counted."""
        self._calls_left = step
        self.has_struck = False
        self.done.clear()

    async def _strike(self, call: SlackCall | ChatGPTCall) -> None:
        if self._calls_left == 0 or not (self._moment is Moment.BEFORE_ITS_EFFECT or changes_something(call)):
            return
        self._calls_left -= 1
        if self._calls_left == 0:
            self.has_struck = True
            await self._harbour.kill()
            self.done.set()
            if self._moment is Moment.BEFORE_ITS_EFFECT:
                await asyncio.Event().wait()  # the call never arrives


@pytest.mark.timeout(300)
async def test_a_seat_is_given_once_whenever_the_process_dies(sqlite_template: Path, tmp_path: Path) -> None:
    """Killed at every other call in turn, with and without its effect: one invite, one grant, every card right, once.

    `make scoreboard` kills at any moment, a hundred times.
    """

    async def series(first: int, every: int, moment: Moment) -> int:
        directory = tmp_path / f"{moment.name}-{first}"
        directory.mkdir()
        shutil.copy(sqlite_template, directory / "usher.db")
        async with Harbour.open(directory, f"sqlite+aiosqlite:///{directory / 'usher.db'}") as harbour:
            missed = await kill_at(harbour, count(first, every), moment)
        assert missed is not None
        return missed

    *to_any, to_change = await asyncio.gather(
        *(series(first, 4, Moment.BEFORE_ITS_EFFECT) for first in (1, 3)), series(1, 2, Moment.BEFORE_ITS_ANSWER)
    )
    assert min(to_any) > 9, "the way from Approve to Active cannot be so short"
    assert to_change > 4


@pytest.mark.postgres
@pytest.mark.timeout(180)
async def test_postgresql_gives_it_once_too(
    postgresql_server: Server, postgresql_template: str, tmp_path: Path
) -> None:
    """Killed at the call that invites, and at a card. The next process waits for the end of the dead one's lease."""

    async def series(step: int, moment: Moment) -> None:
        directory = tmp_path / f"{moment.name}-{step}"
        directory.mkdir()
        name = postgresql_server.create(template=postgresql_template)
        try:
            async with Harbour.open(directory, postgresql_server.url(name)) as harbour:
                assert await kill_at(harbour, [step], moment) is None
        finally:
            postgresql_server.drop(name)

    await asyncio.gather(
        series(3, Moment.BEFORE_ITS_EFFECT), series(1, Moment.BEFORE_ITS_ANSWER), series(5, Moment.BEFORE_ITS_ANSWER)
    )


@pytest.mark.postgres
async def test_a_press_that_was_not_committed_did_not_happen(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path
) -> None:
    """Killed between the arrival of the press and its commit: the card still asks, and the next press counts, once."""
    name = postgresql_url.rpartition("/")[2]
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        employee = harbour.hire(1)
        await harbour.start()
        card = await harbour.ask(employee)
        await harbour.at_rest()
        with postgresql_server.connected(name) as other, postgresql_server.connected(name) as watch:
            with other.transaction():
                other.execute("LOCK TABLE ledger")
                press = asyncio.create_task(employee.manager.press("Approve", in_=card))
                waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
                await harbour.until(lambda: watch.execute(waiting, [name]).fetchone())
                await harbour.kill()
            assert (await press).error
        assert await harbour.grants() == []
        await harbour.start()
        assert not (await employee.manager.press("Approve", in_=card)).error
        await harbour.invited(employee)
        assert harbour.invites_sent(employee.email) == 1
        assert len(await harbour.grants()) == 1
        await harbour.demand_whole_ledger()


def changes_something(call: SlackCall | ChatGPTCall) -> bool:
    return call.method.startswith(("chat.post", "chat.update")) if isinstance(call, SlackCall) else call.method != "GET"


async def kill_at(harbour: Harbour, steps: Iterable[int], moment: Moment) -> int | None:
    """Gives a seat to one person after another, each time with a death at the next of `steps`.

    Returns the first step that did not come, because the way from Approve to Active is shorter; None if all came.
    """
    assassin = Assassin(harbour, moment)
    crew = [harbour.hire(number) for number in range(LONGEST_WAY // 2)]
    await harbour.start()
    missed = None
    for step, employee in zip(steps, crew, strict=False):
        await give_a_seat(harbour, employee, assassin, step)
        demand_one_of_everything(harbour, employee, f"killed at call {step}, {moment}")
        if not assassin.has_struck:
            missed = step
            break
    grants = await harbour.grants()
    assert Counter(grant.beneficiary_id for grant in grants).most_common(1)[0][1] == 1
    assert {grant.state for grant in grants} == {"active"}
    await harbour.demand_whole_ledger()
    return missed


async def give_a_seat(harbour: Harbour, employee: Employee, assassin: Assassin, step: int) -> None:
    """From the request to the card “Active”, with a new start if there was a murder on the way."""
    card = await harbour.ask(employee)
    await harbour.at_rest()
    assassin.arm(step)
    async with asyncio.TaskGroup() as meanwhile:
        meanwhile.create_task(harbour.accept(employee))
        meanwhile.create_task(employee.manager.press("Approve", in_=card))
        await harbour.until(lambda: assassin.has_struck or is_active(employee))
        await harbour.at_rest(unless=lambda: assassin.has_struck)
        if assassin.has_struck:
            await assassin.done.wait()
            await harbour.start()
            await harbour.until(lambda: is_active(employee))
    await harbour.at_rest()
