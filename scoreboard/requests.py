"""Thousands of requests that nobody should send, at every door that is open to the internet."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from bot.access.operations.people import SlackPerson, upsert_people
from bot.chatgpt_app.connections import open_connection
from bot.serving import listen
from sandbox import company
from scoreboard.strays import OVERSIZED, Stray, think_up
from scoreboard.trial import Count, Ground, Kind, Trial
from storage.clock import SystemClock
from storage.database import Database
from tests.support.harbour import SECRET_KEY, Employee, Harbour

#: people who have connected ChatGPT, and networks that the requests come from: limits are by person and by network
PEOPLE: Final = 40
NETWORKS: Final = 200
AT_ONCE: Final = 16
#: the part of the requests after which the memory is taken for the first time
WARM_UP: Final = 0.2
#: how much the process may have grown at the end
FLAT: Final = 1.1


async def requests(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """One `usher run` with every door open, somebody's everyday traffic, and then the strays."""
    chance = random.randrange(2**32)
    async with ground.harbour(kind) as harbour:
        crew = [harbour.hire(number) for number in range(PEOPLE)]
        url, tokens = await _open_all_doors(harbour, crew)
        await harbour.start()
        await _everyday(harbour, crew[:3])
        deliveries = [(one.outgoing.kind, one.outgoing.payload) for one in harbour.slack.deliveries]
        tools = await _tools(url, tokens[0])
        strays = await asyncio.to_thread(
            think_up, times, chance, deliveries=deliveries, tools=tools, people=len(tokens)
        )
        warm, rest = strays[: int(times * WARM_UP)], strays[int(times * WARM_UP) :]
        async with _networks(url) as clients:
            await _send(clients, warm, tokens, count)
            before = _memory(harbour.usher.pid)
            await _send(clients, rest, tokens, count)
            after = _memory(harbour.usher.pid)
        assert harbour.usher.is_running, "it has ended"
        count.losses += _said_too_much(harbour, tokens)
        if after > before * FLAT:
            count.losses.append(f"the memory grew from {before:.0f} to {after:.0f} MB")
    return (
        f"requests to /slack/events, /mcp and /oauth/* that were answered with 500 or not at all, tracebacks and "
        f"secrets in the log (seed {chance}); memory after a fifth of them {before:.0f} MB, after all {after:.0f} MB"
    )


async def _open_all_doors(harbour: Harbour, crew: Sequence[Employee]) -> tuple[str, list[str]]:
    """Sets Usher up as an app inside ChatGPT, too; returns its address, and an access token of each."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    harbour.slack.app.redirect_urls = (f"{url}/oauth/slack/callback",)
    harbour.usher = harbour.another_usher(
        USHER_PORT=str(port),
        USHER_PUBLIC_URL=url,
        USHER_LOG_LEVEL="debug",
        SLACK_SIGNIN_CLIENT_ID=company.SLACK_APP.client_id,
        SLACK_SIGNIN_CLIENT_SECRET=company.SLACK_APP.client_secret,
    )
    database = await Database.open(harbour.database_url, clock=SystemClock())
    try:
        people = [_known(employee) for employee in crew]
        await database.write(upsert_people, people, complete=False)
        tokens = []
        for number, employee in enumerate(crew):
            _, given = await database.write(
                open_connection,
                person_id=employee.who.id,
                client_id=f"https://client{number}.example/oauth/client.json",
                client_name="ChatGPT",
                resource=f"{url}/mcp",
            )
            tokens.append(given.access)
    finally:
        await database.close()
    return url, tokens


def _known(employee: Employee) -> SlackPerson:
    return SlackPerson(
        id=employee.who.id, name=employee.who.name, email=employee.email, title="", timezone="UTC", manager_id=None,
        is_bot=False, is_guest=False, active=True,
    )  # fmt: skip


async def _everyday(harbour: Harbour, crew: Sequence[Employee]) -> None:
    """What Slack delivers on an ordinary day: commands, submissions, presses, the Home tab."""
    for employee in crew:
        await harbour.approved(employee)
        await employee.who.open_home()
    await harbour.invited(*crew)


async def _tools(url: str, token: str) -> dict[str, dict[str, Any]]:
    """What each tool can be called with: its own schema."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False, verify=False)
        )
        client = await stack.enter_async_context(Client(streamable_http_client(f"{url}/mcp", http_client=http)))
        listed = await client.list_tools()
    return {tool.name: tool.input_schema for tool in listed.tools}


@asynccontextmanager
async def _networks(url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients with an address of their own each; all of 127.0.0.0/8 is this machine."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=url,
                    timeout=120,
                    transport=httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number + 1}", verify=False),
                )
            )
            for number in range(NETWORKS)
        ]


async def _send(clients: Sequence[httpx.AsyncClient], strays: Sequence[Stray], tokens: list[str], count: Count) -> None:
    waiting = iter(enumerate(strays))

    async def one_after_the_other() -> None:
        for number, stray in waiting:
            with count.trial(f"{stray.method} {stray.path[:60]} {stray.content[:300]!r}"):
                status = await _answer(clients[number % len(clients)], stray, tokens)
                assert status < 500, f"answered with {status}"

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))


async def _answer(client: httpx.AsyncClient, stray: Stray, tokens: Sequence[str]) -> int:
    headers = stray.signed(company.SLACK_APP.signing_secret)
    if stray.token is not None:
        headers["authorization"] = f"Bearer {tokens[stray.token]}"
    try:
        answer = await client.request(stray.method, stray.path, content=stray.content, headers=headers)
    except httpx.TransportError as error:
        # who says no before everything has come may close the connection while the rest is on its way
        if len(stray.content) < OVERSIZED:
            raise AssertionError(f"not answered: {type(error).__name__}") from error
        return 413
    return answer.status_code


def _said_too_much(harbour: Harbour, tokens: Sequence[str]) -> list[str]:
    """Tracebacks and secrets in what Usher has written."""
    app = company.SLACK_APP
    secrets = (app.bot_token, app.signing_secret, app.client_secret, SECRET_KEY, company.CHATGPT_SESSION, *tokens)
    found = [
        f"a secret in the log: {line[:200]}" for line in harbour.usher.lines if any(one in line for one in secrets)
    ]
    return found + [f"a traceback in the log: {_last(line)}" for line in harbour.usher.lines if "Traceback" in line]


def _last(line: str) -> str:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return line[:200]
    return f"{said.get('event')}: {str(said.get('exception', '')).strip().splitlines()[-1:]}"


def _memory(pid: int) -> float:
    """Of a process, resident, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


REQUESTS = Trial(
    name="requests",
    words="Malformed, oversized, replayed, wrongly signed requests",
    must="no 500, no traceback, no secret in a log, memory flat",
    times=10_000,
    run=requests,
)
