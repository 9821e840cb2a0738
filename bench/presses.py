"""From a press to its answer, and on to ChatGPT: one at a time, 32 and 128 at once, beside the floor.

Usher and the floor take turns, so that both see the same machine. What a round leaves to be done is waited for before
anybody else begins; whoever is invited accepts at once, or Usher would look at their invites all through what follows.
All of it is done several times, with new processes and databases, and counted together: a machine is slower in one
minute than in the next.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import httpx

from bench import crew
from bench.page import Table
from bench.process import process
from bench.stored import as_stored, fill, hire
from bench.usher import demo_catalog, usher
from bench.wire import Wire

T = TypeVar("T")
Kind = Literal["command", "submit", "approve", "invite", "busy"]

RUNS: Final = 3
#: presses at once, and for each how many rounds of how many presses in a run
LEVELS: Final[Mapping[int, tuple[int, int]]] = {1: (12, 1), 32: (2, 128), 128: (3, 256)}
WARM_UP: Final = 5
#: how often each person types the command: a form leaves nothing to be done, so more of them cost little
TYPED: Final = 4
#: approvals a second that go on while the way of each to ChatGPT is measured, and how many there are
GOING_ON, APPROVALS = 100, 400
PEOPLE: Final = WARM_UP + APPROVALS + sum(rounds * size for rounds, size in LEVELS.values())

WORDS: Final[Mapping[Kind, str]] = {
    "command": "command to `views.open`",
    "submit": "submission to ack",
    "approve": "Approve to ack",
    "invite": "Approve to the invite's first byte",
    "busy": f"the same with {GOING_ON} approvals a second",
}
#: of the floor's median, and of its presses a second at the most at once
TIMES, SHARE = 1.5, 0.6
#: milliseconds more than the floor, of the median and of the 99th percentile
MORE, MORE_AT_MOST = 10, 50

TITLE: Final = "From a press to its answer; milliseconds: median / 99th percentile"
COLUMNS: Final = (
    "what",
    "at once",
    "Usher",
    "floor",
    "beside it",
    "wanted",
    "Usher a second",
    "floor",
    "share",
    "wanted",
)


@dataclass
class Series:
    """What was measured of one server: the seconds of each press, and the presses a second of each round."""

    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def worst(self) -> float:
        """The 99th percentile."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def add(self, other: Series) -> None:
        """Counts another run's, too."""
        self.seconds += other.seconds
        self.rates += other.rates


#: by what was pressed, and how many at once
Figures = dict[tuple[Kind, int], Series]


@dataclass(frozen=True, slots=True)
class Press:
    """One that was answered."""

    name: str  # by which Slack or ChatGPT hears of it: a trigger, an address
    sent: float  # monotonic seconds
    took: float


class Server:
    """Usher, or its floor: where things are posted, and what came of it."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.wire = Wire(url)
        self.figures: Figures = defaultdict(Series)

    def triggers(self, who: int) -> Sequence[str]:
        """Those of somebody's commands; the other server is not given them."""
        return [f"{self.name}.{who}.{number}" for number in range(TYPED)]

    async def presses(self, kind: Kind, level: int, payloads: Mapping[str, Any]) -> list[Press]:
        """Posts these, `level` at once, and notes how long each took and how many there were in a second."""
        left = iter(payloads.items())
        found: list[Press] = []

        async def worker() -> None:
            for name, payload in left:
                post = self.wire.command if kind == "command" else self.wire.post
                found.append(Press(name, *await post(payload)))

        began = time.monotonic()
        await asyncio.gather(*(worker() for _ in range(level)))
        self.figures[kind, level].rates.append(len(found) / (time.monotonic() - began))
        if kind != "command":  # which is over when Slack hears of the form, not with the answer
            self.figures[kind, level].seconds += [press.took for press in found]
        return found

    def note(self, kind: Kind, level: int, presses: Iterable[Press], heard: Mapping[str, float]) -> None:
        """Notes how long it was until each was heard of elsewhere."""
        self.figures[kind, level].seconds += [heard[press.name] - press.sent for press in presses]


