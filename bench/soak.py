"""`python -m bench.soak`: half an hour of a company of 5,000, and whether the process stays as it was.

Everybody comes at a time of their own, looks at their Home tab and types the command. Two of five go on: they send the
form, are approved by their manager (or change their mind), join, and give the seat back, or lose it when its time is
over. Meanwhile people ask Usher things from ChatGPT. What is seen of the process is written down every few seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from bench import crew
from bench.chatgpt_app import ERAS, Caller
from bench.page import Table, show, write
from bench.picture import Panel, picture
from bench.process import process
from bench.stored import hire
from bench.usher import Running, usher
from bench.wire import Wire
from bot.cards import actions
from bot.chatgpt_app.connections import open_connection
from sandbox import company
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database

PEOPLE: Final = 5_000
#: who uses ChatGPT's window besides, and the seconds between two calls of theirs
TALKERS, TALK_EVERY = 50, 1.0
#: the seat's time, and how long people take to accept an invite
DURATION, ACCEPTED_AFTER = "5m", 4
#: how many ask; of those, how many change their mind; and of those who have a seat, how many give it back
ASK, CANCELLED, RELEASED = 0.4, 0.1, 0.3
#: seconds between two looks at the process
LOOK_EVERY: Final = 5.0
#: minutes after its start in which a process still grows into its work
WARM_UP: Final = 5.0
PUBLIC: Final = "https://usher.example"

CATALOG: Final = f"""
policies:
  default: {{approve: [{{manager: any}}], fallback: [app_admins]}}
applications:
  - key: chatgpt
    name: ChatGPT
    description: Chat, data analysis and the Codex agent
    tags: [ai]
    admins: [noor@harbour.example]
    roles: [member]
    seat_types: [codex]
    durations: [{DURATION}]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      integration_email: {company.CHATGPT_INTEGRATION_EMAIL}
      secret: chatgpt-session
      base_url: """

TITLE: Final = f"{{minutes:.0f}} minutes of {PEOPLE:,} people: {{requests:,}} requests, {{calls:,}} calls from ChatGPT"
COLUMNS: Final = ("what", f"after {WARM_UP:.0f} minutes", "at the end", "at the most")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of the process at one moment."""

    minute: float
    megabytes: float  # of memory
    files: float  # open
    lag: float  # seconds that the task which is due longest has waited
    stored: float  # megabytes of the database


@dataclass
class Soak:
    """What came of it."""

    minutes: float
    looks: list[Look] = field(default_factory=list)
    took: list[float] = field(default_factory=list)  # seconds of each answer to Slack
    calls: int = 0  # from ChatGPT
    requests: int = 0

    def at(self, first: float, last: float) -> list[Look]:
        """What was seen between these minutes."""
        return [look for look in self.looks if first <= look.minute <= last]


# -- the company -------------------------------------------------------------------------------------------------------
async def soak(minutes: float, people: int, seed: int, tell: Console) -> Soak:
    """Runs it."""
    chance = random.Random(seed)
    found = Soak(minutes)
    with tempfile.TemporaryDirectory(prefix="usher-soak-") as name:
        directory = Path(name)
        tokens = await _company(f"sqlite+aiosqlite:///{directory}/usher.db")
        settings = {
            "SLACK_MANAGER_FIELD": "Nobody",
            "USHER_PUBLIC_URL": PUBLIC,
            "SLACK_SIGNIN_CLIENT_ID": "1.2",
            "SLACK_SIGNIN_CLIENT_SECRET": "client-secret",
        }
        async with (
            process("bench.light", str(PEOPLE), str(ACCEPTED_AFTER)) as light,
            usher(f"{light}/api/", directory, catalog=CATALOG + light, **settings) as running,
        ):
            began = time.monotonic()
            watching = asyncio.create_task(_watch(running, directory, found, began, tell))
            talking = asyncio.create_task(_talk(running, tokens, found))
            # nobody asks so late that their story would have no end
            last = max(minutes * 60 - 90, 1)
            town = Town(Wire(running.url), directory / "usher.db", chance, found)
            await asyncio.gather(*(town.story(who, chance.random() * last) for who in range(people)))
            await asyncio.sleep(max(began + minutes * 60 - time.monotonic(), 0))
            for task in (watching, talking):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        found.requests = _count(directory / "usher.db", "SELECT count(*) FROM access_requests")
    return found


async def _company(url: str) -> list[str]:
    await migrate.upgrade(url)
    await asyncio.to_thread(hire, url, PEOPLE)
    database = await Database.open(url, clock=SystemClock())
    try:
        opened = [
            await database.write(
                open_connection,
                person_id=crew.person_id(number),
                client_id=f"https://chatgpt.com/oauth/{number}/client.json",
                client_name="ChatGPT",
                resource=f"{PUBLIC}/mcp",
            )
            for number in range(TALKERS)
        ]
    finally:
        await database.close()
    return [tokens.access for _, tokens in opened]


