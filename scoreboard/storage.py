"""The disk is full, the database is read-only, the clock is set back an hour."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scoreboard.trial import Count, Ground, Kind, Trial
from storage.tables import EndReason, GrantState
from tests.support.harbour import Harbour
from tests.support.postgresql import Server
from tests.support.seats import is_active
from tests.support.storage_faults import (
    demand_a_sentence,
    demand_that_it_goes_on,
    limit,
    no_room,
    no_room_for_the_ledger,
    read_only,
    standby,
)

Scenario = Callable[[Ground, Harbour], Awaitable[None]]


async def faults(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Each fault once, in a company of its own."""
    for words, scenario in list(SCENARIOS[kind].items())[:times]:
        with count.trial(words):
            async with ground.harbour(kind) as harbour:
                await scenario(ground, harbour)
    return (
        f"{', '.join(SCENARIOS[kind])}: each is refused in a sentence and undoes all of "
        "the decision; afterwards the next press counts"
    )


async def full_when_pressed(_: Ground, harbour: Harbour) -> None:
    await _refused_while(harbour, lambda: no_room(harbour.usher.pid), "There is no room left")


async def full_when_pressed_on_postgresql(ground: Ground, harbour: Harbour) -> None:
    server, name = _server(ground, harbour)
    await _refused_while(harbour, lambda: no_room_for_the_ledger(server, name), "There is no room left")


async def read_only_when_pressed(ground: Ground, harbour: Harbour) -> None:
    server, name = _server(ground, harbour)
    await _refused_while(harbour, lambda: standby(server, name), "can be read but not written")


def _server(ground: Ground, harbour: Harbour) -> tuple[Server, str]:
    assert ground.server is not None
    return ground.server, harbour.database_url.rpartition("/")[2]


async def _refused_while(harbour: Harbour, fault: Callable[[], AbstractContextManager[None]], sentence: str) -> None:
    employee = harbour.hire(1)
    await harbour.start()
    card = await harbour.ask(employee)
    await harbour.at_rest()
    with fault():
        assert (await employee.manager.press("Approve", in_=card)).error, "the press was not refused"
        await harbour.until(lambda: sentence in harbour.usher.errors)
    await demand_that_it_goes_on(harbour, employee, card)


async def full_while_inviting(_: Ground, harbour: Harbour) -> None:
    employee = harbour.hire(1)
    await harbour.start()

    async def fill(_call: object) -> None:
        if harbour.invites_sent(employee.email) == 1:
            harbour.chatgpt.before_answer.remove(fill)
            limit(harbour.usher.pid, 1)

    harbour.chatgpt.before_answer.append(fill)
    await harbour.approved(employee)
    await harbour.until(lambda: "There is no room left" in harbour.usher.errors)
    limit(harbour.usher.pid, resource.RLIM_INFINITY)
    await harbour.invited(employee)
    assert harbour.invites_sent(employee.email) == 1, f"{harbour.invites_sent(employee.email)} invites"
    await harbour.demand_whole_ledger()


async def read_only_at_the_start(_: Ground, harbour: Harbour) -> None:
    employee = harbour.hire(1)
    with read_only(Path(harbour.directory) / "usher.db"):
        await demand_a_sentence(harbour, "can be read but not written", "permission")
    await harbour.start()
    await demand_that_it_goes_on(harbour, employee, await harbour.ask(employee))


async def set_back(_: Ground, harbour: Harbour) -> None:
    """One grant ends while the clock is wrong, and one request is decided: both are right once the clock is."""
    harbour.usher = harbour.another_usher(command=(sys.executable, "-m", "tests.support.moved_clock"), PYTHONPATH=_HERE)
    going, coming = harbour.hire(1), harbour.hire(2)
    await harbour.start()
    card = await harbour.ask(coming)
    await harbour.approved(going, "chatgpt codex 5s to test")
    await harbour.accept(going)
    await harbour.until(lambda: is_active(going))
    os.kill(harbour.usher.pid, signal.SIGUSR1)
    press = await coming.manager.press("Approve", in_=card)
    assert press.error, "a press from the future was believed"
    (grant,) = await harbour.grants()
    await harbour.until(lambda: grant.ends_at is not None and grant.ends_at < datetime.now(UTC))
    assert harbour.is_member(going.email), "removed by a clock that had not got there"
    os.kill(harbour.usher.pid, signal.SIGUSR2)
    assert not (await coming.manager.press("Approve", in_=card)).error
    await harbour.sees(going.who, "has ended")
    await harbour.invited(coming)
    assert not harbour.is_member(going.email)
    ended, granted = await harbour.grants()
    assert (ended.state, ended.end_reason) == (GrantState.ENDED, EndReason.EXPIRED)
    assert granted.state is GrantState.INVITED
    assert [harbour.invites_sent(one.email) for one in (going, coming)] == [1, 1]
    await harbour.demand_whole_ledger()


_HERE: Final = str(Path(__file__).parents[1])
SCENARIOS: Final[Mapping[Kind, Mapping[str, Scenario]]] = {
    Kind.SQLITE: {
        "the disk full when Approve is pressed": full_when_pressed,
        "the disk full while an invite is on its way": full_while_inviting,
        "the database read-only at the start": read_only_at_the_start,
        "the clock set back an hour and right again": set_back,
    },
    Kind.POSTGRESQL: {
        "the disk full when Approve is pressed": full_when_pressed_on_postgresql,
        "the database read-only when Approve is pressed": read_only_when_pressed,
        "the clock set back an hour and right again": set_back,
    },
}
FAULTS = Trial(
    name="storage",
    words="The disk full, the database read-only, the clock set back an hour",
    must="clear refusal, nothing lost, recovery without hands",
    times=4,
    run=faults,
    fixed=True,
)
