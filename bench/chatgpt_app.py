"""Calls of `list_apps` a second, with 500 applications, beside a bare MCP server with one constant tool.

Both are the same SDK with the same options. The floor knows nobody and reads nothing: its tool gives back the very
answer that Usher gives, made beforehand.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from mcp.server import MCPServer
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    CLIENT_INFO_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    CallToolResult,
    TextContent,
)
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bench.page import Table
from bench.process import process
from bot import logs
from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import SlackPerson, upsert_people
from bot.app import SWITCH_INTERVAL, _loop_factory, stay_in_memory
from bot.chatgpt_app.app import chatgpt_app
from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import open_connection
from bot.serving import listen, serving
from bot.settings import Settings
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database

APPLICATIONS: Final = 500
#: who calls; several, because each may only call so often
PEOPLE: Final = 240
AT_ONCE: Final = 16
#: rounds in which Usher and the floor take turns, and calls in each of them
ROUNDS, CALLS = 6, 800
PUBLIC: Final = "https://usher.example"
TITLE: Final = f"`list_apps` with {APPLICATIONS} applications, {AT_ONCE} calls at once"
COLUMNS: Final = ("what", "Usher", "bare MCP server", "ratio", "wanted")
ERAS: Final = ("2025-11-25", "2026-07-28")
WANTED: Final = 0.6

_KINDS: Final = ("design", "planning", "support", "monitoring", "payroll", "writing", "analytics", "storage", "hiring")


@dataclass(slots=True)
class Taken:
    """What was measured of one server in one era."""

    rates: list[float] = field(default_factory=list)  # calls a second, by round
    seconds: list[float] = field(default_factory=list)  # of each call


async def tables() -> list[Table]:
    """One run, as a table."""
    return [Table(name="tools", title=TITLE, columns=COLUMNS, rows=await measure())]


async def measure() -> list[tuple[str, ...]]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as name:
        url = f"sqlite+aiosqlite:///{name}/usher.db"
        tokens = await _company(url)
        async with AsyncExitStack() as stack:
            usher = await stack.enter_async_context(process("bench.chatgpt_app", "usher", url))
            answer = await _answer(usher, tokens[0])
            made = Path(name) / "answer.json"
            await asyncio.to_thread(made.write_text, json.dumps(answer), encoding="utf-8")
            floor = await stack.enter_async_context(process("bench.chatgpt_app", "floor", str(made)))
            return [row for era in ERAS for row in _rows(era, await _turns(usher, floor, tokens, era))]


async def _turns(usher: str, floor: str, tokens: Sequence[str], era: str) -> dict[str, Taken]:
    taken = {usher: Taken(), floor: Taken()}
    for number in range(ROUNDS + 1):
        for url, figures in taken.items():
            seconds: list[float] = []
            began = time.monotonic()
            calls = iter(range(CALLS))
            await asyncio.gather(*(_caller(url, tokens, era, calls, seconds) for _ in range(AT_ONCE)))
            if number:  # the first round warms up
                figures.rates.append(CALLS / (time.monotonic() - began))
                figures.seconds += seconds
    return {"usher": taken[usher], "floor": taken[floor]}


async def _caller(url: str, tokens: Sequence[str], era: str, calls: Any, seconds: list[float]) -> None:
    """Calls over one connection, one call after the other, for as long as there are any left."""
    caller = Caller(url, era)
    for number in calls:
        query = f"something for {_KINDS[number % len(_KINDS)]}"
        seconds += [await caller.call(tokens[number % len(tokens)], query)]
    caller.close()


class Caller:
    """Calls `list_apps` over one connection, in one era of the protocol."""

    def __init__(self, url: str, era: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._era = parts.hostname, parts.port, era
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, token: str, query: str) -> float:
        """Asks; returns for how long the whole answer took (seconds)."""
        if self._connection is None:
            self._connection = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._connection
        request = _request(token, self._era, query)
        sent = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        took = time.monotonic() - sent
        if b" 200 " not in head or b'"isError":true' in body:
            raise RuntimeError(f"{head!r}{body[:300]!r}")
        return took

    def close(self) -> None:
        """Hangs up."""
        if self._connection is not None:
            self._connection[1].close()


def _request(token: str, era: str, query: str) -> bytes:
    params: dict[str, Any] = {"name": "list_apps", "arguments": {"query": query}}
    headers = {"MCP-Protocol-Version": era}
    if era == ERAS[1]:
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "list_apps"}
        params["_meta"] = {
            PROTOCOL_VERSION_META_KEY: era,
            CLIENT_INFO_META_KEY: {"name": "bench", "version": "1"},
            CLIENT_CAPABILITIES_META_KEY: {},
        }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    headers |= {
        "Host": urlsplit(PUBLIC).netloc,
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    lines = ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _rows(era: str, taken: dict[str, Taken]) -> list[tuple[str, ...]]:
    usher, floor = taken["usher"], taken["floor"]
    ratio = statistics.median(ours / bare for ours, bare in zip(usher.rates, floor.rates, strict=True))
    rates = [f"{statistics.median(each.rates):,.0f}" for each in (usher, floor)]
    return [
        (f"calls a second, MCP {era}", *rates, f"{ratio:.2f}", f"≥ {WANTED}"),
        (f"milliseconds, MCP {era}: median / 99th percentile", _ms(usher), _ms(floor), "", ""),
    ]


def _ms(taken: Taken) -> str:
    ordered = sorted(taken.seconds)
    return f"{statistics.median(ordered) * 1000:.1f} / {ordered[int(len(ordered) * 0.99)] * 1000:.1f}"


# -- the company -------------------------------------------------------------------------------------------------------
async def _company(url: str) -> list[str]:
    """A database with people who have connected ChatGPT, and a big catalogue; returns their tokens."""
    await migrate.upgrade(url)
    database = await Database.open(url, clock=SystemClock())
    try:
        await database.write(upsert_people, [_person(number) for number in range(PEOPLE)], complete=True)
        catalog = catalog_file.read(
            json.dumps({"applications": [_application(each) for each in range(APPLICATIONS)]}), ""
        )
        await database.write(apply_catalog, catalog=catalog, actor="shell:bench")
        return [
            (
                await database.write(
                    open_connection,
                    person_id=_person(number).id,
                    client_id=f"https://chatgpt.com/oauth/{number}/client.json",
                    client_name="ChatGPT",
                    resource=f"{PUBLIC}/mcp",
                )
            )[1].access
            for number in range(PEOPLE)
        ]
    finally:
        await database.close()


def _person(number: int) -> SlackPerson:
    return SlackPerson(
        id=f"U0CREW{number:04}", name=f"Crew {number}", email=f"crew{number}@harbour.example", title="", timezone="UTC",
        manager_id=None, is_bot=False, is_guest=False, active=True,
    )  # fmt: skip


def _application(number: int) -> dict[str, Any]:
    kind = _KINDS[number % len(_KINDS)]
    return {
        "key": f"app{number}",
        "name": f"{kind.capitalize()} {number}",
        "description": f"Where the company does its {kind}: screens, plans and reports of kind {number}",
        "tags": [kind, f"group {number % 7}"],
        "owner": _person(number % PEOPLE).email,
        "durations": ["7d", "30d", "unlimited"],
        "connector": {"type": "manual"},
    }


async def _answer(url: str, token: str) -> dict[str, Any]:
    """What Usher answers, for the floor to give back."""
    body = _request(token, ERAS[0], f"something for {_KINDS[0]}")
    head, content = body.split(b"\r\n\r\n", 1)
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    async with httpx.AsyncClient(trust_env=False) as http:
        result: dict[str, Any] = (await http.post(f"{url}/mcp", content=content, headers=headers)).json()["result"]
    if len(result["structuredContent"]["apps"]) < 20:
        raise RuntimeError(f"that is not what was to be measured: {result}")
    return result


# -- the servers -------------------------------------------------------------------------------------------------------
async def _serve_usher(url: str) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:  # noqa: ASYNC230
        logs.set_up(Settings.given(log_format="json"), stream=nowhere)  # it logs what it would log anywhere
        await _serve_app(url)


async def _serve_app(url: str) -> None:
    config = AppConfig(
        public_url=PUBLIC, origins=("https://chatgpt.com",), guests=False, signin_client_id="1.2",
        signin_client_secret=SecretStr("secret"), slack_api_url="http://127.0.0.1:9/api/", apps_challenge=None,
    )  # fmt: skip
    database = await Database.open(url, clock=SystemClock())
    slack = AsyncWebClient(base_url=config.slack_api_url)
    async with httpx.AsyncClient() as http, chatgpt_app(config, database, http, slack) as routes:
        stay_in_memory()  # as `usher run` does
        await _serve(Starlette(routes=routes))


async def _serve_floor(made: str) -> None:
    answer = json.loads(await asyncio.to_thread(Path(made).read_text, encoding="utf-8"))
    result = CallToolResult(
        content=[TextContent(type="text", text=answer["content"][0]["text"])],
        structured_content=answer["structuredContent"],
    )
    server: MCPServer[Any] = MCPServer("floor", log_level="WARNING")

    @server.tool()
    async def list_apps(query: str = "") -> CallToolResult:  # noqa: ARG001 - a constant answer
        """Gives the same answer to everybody."""
        return result

    app = server.streamable_http_app(stateless_http=True, json_response=True, host="usher.example")
    async with server.session_manager.run():
        await _serve(app)


async def _serve(app: Starlette) -> None:
    listener = listen("127.0.0.1", 0)
    async with serving(app, listener):
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    role, argument = sys.argv[1:]
    sys.setswitchinterval(SWITCH_INTERVAL)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve_usher(argument) if role == "usher" else _serve_floor(argument))
