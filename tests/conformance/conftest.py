"""Usher's app on a real socket, and the programs of others that it is held against."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.chatgpt_app.app import chatgpt_app
from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import open_connection
from bot.serving import listen, serving
from sandbox import company
from sandbox.server import Sandbox
from storage.database import Database
from tests.conftest import REQUIRE_ALL_PARTS
from tests.integration.chatgpt_app.conftest import CATALOG
from tests.support.authorization import Connect, know, website
from tests.support.clock import MovableClock

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "node_modules"
NODE: Final = MODULES / "node" / "bin" / "node"
CONFORMANCE: Final = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
INSPECTOR: Final = MODULES / ".bin" / "mcp-inspector"
PATIENCE: Final = 120  # seconds that a program may take on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The programs, each in an empty directory that is its home, too."""

    home: Path

    @asynccontextmanager
    async def started(self, program: Path, *arguments: str) -> AsyncIterator[Process]:
        """A program that runs; what it says comes by one pipe."""
        process = await asyncio.create_subprocess_exec(
            NODE, program, *arguments,
            cwd=self.home, env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
            stdin=DEVNULL, stdout=PIPE, stderr=STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE):
                yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def run(self, program: Path, *arguments: str) -> tuple[int | None, str]:
        """A program from its beginning to its end: its exit code, and what it said."""
        async with self.started(program, *arguments) as process:
            said, _ = await process.communicate()
        return process.returncode, said.decode()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Skips, or fails where every part has to be there, as long as they are not installed."""
    if not (NODE.exists() and CONFORMANCE.exists() and INSPECTOR.exists()):
        missing = "the programs are not installed: npm ci --prefix tests/conformance"
        (pytest.fail if REQUIRE_ALL_PARTS else pytest.skip)(missing)
    return Programs(home=tmp_path_factory.mktemp("home"))


class SignedIn:
    """An ASGI app around Usher's. The suite cannot send a token, so a call that brings none is given one.

    The calls are dealt out to several people, because the suite makes more of them in a minute than one person may.
    """

    def __init__(self, app: ASGIApp, tokens: Iterable[str]) -> None:
        self._app = app
        self._tokens = itertools.cycle(tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        if scope["type"] == "http" and scope["path"] == "/mcp":
            bearer = (b"authorization", f"Bearer {next(self._tokens)}".encode())
            scope = {**scope, "headers": [*scope["headers"], bearer]}
        await self._app(scope, receive, send)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def usher(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Connect]:
    """The whole app, and everybody who takes part when somebody connects."""
    file = tmp_path_factory.mktemp("usher") / "usher.db"
    shutil.copy(sqlite_template, file)
    async with AsyncExitStack() as stack:
        database = await Database.open(f"sqlite+aiosqlite:///{file}", clock=MovableClock(datetime.now(UTC)))
        stack.push_async_callback(database.close)
        await know(database)
        await database.write(apply_catalog, catalog=catalog_file.read(CATALOG, "catalog.yml"), actor="shell:test")
        sandbox = await stack.enter_async_context(Sandbox.start())
        site = await stack.enter_async_context(website())
        listener = listen("127.0.0.1", 0)
        here = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = AppConfig(
            public_url=here,
            origins=(site.origin,),
            guests=False,
            signin_client_id=company.SLACK_APP.client_id,
            signin_client_secret=SecretStr(company.SLACK_APP.client_secret),
            slack_api_url=sandbox.slack_api_url,
            apps_challenge=None,
        )
        sandbox.slack.app.redirect_urls = (f"{here}/oauth/slack/callback",)
        connected = [
            await database.write(
                open_connection, person_id=each.id, client_id="c", client_name="Suite", resource=config.resource
            )
            for each in (company.LENA, company.TOM, company.MAYA, company.NOOR)
        ]
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=here, trust_env=False, verify=False))
        slack = AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])
        routes = await stack.enter_async_context(chatgpt_app(config, database, http, slack))
        app = SignedIn(Starlette(routes=routes), [tokens.access for _, tokens in connected])
        await stack.enter_async_context(serving(app, listener))
        yield Connect(config=config, database=database, sandbox=sandbox, site=site, client=http)
