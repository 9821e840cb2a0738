"""`kill -9`: of the only process between Approve and Active, and of one of three replicas under load."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.engine.dispatcher import LEASE
from sandbox.chatgpt import Call as ChatGPTCall
from sandbox.slack.calls import Call as SlackCall
from scoreboard.trial import Count, Ground, Kind, Trial
from storage.tables import Task
from tests.support.harbour import Employee, Harbour, eventually
from tests.support.seats import demand_one_of_everything, is_active
from tests.support.usher_process import UsherProcess

#: companies side by side; on PostgreSQL a trial is mostly waiting for the end of the dead process's lease
LANES: Final = {Kind.SQLITE: 3, Kind.POSTGRESQL: 5}
#: seconds; the process dies at most so long after a call has arrived
AFTERWARDS: Final = 0.05
REPLICAS: Final = 3
#: how many press Approve while the replicas work, with each kill
LOAD: Final = 6
COMPANIES: Final = 4
#: seconds; who has no task by then gets none
SHARED_OUT_WITHIN: Final = 3.0
#: how long after the end of a lease somebody has to have taken the task over; a busy machine needs some of it itself
TAKEN_OVER_WITHIN: Final = timedelta(seconds=15)


class Calls:
    """Those that Usher makes to Slack and ChatGPT, counted from `count` on."""

    def __init__(self, harbour: Harbour) -> None:
        self._left = 0
        self.made = 0
        self._reached = asyncio.Event()
        for world in (harbour.slack, harbour.chatgpt):
            world.before_effect.append(self._hear)

    def count(self, until: int) -> asyncio.Event:
        """What is set when so many have been made; at once for none."""
        self.made, self._left, self._reached = 0, until, asyncio.Event()
        if until == 0:
            self._reached.set()
        return self._reached

    async def _hear(self, _call: SlackCall | ChatGPTCall) -> None:
        self.made += 1
        if self.made == self._left:
            self._reached.set()


async def kill(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Several companies side by side, in each of them one trial after the other."""
    seed = random.randrange(2**32)
    lanes = min(LANES[kind], times)
    shares = [times // lanes + (lane < times % lanes) for lane in range(lanes)]
    deaths = await asyncio.gather(
        *(_kills(ground, kind, share, count, random.Random(f"{seed} {lane}")) for lane, share in enumerate(shares))
    )
    during = sum(map(sum, deaths))
    return (
        "seats, invites and cards after a `kill -9` up to 50 ms after a call chosen at random, and a start "
        f"(seed {seed}; {during} died before the press was answered)"
    )


async def _kills(ground: Ground, kind: Kind, times: int, count: Count, chance: random.Random) -> list[bool]:
    """Returns for each death whether the press was still unanswered."""
    unanswered: list[bool] = []
    async with ground.harbour(kind) as harbour:
        crew = iter([harbour.hire(number) for number in range(3 * times + 5)])
        calls = Calls(harbour)
        await harbour.start()
        longest = await _calls_on_the_way(harbour, next(crew), calls)
        while len(unanswered) < times:
            employee, at, moment = next(crew), chance.randrange(longest), chance.uniform(0, AFTERWARDS)
            dead = await _give(harbour, employee, calls, at, moment)
            if dead is None:
                continue  # it was active before that call: no trial
            unanswered.append(dead)
            with count.trial(f"{employee.who.name}, killed {moment * 1000:.0f} ms after call {at}"):
                await harbour.until(lambda employee=employee: is_active(employee))  # type: ignore[misc]
                await harbour.at_rest()
                demand_one_of_everything(harbour, employee, "killed")
        grants = Counter(grant.beneficiary_id for grant in await harbour.grants())
        assert set(grants.values()) == {1}, "somebody has two grants"
        await harbour.demand_whole_ledger()
    return unanswered


async def _calls_on_the_way(harbour: Harbour, employee: Employee, calls: Calls) -> int:
    """How many calls a seat takes from Approve to Active, when nobody dies."""
    card = await harbour.ask(employee)
    await harbour.at_rest()
    calls.count(-1)
    await employee.manager.press("Approve", in_=card)
    await harbour.accept(employee)
    await harbour.until(lambda: is_active(employee))
    return calls.made


async def _give(harbour: Harbour, employee: Employee, calls: Calls, at: int, moment: float) -> bool | None:
    """From the request to the start after the murder. Returns whether the press was unanswered; None without murder."""
    card = await harbour.ask(employee)
    await harbour.at_rest()
    reached = calls.count(at)
    async with asyncio.TaskGroup() as meanwhile:
        accepting = meanwhile.create_task(harbour.accept(employee))
        press = meanwhile.create_task(employee.manager.press("Approve", in_=card))
        await harbour.until(lambda: reached.is_set() or is_active(employee))
        await asyncio.sleep(moment)
        if is_active(employee):
            return None
        await harbour.kill()
        unanswered = bool((await press).error)
        await harbour.start()
        if unanswered:  # whoever sees an error presses again, if the button is still there
            await harbour.at_rest()
            with suppress(LookupError):
                await employee.manager.press("Approve", in_=card)
        await accepting
    return unanswered


#: tasks as (id, who runs it, attempt), with the end of the lease
Held = dict[tuple[int, str | None, int], datetime]


@dataclass(slots=True)
class Takeovers:
    """The tasks that dead replicas held, and how long others waited for them."""

    tasks: int = 0
    longest: timedelta = timedelta()


async def replica(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Several companies with three replicas each."""
    seed = random.randrange(2**32)
    companies = min(COMPANIES, times)
    shares = [times // companies + (number < times % companies) for number in range(companies)]
    seen = Takeovers()
    await asyncio.gather(
        *(_replicas(ground, kind, share, count, random.Random(f"{seed} {n}"), seen) for n, share in enumerate(shares))
    )
    return (
        f"kills of one of {REPLICAS} replicas while {LOAD} approvals arrive (seed {seed}): all {LOAD} seats, invites "
        f"and cards each time. The dead held {seen.tasks} tasks; the last was taken over "
        f"{seen.longest.total_seconds():.0f} s after the kill, with a lease of {LEASE.total_seconds():.0f} s"
    )


async def _replicas(
    ground: Ground, kind: Kind, times: int, count: Count, chance: random.Random, seen: Takeovers
) -> None:
    async with ground.harbour(kind) as harbour:
        groups = [[harbour.hire(LOAD * number + n) for n in range(LOAD)] for number in range(times)]
        ushers = [harbour.usher, *(harbour.another_usher() for _ in range(REPLICAS - 1))]
        try:
            await harbour.start()
            await asyncio.gather(*(usher.start() for usher in ushers[1:]))
            for number, group in enumerate(groups):
                with count.trial(f"kill {number + 1}"):
                    await _kill_one(harbour, ushers, group, chance, seen)
                for usher in ushers:
                    if not usher.is_running:
                        await usher.start()
        finally:
            await asyncio.gather(*(usher.kill() for usher in ushers if usher.is_running))
        await harbour.demand_whole_ledger()


async def _kill_one(
    harbour: Harbour, ushers: Sequence[UsherProcess], group: Sequence[Employee], chance: random.Random, seen: Takeovers
) -> None:
    """Everybody's approver presses, and while the replicas work on it one of them dies."""
    harbour.slack.app.request_url = f"{next(one.url for one in ushers if one.is_running)}/slack/events"
    for employee in group:
        await harbour.submit(employee.who)
    cards = [await harbour.card(employee.manager, employee.who) for employee in group]
    await harbour.at_rest()
    doomed = chance.choice(ushers)
    alive = [usher for usher in ushers if usher is not doomed]
    async with asyncio.TaskGroup() as meanwhile:
        accepting = [meanwhile.create_task(harbour.accept(employee)) for employee in group]
        presses = [
            meanwhile.create_task(harbour.press_at(ushers[number % REPLICAS].url, employee.manager, "Approve", card))
            for number, (employee, card) in enumerate(zip(group, cards, strict=True))
        ]
        async with _held_up(harbour):
            await _until_all_hold_something(harbour)
        await asyncio.sleep(chance.uniform(0, AFTERWARDS))
        await doomed.kill()
        killed_at, held = datetime.now(UTC), await _held(harbour)
        for employee, card, press in zip(group, cards, presses, strict=True):
            if (await press).error and "Approve" in card.buttons:
                await harbour.press_at(chance.choice(alive).url, employee.manager, "Approve", card)
        await _demand_takeover(harbour, killed_at, held, seen)
        await asyncio.gather(*accepting)
    harbour.slack.app.request_url = f"{alive[0].url}/slack/events"
    for employee in group:
        await harbour.until(lambda employee=employee: is_active(employee))  # type: ignore[misc]
    await harbour.at_rest()
    for employee in group:
        demand_one_of_everything(harbour, employee, employee.who.name)


@asynccontextmanager
async def _held_up(harbour: Harbour) -> AsyncIterator[None]:
    """ChatGPT lets every call wait until the block ends."""
    go_on = asyncio.Event()

    async def wait(_call: ChatGPTCall) -> None:
        await go_on.wait()

    harbour.chatgpt.before_effect.append(wait)
    try:
        yield
    finally:
        harbour.chatgpt.before_effect.remove(wait)
        go_on.set()


async def _until_all_hold_something(harbour: Harbour) -> None:
    """Every replica runs a task; or they have shared the work out in another way, and nothing more comes."""

    async def all_hold_something() -> bool:
        return len({owner for _, owner, _ in await _held(harbour)}) == REPLICAS

    with suppress(AssertionError):
        await eventually(all_hold_something, within=SHARED_OUT_WITHIN)


async def _held(harbour: Harbour) -> Held:
    """The tasks that somebody runs."""
    async with harbour.reading() as session:
        tasks: Iterable[Task] = await session.scalars(sa.select(Task).where(Task.owner.is_not(None)))
        return {(task.id, task.owner, task.attempt): task.run_at for task in tasks}


async def _demand_takeover(harbour: Harbour, killed_at: datetime, waiting: Held, seen: Takeovers) -> None:
    """What the dead replica held is run by another soon after its lease; the living renew theirs, or are done."""
    assert max(waiting.values(), default=killed_at) <= datetime.now(UTC) + LEASE, "a lease is longer than promised"

    async def taken_over() -> bool:
        now, held = datetime.now(UTC), await _held(harbour)
        for task, lease_ends in list(waiting.items()):
            if held.get(task) == lease_ends:
                assert now < lease_ends + TAKEN_OVER_WITHIN, f"nobody took over {task}"
                continue
            del waiting[task]
            if now >= lease_ends:
                seen.tasks += 1
                seen.longest = max(seen.longest, now - killed_at)
        return not waiting

    await eventually(taken_over)


KILL = Trial(
    name="kill",
    words="`kill -9` at a random moment between Approve and Active",
    must="accounts right, 0 double invites, cards right",
    times=100,
    run=kill,
)
REPLICA = Trial(
    name="replica",
    words="`kill -9` of one of three replicas under load",
    must="0 lost, 0 doubled, lease taken over within its time",
    times=20,
    run=replica,
    kinds=(Kind.POSTGRESQL,),
)
