"""How long a start takes, and how much memory an idle process has, with no living grant and with 100,000."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from bench.crew import email_of, person_id
from bench.page import Table
from bench.process import process
from bench.stored import Living, give, hire
from bench.usher import Running, usher
from storage import migrate

PEOPLE: Final = 5_000
APPLICATIONS: Final = 20
LIVING: Final = (0, 10_000, 100_000)
STARTS: Final = 5
#: seconds of the machine without work before a process counts as idle, and for how long that is waited for
QUIET, PATIENCE = 3.0, 120.0
#: seconds later than without any grant; MiB at rest; MiB more for each 10,000 living grants
LATER, AT_REST, EACH = 2.0, 120, 1.0

TITLE: Final = f"A start, and the process at rest: {PEOPLE:,} people, {APPLICATIONS} applications"
COLUMNS: Final = (
    "living grants",
    "ready after",
    "beside none",
    "wanted",
    "memory at rest",
    "for each 10,000",
    "wanted",
)

CATALOG: Final = """
policies:
  default: {approve: [{manager: any}], fallback: [app_admins]}
applications:
""" + "".join(
    f"  - {{key: app{number}, name: Application {number}, admins: [noor@harbour.example], "
    "durations: [90d], connector: {type: manual}}\n"
    for number in range(APPLICATIONS)
)


@dataclass(frozen=True, slots=True)
class Start:
    """What was seen of one."""

    seconds: float
    memory: float  # MiB


async def measure() -> dict[int, list[Start]]:
    """Starts with each of these companies in turns, so that all see the same machine."""
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        directories = {living: Path(name) / str(living) for living in LIVING}
        for living, directory in directories.items():
            directory.mkdir()
            await asyncio.to_thread(_company, directory / "usher.db", living)
        found: dict[int, list[Start]] = {living: [] for living in LIVING}
        async with process("bench.light", str(PEOPLE)) as light:
            for number in range(STARTS + 1):
                for living, directory in directories.items():
                    start = await _start(f"{light}/api/", directory)
                    if number:  # the first one writes its catalogue
                        found[living].append(start)
    return found


async def _start(slack_api_url: str, directory: Path) -> Start:
    began = time.monotonic()
    async with (
        usher(slack_api_url, directory, catalog=CATALOG, SLACK_MANAGER_FIELD="Nobody") as running,
        httpx.AsyncClient(base_url=running.url, trust_env=False) as http,
    ):
        await _ready(http)
        seconds = time.monotonic() - began
        await _at_rest(running)
        return Start(seconds, _resident(running))


async def _ready(http: httpx.AsyncClient) -> None:
    for _ in range(1000):
        if (await http.get("/readyz")).status_code == 200:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("Usher does not get ready")


async def _at_rest(running: Running) -> None:
    """Waits until the process has done next to nothing for a while."""
    deadline = time.monotonic() + PATIENCE
    before = -1.0
    while time.monotonic() < deadline:
        used = _processor_seconds(running)
        if used - before < 0.03 * QUIET:
            return
        before = used
        await asyncio.sleep(QUIET)
    raise TimeoutError(f"Usher is not at rest {PATIENCE:.0f} seconds after its start")


def _processor_seconds(running: Running) -> float:
    fields = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _resident(running: Running) -> float:
    """MiB of memory that the process has."""
    lines = Path(f"/proc/{running.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


# -- the company -------------------------------------------------------------------------------------------------------
def _company(file: Path, living: int) -> None:
    """People, and so many grants of theirs that end within the next three months."""
    url = f"sqlite:///{file}"
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    hire(url, PEOPLE)
    now = datetime.now(UTC)
    grants = [
        Living(
            person=person_id(number % PEOPLE), email=email_of(number % PEOPLE), application=f"app{number // PEOPLE}",
            role="", seat_type="", provider_id="", ends_at=now + timedelta(days=5 + 80 * number / living),
        )
        for number in range(living)
    ]  # fmt: skip
    give(url, grants)


# -- the table ---------------------------------------------------------------------------------------------------------
async def tables() -> list[Table]:
    """One run, as a table."""
    return [Table(name="startup", title=TITLE, columns=COLUMNS, rows=rows(await measure()))]


def rows(found: dict[int, list[Start]]) -> list[tuple[str, ...]]:
    """By `COLUMNS`."""
    medians = {
        living: Start(statistics.median(s.seconds for s in starts), statistics.median(s.memory for s in starts))
        for living, starts in found.items()
    }
    none = medians[0]
    table: list[tuple[str, ...]] = [
        ("none", f"{none.seconds:.2f} s", "", "", f"{none.memory:.0f} MiB", "", f"≤ {AT_REST} MiB")
    ]
    for living, start in list(medians.items())[1:]:
        more = (start.memory - none.memory) / (living / 10_000)
        table.append(
            (
                f"{living:,}", f"{start.seconds:.2f} s", f"{start.seconds - none.seconds:+.2f} s", f"≤ +{LATER:.0f} s",
                f"{start.memory:.0f} MiB", f"{more:+.1f} MiB", f"≤ +{EACH:.0f} MiB",
            )
        )  # fmt: skip
    return table