@dataclass(kw_only=True)
class Stage:
    """Usher and its floor on databases of their own, and the Slack and the ChatGPT that both call."""

    usher: Server
    floor: Server
    light: str
    database: Path
    http: httpx.AsyncClient
    next_person: int = 0

    def in_turns(self, number: int) -> tuple[Server, ...]:
        """Both, each of them first every other time."""
        return (self.usher, self.floor) if number % 2 else (self.floor, self.usher)

    def people(self, count: int) -> range:
        """So many who have not asked for anything yet."""
        first, self.next_person = self.next_person, self.next_person + count
        return range(first, first + count)

    async def heard(self) -> Mapping[str, float]:
        """When Slack and ChatGPT heard of what (monotonic seconds)."""
        found: dict[str, float] = (await self.http.get(f"{self.light}/heard")).json()["heard"]
        return found

    async def rest(self) -> None:
        """Waits until nobody calls anybody any more, and no card is left to be shown: some wait for their turn."""
        before, quiet = -1, 0
        while quiet < 20:
            calls = (await self.http.get(f"{self.light}/calls")).json()["calls"]
            is_quiet = calls == before + 1 and not self._cards_to_come()  # the question is a call, too
            quiet = quiet + 1 if is_quiet else 0
            before = calls
            await asyncio.sleep(0.04)

    def _cards_to_come(self) -> int:
        """How many messages are to be written within two seconds."""
        soon = as_stored(datetime.now(UTC) + timedelta(seconds=2))
        with closing(self._look()) as db:
            query = "SELECT count(*) FROM tasks WHERE kind = 'cards' AND state = 'open' AND run_at < ?"
            return int(db.execute(query, (soon,)).fetchone()[0])

    def _look(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)

    def requests_of(self, people: range) -> Mapping[int, str]:
        """Their pending requests."""
        numbers = {crew.person_id(number): number for number in people}
        with closing(self._look()) as db:
            rows = db.execute("SELECT requester_id, id FROM access_requests WHERE state = 'pending'").fetchall()
        return {numbers[who]: id_ for who, id_ in rows if who in numbers}


async def measure() -> tuple[Figures, Figures]:
    """Usher's and the floor's, of all runs, each on an empty database."""
    ours: Figures = defaultdict(Series)
    theirs: Figures = defaultdict(Series)
    for number in range(RUNS):
        async with staged(0, PEOPLE) as stage:
            await warm_up(stage)
            for level, (rounds, size) in LEVELS.items():
                for turn in range(rounds):
                    await lifecycles(stage, level, size, stage.in_turns(turn))
            await going_on(stage, APPROVALS, stage.in_turns(number))
        for all_runs, server in ((ours, stage.usher), (theirs, stage.floor)):
            for key, series in server.figures.items():
                all_runs[key].add(series)
    return ours, theirs


@asynccontextmanager
async def staged(stored: int, people: int) -> AsyncIterator[Stage]:
    """Everything runs until the block ends, with so many requests and grants stored, for people who will ask."""
    people += 1  # the last one is managed by somebody, too
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        directory = Path(name)
        database = directory / "usher.db"
        await asyncio.to_thread(fill, database, stored)
        await asyncio.to_thread(hire, f"sqlite:///{database}", people)
        async with (
            process("bench.light", str(people), "0") as light,
            process("bench.floor", f"sqlite+aiosqlite:///{directory}/floor.db", f"{light}/api/", light) as floor,
            usher(f"{light}/api/", directory, catalog=demo_catalog(light), SLACK_MANAGER_FIELD="Nobody") as ours,
            httpx.AsyncClient(trust_env=False, timeout=60) as http,
        ):
            yield Stage(
                usher=Server("usher", ours.url),
                floor=Server("floor", floor),
                light=light,
                database=database,
                http=http,
            )


async def warm_up(stage: Stage) -> None:
    """What is done for the first time takes longer, and is not counted."""
    for number in range(WARM_UP):
        await lifecycles(stage, 1, 1, stage.in_turns(number))
    stage.usher.figures.clear()
    stage.floor.figures.clear()