@dataclass
class Town:
    """Everybody's day."""

    wire: Wire
    database: Path
    chance: random.Random
    found: Soak

    async def story(self, who: int, begins_after: float) -> None:
        """One person's, from a look to a seat that is given back, or left to its end."""
        await asyncio.sleep(begins_after)
        await self._sent(self.wire.event(crew.home_opened(who, f"Ev{who}")))
        await self._sent(self.wire.command(crew.command(who, f"T{who}")))
        if self.chance.random() > ASK:
            return
        await self._pause(2, 20)
        await self._sent(self.wire.post(crew.submission(who, duration=DURATION)))
        await self._pause(2, 30)
        request = _request_of(self.database, who)
        if self.chance.random() < CANCELLED:
            await self._sent(self.wire.post(crew.press(who, actions.CANCEL, request)))
            return
        await self._sent(self.wire.post(crew.approval((who + 1) % PEOPLE, request)))
        if self.chance.random() < RELEASED:
            await self._pause(20, 40)
            await self._sent(self.wire.post(crew.press(who, actions.RELEASE, request)))

    async def _pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self.chance.uniform(least, most))

    async def _sent(self, posting: object) -> None:
        took = await posting  # type: ignore[misc]
        self.found.took.append(took[1] if isinstance(took, tuple) else took)


async def _talk(running: Running, tokens: Sequence[str], found: Soak) -> None:
    """People ask Usher things from ChatGPT, one after the other, in both eras of the protocol."""
    callers = [Caller(running.url, era) for era in ERAS]
    while True:
        caller = callers[found.calls % len(callers)]
        await caller.call(tokens[found.calls % len(tokens)], "what helps with writing?")
        found.calls += 1
        await asyncio.sleep(TALK_EVERY)


# -- looking -----------------------------------------------------------------------------------------------------------
async def _watch(running: Running, directory: Path, found: Soak, began: float, tell: Console) -> None:
    async with httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=60) as http:
        while True:
            page = (await http.get("/metrics")).text
            seen = {
                sample.name: sample.value
                for family in text_string_to_metric_families(page)
                for sample in family.samples
                if not sample.labels
            }
            size = await asyncio.to_thread(_size, directory)
            look = Look(
                minute=(time.monotonic() - began) / 60,
                megabytes=seen["process_resident_memory_bytes"] / 1e6,
                files=seen["process_open_fds"],
                lag=seen["usher_task_lag_seconds"],
                stored=size / 1e6,
            )
            found.looks.append(look)
            if len(found.looks) % 12 == 1:
                tell.print(
                    f"minute {look.minute:4.1f}: {look.megabytes:.0f} MB, {look.files:.0f} files open", style="dim"
                )
            await asyncio.sleep(LOOK_EVERY)


def _size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("usher.db*"))


def _request_of(database: Path, who: int) -> str:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as db:
        wanted = "SELECT id FROM access_requests WHERE requester_id = ? ORDER BY created_at DESC"
        return str(db.execute(wanted, (crew.person_id(who),)).fetchone()[0])


def _count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database, timeout=60)) as db:
        return int(db.execute(query).fetchone()[0])


# -- telling -----------------------------------------------------------------------------------------------------------
def table(found: Soak) -> Table:
    """What was the same at the end as after the warm-up, and what was not."""
    early, late = found.at(WARM_UP, WARM_UP + 5), found.at(found.minutes - 5, found.minutes + 1)

    def row(words: str, name: str, form: str) -> tuple[str, ...]:
        def middle(looks: list[Look]) -> str:
            return format(statistics.median(getattr(look, name) for look in looks or found.looks), form)

        return words, middle(early), middle(late), format(max(getattr(look, name) for look in found.looks), form)

    took = sorted(found.took)
    median, worst = statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000
    rows = [
        row("memory (MB)", "megabytes", ".0f"),
        row("open files", "files", ".0f"),
        row("seconds that a task waits", "lag", ".2f"),
        row("database (MB)", "stored", ".0f"),
        (
            "answers to Slack (ms): median / 99th percentile",
            "",
            f"{median:.0f} / {worst:.0f}",
            f"{took[-1] * 1000:.0f}",
        ),
    ]
    title = TITLE.format(minutes=found.minutes, requests=found.requests, calls=found.calls)
    return Table(name="soak", title=title, columns=COLUMNS, rows=rows)


def drawn(found: Soak) -> str:
    """The same as a picture (SVG)."""
    minutes = [look.minute for look in found.looks]
    return picture(
        [
            Panel("Memory (MB)", minutes, [look.megabytes for look in found.looks]),
            Panel("Open files", minutes, [look.files for look in found.looks]),
            Panel("Task lag (seconds)", minutes, [look.lag for look in found.looks]),
            Panel("Database (MB)", minutes, [look.stored for look in found.looks]),
        ],
        along="min",
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many of them ask for something")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into its place on this page")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw what was seen, as SVG")
    chosen = parser.parse_args()
    console = Console()
    found = asyncio.run(soak(chosen.minutes, chosen.people, chosen.seed, console))
    show(console, table(found))
    if chosen.write:
        write(chosen.write, table(found))
    if chosen.picture:
        chosen.picture.write_text(drawn(found), encoding="utf-8")


if __name__ == "__main__":
    main()
