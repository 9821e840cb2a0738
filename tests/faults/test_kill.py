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

from tests.support.harbour import Employee, Harbour

#: no way from Approve to Active has as many calls
LONGEST_WAY = 24


class Moment(StrEnum):
    """When, in a call that Usher makes, it dies."""

    BEFORE_ITS_EFFECT = "before its effect"
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

    async def _strike(self, _call: object) -> None:
        if self._calls_left == 0:
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
    """Killed at each call in turn, with and without its effect: one invite, one grant, and every card right, once."""

    async def series(name: str, steps: Iterable[int], moment: Moment) -> int | None:
        directory = tmp_path / name
        directory.mkdir()
        shutil.copy(sqlite_template, directory / "usher.db")
        async with Harbour.open(directory, f"sqlite+aiosqlite:///{directory / 'usher.db'}") as harbour:
            return await kill_at(harbour, steps, moment)

    missed = await asyncio.gather(
        *(series(f"{moment.name}-{first}", count(first, 2), moment) for moment in Moment for first in (1, 2))
    )
    assert all(step is not None and step > 10 for step in missed), missed


@pytest.mark.postgres
@pytest.mark.timeout(180)
@pytest.mark.parametrize("moment", Moment)
async def test_another_lease_later_postgresql_gives_it_once_too(
    postgresql_url: str, tmp_path: Path, moment: Moment
) -> None:
    """On PostgreSQL the task of a dead process is taken up when its lease is over."""
    async with Harbour.open(tmp_path, postgresql_url) as harbour:
        assert await kill_at(harbour, [3], moment) is None


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


def is_active(employee: Employee) -> bool:
    return "· Active" in employee.who.message("ChatGPT · ").shown


def demand_one_of_everything(harbour: Harbour, employee: Employee, when: str) -> None:
    assert harbour.invites_sent(employee.email) == 1, when
    assert harbour.is_member(employee.email), when
    card, *replies = harbour.told(employee.who)
    assert "· Active" in card.shown, when
    assert "Give back" in card.buttons, when
    texts = [reply.shown for reply in replies]
    assert all(reply.thread_ts == card.ts for reply in replies), (when, texts)
    assert len(set(texts)) == len(texts) <= 2, (when, texts)
    assert "is active" in texts[-1], (when, texts)
    (asked,) = harbour.told(employee.manager)
    assert asked.buttons == [], (when, asked.shown)