async def lifecycles(stage: Stage, level: int, size: int, servers: Sequence[Server]) -> None:
    """So many people type the command, send the form and are approved, `level` of them at once: at each in turn."""
    people = stage.people(size)
    for server in servers:
        commands = {trigger: crew.command(who, trigger) for who in people for trigger in server.triggers(who)}
        typed = await server.presses("command", level, commands)
        server.note("command", level, typed, await stage.heard())
    for server in servers:
        await server.presses("submit", level, {_address(stage, server, who): crew.submission(who) for who in people})
        await stage.rest()
    requests = stage.requests_of(people)
    for server in servers:
        approvals = {_address(stage, server, who): crew.approval(who + 1, requests[who]) for who in people}
        pressed = await server.presses("approve", level, approvals)
        await stage.rest()
        if level == 1:
            await _invited(stage, server, people, pressed)


async def _invited(stage: Stage, server: Server, people: range, pressed: Sequence[Press]) -> None:
    """When ChatGPT heard of it. The floor calls it only for a button that says so."""
    if server is stage.floor:
        invites = {_address(stage, server, who): crew.press_to_invite(who) for who in people}
        pressed = [Press(name, *await server.wire.post(invite)) for name, invite in invites.items()]
        await stage.rest()
    server.note("invite", 1, pressed, await stage.heard())


async def going_on(stage: Stage, approvals: int, servers: Sequence[Server]) -> None:
    """Presses come at their time, whether those before them are answered or not."""
    people = stage.people(approvals)
    await asyncio.gather(*(stage.usher.wire.post(crew.submission(who)) for who in people))
    await stage.rest()
    requests = stage.requests_of(people)
    for server in servers:
        ours = server is stage.usher
        payloads = [crew.approval(who + 1, requests[who]) if ours else crew.press_to_invite(who) for who in people]
        began = time.monotonic()

        async def at_its_time(number: int, payload: Any, server: Server = server, began: float = began) -> Press:
            await asyncio.sleep(began + number / GOING_ON - time.monotonic())
            return Press(_address(stage, server, people[number]), *await server.wire.post(payload))

        pressed = await asyncio.gather(*(at_its_time(number, payload) for number, payload in enumerate(payloads)))
        await stage.rest()
        server.note("busy", GOING_ON, pressed, await stage.heard())


def _address(stage: Stage, server: Server, who: int) -> str:
    return crew.email_of(who) if server is stage.usher else crew.address_of_floor(who)


# -- tables ------------------------------------------------------------------------------------------------------------
async def tables() -> list[Table]:
    """All runs, as a table."""
    return [Table(name="presses", title=TITLE, columns=COLUMNS, rows=table(*await measure()))]


def table(usher_figures: Figures, floor_figures: Figures) -> list[tuple[str, ...]]:
    """By `COLUMNS`."""
    rows: list[tuple[str, ...]] = []
    for (kind, level), ours in in_order(usher_figures):
        theirs = floor_figures[kind, level]
        if kind in ("invite", "busy"):
            beside = f"+{(ours.median - theirs.median) * 1000:.1f} / +{(ours.worst - theirs.worst) * 1000:.1f} ms"
            wanted, rates = f"≤ +{MORE} / +{MORE_AT_MOST} ms", ("", "", "", "")
        else:
            beside, wanted = f"{ours.median / theirs.median:.2f}", f"≤ {TIMES}"
            share = f"≥ {SHARE}" if level == max(LEVELS) else ""
            rates = (f"{ours.rate:,.0f}", f"{theirs.rate:,.0f}", f"{ours.rate / theirs.rate:.2f}", share)
        at_once = "" if kind == "busy" else str(level)
        rows.append((WORDS[kind], at_once, _ms(ours), _ms(theirs), beside, wanted, *rates))
    return rows


def in_order(figures: Mapping[tuple[Kind, int], T]) -> list[tuple[tuple[Kind, int], T]]:
    """As the tables list them: what it is of, and at how many at once."""
    return sorted(figures.items(), key=lambda item: (list(WORDS).index(item[0][0]), item[0][1]))


def _ms(series: Series) -> str:
    return f"{series.median * 1000:.1f} / {series.worst * 1000:.1f}"
