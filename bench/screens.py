"""How long the biggest screens take in a big company: the form with 500 applications, a Home tab with 200 reports.

Two processes answer the same signed payloads with the same number of calls to Slack: Usher's own listeners and its Home
task, and a bare Bolt listener that sends a view that is ready, the very same one, and reads nothing.
`python -m bench.screens usher|floor DATABASE API VIEWS` is one of them.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bench.page import Table
from bench.process import process
from bench.wire import Wire
from bot import handlers
from bot.access import subjects
from bot.access.catalog_store import list_choices
from bot.access.queries import load_home
from bot.app import _loop_factory
from bot.cards.form import Draft, request_form
from bot.cards.home import home_view
from bot.engine.home import Homes
from bot.handlers.house import House
from bot.serving import listen, serving
from bot.web import web_app
from sandbox import company
from sandbox.server import Sandbox
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database
from storage.ids import new_id
from storage.task_queue import ClaimedTask

PEOPLE, APPLICATIONS, REPORTS = 10_000, 500, 200
MEASURED, WARM_UP = 60, 10
BOSS: Final = company.MAYA.id

COLUMNS = ("what", "Usher", "bare Bolt + the same view", "ratio of medians", "wanted")
TITLE = (
    f"Milliseconds with {PEOPLE:,} people and {APPLICATIONS} applications, each with one call to Slack in it: "
    "median / 99th percentile"
)


def fill(file: Path) -> None:
    """A big company: everybody of the boss's 200 reports has something, and wants something else."""
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    now = datetime.now(UTC)
    moment = now.strftime("%Y-%m-%d %H:%M:%S.%f")
    end = (now + timedelta(days=9)).strftime("%Y-%m-%d %H:%M:%S.%f")
    rules = {"approve": [{"manager": "any"}]}
    snapshot = json.dumps({"policy": rules, "owner": None, "admins": []})
    ids = [BOSS, *(f"U0BIG{number:05}" for number in range(PEOPLE - 1))]
    with sqlite3.connect(file) as db:
        db.execute("INSERT INTO policies (key, document) VALUES ('default', ?)", (json.dumps(rules),))
        db.executemany(
            "INSERT INTO applications (key, name, policy_key, document, position) VALUES (?, ?, 'default', ?, ?)",
            [(f"app-{n:03}", f"Application {n:03}", json.dumps(_application(n)), n) for n in range(APPLICATIONS)],
        )
        db.executemany(
            "INSERT INTO people (id, email, name, title, timezone, is_bot, is_guest, active, manager_from_slack, "
            "updated_at) VALUES (?, ?, ?, '', 'UTC', 0, 0, 1, ?, ?)",
            [
                (id_, f"{id_.lower()}@{company.DOMAIN}", f"Person {n}", BOSS if 1 <= n <= REPORTS else None, moment)
                for n, id_ in enumerate(ids)
            ],
        )
        for number, id_ in enumerate(ids[1 : REPORTS + 1]):
            given, wanted = new_id(), new_id()
            for request, app, state in ((given, number, "approved"), (wanted, number + 1, "pending")):
                db.execute(
                    "INSERT INTO access_requests (id, requester_id, beneficiary_id, application, role, seat_type, "
                    "duration_seconds, reason, channel, state, stage, rules, created_at, expires_at) "
                    "VALUES (?, ?, ?, ?, '', '', 864000, 'to work', 'slack', ?, 0, ?, ?, ?)",
                    (request, id_, id_, f"app-{app:03}", state, snapshot, moment, end),
                )
            db.execute(
                "INSERT INTO approvals (request_id, stage, approver_id, why, asked_at) VALUES (?, 0, ?, 'manager', ?)",
                (wanted, BOSS, moment),
            )
            db.execute(
                "INSERT INTO grants (id, request_id, beneficiary_id, application, role, seat_type, duration_seconds, "
                "state, created_at, starts_at, ends_at, active_at) "
                "VALUES (?, ?, ?, ?, '', '', 864000, 'active', ?, ?, ?, ?)",
                (new_id(), given, id_, f"app-{number:03}", moment, moment, end, moment),
            )


def _application(number: int) -> dict[str, Any]:
    return {
        "key": f"app-{number:03}",
        "name": f"Application {number:03}",
        "description": "What it is for, in a few words",
        "durations": ["30d"],
        "owner": f"u0big{number:05}@{company.DOMAIN}",
        "connector": {"type": "manual"},
    }


