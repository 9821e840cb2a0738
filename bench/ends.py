"""A thousand grants that end in the same minute: how many calls it takes, and for how long.

Twice: with the Admin API's limit of calls a minute, in a hurried time (`bench.hurry`), and without any limit, in the
machine's own, beside plain loops that make the same calls of the same sandbox.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.hurry import HurriedClock
from bench.page import Table
from bench.stored import POLICY, Living, give
from bench.usher import USHER_RUN, usher
from bot.connectors.http import new_http_client
from sandbox import company
from sandbox.chatgpt import Call
from sandbox.chatgpt.admin_keys import Limiter
from sandbox.chatgpt.roster import Member
from sandbox.chatgpt.workspace import user_id
from sandbox.clock import SandboxClock
from sandbox.server import Sandbox

GRANTS: Final = 1000
ANSWERS_AFTER: Final = 50  # milliseconds
LIMIT: Final = 100  # calls of each route a minute
TIMES: Final = 8.0  # as fast as the machine's clock passes the time of what is limited
AT_ONCE: Final = 8
ROUNDS: Final = 3
PATIENCE: Final = 300.0  # seconds of the machine

ADMIN_API: Final = f"""type: chatgpt
      transport: admin_api
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      secret: chatgpt-key
      base_url: """
WEB_ADMIN: Final = f"""type: chatgpt
      transport: web_admin
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      integration_email: {company.CHATGPT_INTEGRATION_EMAIL}
      secret: chatgpt-session
      base_url: """
CATALOG: Final = f"""
policies:
  default: {json.dumps(POLICY)}
applications:
  - key: chatgpt
    name: ChatGPT
    admins: [noor@harbour.example]
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    durations: [7d]
    connector:
      CONNECTOR
"""


@dataclass(frozen=True, kw_only=True)
class Limited:
    """What came of the ends under the limit."""

    calls: int
    refused: int
    removals: int
    wasted: int  # removals that removed nobody
    minutes: float  # of the hurried time, from the first end to the last removal
    routes: Counter[str]

    @property
    def per_removal(self) -> float:
        return self.calls / self.removals


@dataclass(frozen=True, kw_only=True)
class Free:
    """Removals a second without a limit, and the plain loops' in the same run."""

    usher: float
    floor: float
    per_removal: float

    @property
    def ratio(self) -> float:
        return self.usher / self.floor


async def limited() -> Limited:
    """The Admin API, of which each route answers a hundred calls a minute."""
    clock = HurriedClock(times=TIMES, origin=time.time())
    command = ("bench.hurry", str(TIMES), str(clock.origin))
    async with _company(ADMIN_API + "URL/v1", clock=clock, command=command) as (sandbox, database):
        sandbox.chatgpt.profile = replace(sandbox.chatgpt.profile, plan_type="enterprise")
        sandbox.chatgpt.limiter = Limiter(limit=LIMIT)
        ends_at = clock.now() + timedelta(seconds=15)
        calls = await _let_end(sandbox, database, ends_at=ends_at, within=timedelta(minutes=1))
    removals = [call for call in calls if call.method == "DELETE"]
    return Limited(
        calls=len(calls),
        refused=sum(call.status == 429 for call in calls),
        removals=sum("was removed" in call.what for call in removals),
        wasted=sum("was removed" not in call.what for call in removals),
        minutes=(max(call.at for call in removals) - ends_at) / timedelta(minutes=1),
        routes=_routes(calls),
    )


async def free() -> Free:
    """The workspace settings' own calls, of which nobody knows a limit, eight accounts at a time."""
    async with _company(WEB_ADMIN + "URL", clock=SandboxClock(), command=USHER_RUN) as (sandbox, database):
        ends_at = datetime.now(UTC) + timedelta(seconds=3)
        calls = await _let_end(sandbox, database, ends_at=ends_at, within=timedelta())
        removed = [call for call in calls if "was removed" in call.what]
        took = max(call.finished or 0 for call in removed) - min(call.started for call in calls)
        _members(sandbox)
        floor = await _plain_loops(sandbox, calls[-1])
    return Free(usher=len(removed) / took, floor=floor, per_removal=len(calls) / len(removed))


async def _plain_loops(sandbox: Sandbox, example: Call) -> float:
    """Removals a second of eight loops with the HTTP client alone: each looks into both lists, removes, looks again."""
    headers = {"Authorization": example.headers["authorization"], "Chatgpt-Account-Id": company.CHATGPT_WORKSPACE_ID}
    account = f"{sandbox.chatgpt_url}/backend-api/accounts/{company.CHATGPT_WORKSPACE_ID}"
    left = iter(range(GRANTS))
    async with new_http_client(trust_env=False) as http:

        async def call(method: str, path: str, **params: str) -> None:
            answer = await http.request(method, f"{account}/{path}", params=params, headers=headers, timeout=60)
            answer.raise_for_status()

        async def look(email: str) -> None:
            lists = ("users", "invites")
            await asyncio.gather(*(call("GET", name, offset="0", limit="100", query=email) for name in lists))

        async def loop() -> None:
            for number in left:
                await look(_email(number))
                await call("DELETE", f"users/{user_id(_email(number))}")
                await look(_email(number))

        began = time.monotonic()
        await asyncio.gather(*(loop() for _ in range(AT_ONCE)))
        return GRANTS / (time.monotonic() - began)


