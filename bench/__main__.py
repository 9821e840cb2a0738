"""`python -m bench`: how long a press takes, and how long until ChatGPT hears of it, beside a floor in the same run."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import chatgpt_app, ends, screens
from bench.process import process
from bench.stored import fill
from bench.usher import demo_catalog, usher
from bench.wire import Wire
from bot.cards import actions
from sandbox import company
from sandbox.server import Sandbox

#: presses that are measured, and those before them that are not
MEASURED, WARM_UP = 100, 10
STORED = 100_000


@dataclass
class Figures:
    """Seconds, as measured."""

    submit: list[float] = field(default_factory=list)
    approve: list[float] = field(default_factory=list)
    invite: list[float] = field(default_factory=list)  # from the press on Approve to the inviting call's first byte
    floor_submit: list[float] = field(default_factory=list)
    floor_approve: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    database: str
    ours: str
    floor: str
    ratio: str
    wanted: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table as Markdown, too")
    chosen = parser.parse_args()
    console = Console()
    console.print(f"Measuring {MEASURED} lifecycles, with nothing and with {STORED:,} requests stored …", style="dim")
    runs = asyncio.run(measure({"empty": 0, f"{STORED:,} requests": STORED}))
    rows = [*_presses(runs), *_growth(*runs.values())]
    show(console, TITLE, COLUMNS, [astuple(row) for row in rows])
    console.print(f"Letting {ends.GRANTS:,} grants end in the same minute, with a limit and without …", style="dim")
    at_scale = ends.table(asyncio.run(ends.limited()), asyncio.run(ends.free()))
    show(console, ends.TITLE, ends.COLUMNS, at_scale)
    console.print("Opening the biggest screens of a big company …", style="dim")
    big = asyncio.run(screens.measure())
    show(console, screens.TITLE, screens.COLUMNS, big)
    console.print("Calling the tools of the ChatGPT app …", style="dim")
    tools = asyncio.run(chatgpt_app.measure())
    show(console, chatgpt_app.TITLE, chatgpt_app.COLUMNS, tools)
    if chosen.write:
        page = PAGE.format(
            title=TITLE,
            table=_markdown(COLUMNS, [astuple(row) for row in rows]),
            ends_title=ends.TITLE,
            ends=_markdown(ends.COLUMNS, at_scale),
            screens_title=screens.TITLE,
            screens=_markdown(screens.COLUMNS, big),
            tools_title=chatgpt_app.TITLE,
            tools=_markdown(chatgpt_app.COLUMNS, tools),
        )
        chosen.write.write_text(page, encoding="utf-8")


def _presses(runs: dict[str, Figures]) -> Iterator[Row]:
    for title, figures in runs.items():
        for what, ours, floor in (
            ("modal submission to ack", figures.submit, figures.floor_submit),
            ("Approve to ack", figures.approve, figures.floor_approve),
        ):
            ratio = statistics.median(ours) / statistics.median(floor)
            yield Row(what, title, _ms(ours), _ms(floor), f"{ratio:.2f}", "≤ 2")
        yield Row("Approve to the invite's first byte", title, _ms(figures.invite), "", "", "≤ 25 ms")


def _growth(empty: Figures, full: Figures) -> Iterator[Row]:
    for what, name in (("modal submission", "submit"), ("Approve", "approve"), ("invite", "invite")):
        ratio = statistics.median(getattr(full, name)) / statistics.median(getattr(empty, name))
        yield Row(f"{what}: {STORED:,} stored against empty", "", "", "", f"{ratio:.2f}", "≤ 1.2")


COLUMNS = ("what", "database", "Usher", "bare Bolt + 1 row", "ratio of medians", "wanted")
TITLE = "Milliseconds, one press at a time and nothing else to do: median / 99th percentile"


PAGE = """# Performance

`make bench` measures these, Usher and its floor in turns in one run, so that both see the same machine. The floor is a
bare Bolt listener that verifies the same signature and commits one row to a database of the same kind, as durably.
Absolute times are those of one small virtual machine; the ratios are what counts. This page is written by
`make bench ARGS='--write docs/performance.md'`.

{title}.

{table}

{ends_title}.

{ends}

The limited run passes eight minutes in one of the machine's: Usher's clock, the seconds of its event loop and the
sandbox's limit all go by the same hurried clock, and Usher is a process of its own that differs from `usher run` in
that alone. The other one is `usher run` itself, in the machine's own time, eight accounts at a time; its floor is eight
loops with nothing but httpx that look into the two lists at once, remove, and look again, at the same sandbox.

{screens_title}.

{screens}

The floor of these two sends the very same view, made beforehand, and reads nothing: what is between them is reading the
company and making the view.

{tools_title}.

{tools}

Both are the same MCP server on the same sockets, in either revision of the protocol. The floor lets anybody in and
gives back one constant answer, the very one that Usher gives: what is between them is looking up whose token it is,
whether the catalogue has changed, what fits, and what the person has there.

What pays: on SQLite a transaction is one trip to the database's thread instead of one for each statement, and what a
decision asks of ChatGPT goes out before the cards are edited. Of many who look into one list at once, most share one
reading of it, and what was just looked at is not looked up once more before it is changed.
"""


def show(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints what came out, with the ratios that matter."""
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column in ("what", "database") else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(columns), "|".join("---" for _ in columns), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _ms(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.1f} / {ordered[int(len(ordered) * 0.99)] * 1000:.1f}"