async def tables() -> list[Table]:
    """One run, as a table."""
    return [Table(name="screens", title=TITLE, columns=COLUMNS, rows=await measure())]


async def measure() -> list[Sequence[str]]:
    """The rows of the table: Usher and its floor in turns, press by press."""
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        file = Path(name) / "usher.db"
        await asyncio.to_thread(fill, file)
        url, views = f"sqlite+aiosqlite:///{file}", Path(name) / "views.json"
        await asyncio.to_thread(views.write_text, await _views(url), encoding="utf-8")
        async with (
            Sandbox.start() as sandbox,
            process("bench.screens", "usher", url, sandbox.slack_api_url, str(views)) as ours,
            process("bench.screens", "floor", url, sandbox.slack_api_url, str(views)) as bare,
        ):
            sandbox.slack.rate_limit.per_second = 10_000
            wires = (Wire(ours), Wire(bare))
            form: tuple[list[float], list[float]] = ([], [])
            home: tuple[list[float], list[float]] = ([], [])
            for number in range(WARM_UP + MEASURED):
                for position, wire in enumerate(wires):
                    _, opened = await wire.command(_command(sandbox.slack.views.new_trigger(BOSS)))
                    published = await wire.event(_home_opened(number))
                    if number >= WARM_UP:
                        form[position].append(opened)
                        home[position].append(published)
    return [
        _row(f"opening the form with {APPLICATIONS} applications", *form),
        _row(f"publishing the Home tab of a manager with {REPORTS} reports", *home),
    ]


def _row(what: str, ours: list[float], floor: list[float]) -> Sequence[str]:
    ratio = statistics.median(ours) / statistics.median(floor)
    return (what, _ms(ours), _ms(floor), f"{ratio:.2f}", "≤ 3,000 ms")


def _ms(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.1f} / {ordered[int(len(ordered) * 0.99)] * 1000:.1f}"


def _command(trigger_id: str) -> dict[str, str]:
    return {
        "command": "/request-access",
        "text": "",
        "user_id": BOSS,
        "team_id": company.TEAM_ID,
        "channel_id": "D0",
        "trigger_id": trigger_id,
    }


def _home_opened(number: int) -> dict[str, Any]:
    event = {"type": "app_home_opened", "user": BOSS, "tab": "home", "channel": "D0", "event_ts": f"{number}.0"}
    return {"type": "event_callback", "team_id": company.TEAM_ID, "event_id": f"Ev{number}", "event": event}


async def _views(url: str) -> str:
    """What Usher would show, for the floor to send."""
    database = await Database.open(url, clock=SystemClock())
    try:
        async with database.read() as session:
            form = request_form(await list_choices(session), Draft())
            home = await load_home(session, BOSS, is_admin=False, now=database.clock.now())
        if home is None:
            raise RuntimeError("the boss is not there")
        return json.dumps({"form": form, "home": home_view(home)})
    finally:
        await database.close()


async def _serve(role: str, url: str, api_url: str, views: str) -> None:
    slack = AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=api_url)
    app = AsyncApp(client=slack, signing_secret=company.SLACK_APP.signing_secret, process_before_response=True)
    if role == "usher":
        database = await Database.open(url, clock=SystemClock())
        homes = Homes(database, slack, ())

        async def publish(ack: AsyncAck, event: dict[str, Any]) -> None:
            # the task that the event asks for, without the queue between the two
            await homes.publish(_task(event["user"]))
            await ack()

        app.event("app_home_opened")(publish)
        handlers.register(app, House(database=database, admins=()))
    else:
        ready = json.loads(await asyncio.to_thread(Path(views).read_text, encoding="utf-8"))

        async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
            await slack.views_open(trigger_id=body["trigger_id"], view=ready["form"])
            await ack()

        async def publish_home(ack: AsyncAck, event: dict[str, Any]) -> None:
            await slack.views_publish(user_id=event["user"], view=ready["home"])
            await ack()

        app.command("/request-access")(open_form)
        app.event("app_home_opened")(publish_home)

    async def nothing_missing() -> list[str]:
        return []

    async def no_metrics() -> bytes:
        return b""

    listener = listen("127.0.0.1", 0)
    async with serving(web_app(app, nothing_missing, no_metrics), listener):
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


def _task(person_id: str) -> ClaimedTask:
    return ClaimedTask(
        id=0, kind=subjects.HOME, key=person_id, payload={}, attempt=1, failures=0, lock_key=f"home:{person_id}"
    )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(*sys.argv[1:]))