TITLE: Final = f"{GRANTS:,} grants that end in the same minute; ChatGPT answers after {ANSWERS_AFTER} ms"
COLUMNS: Final = ("what", "Usher", "least or floor", "ratio", "wanted")


async def tables() -> list[Table]:
    """Both runs, as a table; the one without a limit is the middle one of several, each beside its own floor."""
    limit = await limited()
    frees = sorted([await free() for _ in range(ROUNDS)], key=lambda each: each.ratio)
    return [Table(name="ends", title=TITLE, columns=COLUMNS, rows=_rows(limit, frees[ROUNDS // 2]))]


def _rows(limit: Limited, free: Free) -> list[tuple[str, ...]]:
    least = GRANTS / LIMIT - 1  # the first hundred go out at once
    no_limit = f"no limit, {AT_ONCE} at a time: removals a second"
    routes = ", ".join(f"{number:,} {route}" for route, number in limit.routes.most_common())
    return [
        (f"{LIMIT} calls a minute: calls over the limit", str(limit.refused), "0", "", "0"),
        (f"calls ({routes})", f"{limit.calls:,}", f"{GRANTS:,}", "", ""),
        ("removals that removed nobody", str(limit.wasted), "0", "", "0"),
        ("calls per removal", f"{limit.per_removal:.2f}", "1.00", f"{limit.per_removal:.2f}", ""),
        ("minutes until the last removal", f"{limit.minutes:.1f}", f"{least:.1f}", f"{limit.minutes / least:.2f}", ""),
        (no_limit, f"{free.usher:.1f}", f"{free.floor:.1f}", f"{free.ratio:.2f}", "≥ 0.8"),
        ("calls per removal", f"{free.per_removal:.2f}", "1.00", f"{free.per_removal:.2f}", ""),
    ]  # fmt: skip


# -- the company -------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def _company(
    connector: str, *, clock: HurriedClock | SandboxClock, command: Sequence[str]
) -> AsyncIterator[tuple[Sandbox, Path]]:
    """A thousand people in Slack and in ChatGPT, and an Usher that knows them."""
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        async with Sandbox.start() as sandbox:
            workspace = sandbox.chatgpt
            workspace.clock = clock
            times = clock.times if isinstance(clock, HurriedClock) else 1
            sandbox.slack.rate_limit.per_second *= times
            for number in range(GRANTS):
                sandbox.slack.state.add_user(
                    company.Person(id=_id(number), name=f"Person No{number:04}", email=_email(number), title="")
                )
            _members(sandbox)
            catalog = CATALOG.replace("CONNECTOR", connector.replace("URL", sandbox.chatgpt_url))
            # nobody is asked to approve anything, so nobody's manager has to be read
            settings = {"SLACK_MANAGER_FIELD": "Nobody"}
            async with usher(sandbox.slack_api_url, Path(name), catalog=catalog, command=command, **settings):
                workspace.faults.switch_on("slow", ms=round(ANSWERS_AFTER / times))
                yield sandbox, Path(name) / "usher.db"


def _members(sandbox: Sandbox) -> None:
    workspace = sandbox.chatgpt
    since = workspace.clock.now() - timedelta(days=1)
    people = [
        Member(user_id=user_id(_email(n)), email=_email(n), name=f"No{n}", role="standard-user", created_time=since)
        for n in range(GRANTS)
    ]
    members = {**workspace.roster.members, **{person.user_id: person for person in people}}
    workspace.roster = replace(workspace.roster, members=members)


async def _let_end(sandbox: Sandbox, database: Path, *, ends_at: datetime, within: timedelta) -> list[Call]:
    """Gives everybody a grant, waits until all are over, and returns the calls that this took."""
    sandbox.chatgpt.calls.clear()
    await asyncio.to_thread(_fill, database, [ends_at + within * n / GRANTS for n in range(GRANTS)])
    deadline = time.monotonic() + PATIENCE
    while await asyncio.to_thread(_living, database):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{_living(database)} of {GRANTS} grants are not over after {PATIENCE} seconds")
        await asyncio.sleep(0.5)
    return list(sandbox.chatgpt.calls)


def _living(database: Path) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as db:
        return int(db.execute("SELECT count(*) FROM grants WHERE state <> 'ended'").fetchone()[0])


def _fill(database: Path, ends: Sequence[datetime]) -> None:
    """A living grant for everybody."""
    grants = [
        Living(
            person=_id(number), email=_email(number), application="chatgpt", role="member", seat_type="chatgpt",
            provider_id=user_id(_email(number)), ends_at=ends_at,
        )
        for number, ends_at in enumerate(ends)
    ]  # fmt: skip
    give(f"sqlite:///{database}", grants)


def _id(number: int) -> str:
    return f"U0ENDS{number:04}"


def _email(number: int) -> str:
    return f"ends{number:04}@{company.DOMAIN}"


def _routes(calls: Sequence[Call]) -> Counter[str]:
    def route(call: Call) -> str:
        name, one = next((part, call.path.endswith(part)) for part in ("users", "invites", "") if part in call.path)
        return f"{call.method} {name}{'' if one else '/…'}"

    return Counter(map(route, calls))