@dataclass(frozen=True)
class Stage:
    """Usher and its floor on one database, and the sandbox around them."""

    sandbox: Sandbox
    usher: Wire
    floor: Wire
    figures: Figures


async def measure(databases: dict[str, int]) -> dict[str, Figures]:
    """One run: the floors and the Ushers take turns, press by press, so that all of them see the same machine."""
    async with AsyncExitStack() as stack:
        stages = {title: await stack.enter_async_context(_stage(stored)) for title, stored in databases.items()}
        for number in range(WARM_UP + MEASURED):
            for stage in stages.values():
                await _lifecycle(stage, number, stage.figures if number >= WARM_UP else Figures())
    return {title: stage.figures for title, stage in stages.items()}


@asynccontextmanager
async def _stage(stored: int) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        directory = Path(name)
        if stored:
            await asyncio.to_thread(fill, directory / "usher.db", stored)
        async with (
            Sandbox.start() as sandbox,
            process("bench.floor", f"sqlite+aiosqlite:///{directory}/floor.db", sandbox.slack_api_url) as floor_url,
        ):
            _populate(sandbox)
            async with usher(sandbox, directory, catalog=demo_catalog(sandbox)) as usher_url:
                sandbox.slack.app.request_url = f"{usher_url}/slack/events"
                yield Stage(sandbox, Wire(usher_url), Wire(floor_url), Figures())


async def _lifecycle(stage: Stage, number: int, figures: Figures) -> None:
    """One person asks, their manager approves, and ChatGPT is called; then everything comes to rest."""
    sandbox, usher, floor = stage.sandbox, stage.usher, stage.floor
    slack = sandbox.slack
    asker, boss = slack.person(_id(number)), slack.person(_id(number + 1))
    submission = _submission(asker.id, number)
    figures.floor_submit.append((await floor.post(submission))[1])
    figures.submit.append((await usher.post(submission))[1])
    card = await slack.until(lambda: boss.message(f"{asker.name} asks for"), 10)
    await _rest(sandbox, lambda: asker.message("Waiting for approval"))
    press = _press(boss.id, card)
    figures.floor_approve.append((await floor.post(press))[1])
    before = len(sandbox.chatgpt.calls)
    sent, took = await usher.post(press)
    figures.approve.append(took)
    invite = await slack.until(
        lambda: next(
            call
            for call in sandbox.chatgpt.calls[before:]
            if call.method == "POST" and asker.user.email in call.addresses
        ),
        10,
    )
    figures.invite.append(invite.started - sent)
    await _rest(sandbox, lambda: asker.message("Invited"))


async def _rest(sandbox: Sandbox, seen: Callable[[], object]) -> None:
    """Waits until what should be seen is, and no call has come for a moment."""
    await sandbox.slack.until(seen, 20)
    calls = -1
    while calls != len(sandbox.slack.calls) + len(sandbox.chatgpt.calls):
        calls = len(sandbox.slack.calls) + len(sandbox.chatgpt.calls)
        await asyncio.sleep(0.05)


def _id(number: int) -> str:
    return f"U0BENCH{number:04}"


def _populate(sandbox: Sandbox) -> None:
    """A ring of people: each is asked by the one before."""
    for number in range(WARM_UP + MEASURED + 1):
        sandbox.slack.join(
            company.Person(
                id=_id(number),
                name=f"Person No{number:04}",
                email=f"person{number}@{company.DOMAIN}",
                title="",
                manager=_id(number + 1) if number < WARM_UP + MEASURED else _id(0),
            )
        )


def _submission(person: str, number: int) -> dict[str, Any]:
    def chosen(value: str) -> dict[str, Any]:
        return {"type": "static_select", "selected_option": {"value": value}}

    values = {
        actions.APPLICATION_BLOCK: {actions.CHOOSE_APPLICATION: chosen("chatgpt")},
        f"{actions.ROLE_BLOCK}:chatgpt": {actions.VALUE: chosen("member")},
        f"{actions.SEAT_TYPE_BLOCK}:chatgpt": {actions.VALUE: chosen("codex")},
        f"{actions.DURATION_BLOCK}:chatgpt": {actions.VALUE: chosen("30d")},
        actions.REASON_BLOCK: {actions.VALUE: {"type": "plain_text_input", "value": "to see how fast it is"}},
    }
    return {
        "type": "view_submission",
        "team": {"id": company.TEAM_ID},
        "user": {"id": person, "team_id": company.TEAM_ID},
        "view": {
            "id": f"V{number}",
            "type": "modal",
            "hash": f"{number}.abc",
            "callback_id": actions.REQUEST_FORM,
            "private_metadata": "",
            "state": {"values": values},
            "blocks": [],
        },
    }


def _press(person: str, card: Any) -> dict[str, Any]:
    value = next(
        element["value"]
        for block in card.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == actions.APPROVE
    )
    return {
        "type": "block_actions",
        "team": {"id": company.TEAM_ID},
        "user": {"id": person, "team_id": company.TEAM_ID},
        "channel": {"id": card.channel},
        "container": {"type": "message", "channel_id": card.channel, "message_ts": card.ts},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": actions.APPROVE, "block_id": "b", "value": value}],
    }


if __name__ == "__main__":
    main()
