"""`usher browser sign-in`: a person signs in in the browser that Usher uses from then on."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Page, async_playwright

from bot.access import subjects
from bot.access.catalog_file import read
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.incidents import open_incident
from bot.connectors.browser.transport import Browsers
from bot.connectors.config import AnyConnector
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace
from storage.clock import SystemClock
from storage.database import Database
from storage.tables import Task
from tests.browser.connector.conftest import PATIENCE, NoCredential
from tests.browser.connector.person import pass_the_check, sign_in, sign_out

USHER = Path(sys.executable).with_name("usher")
MAYA = "maya@harbour.example"
CATALOG = """\
applications:
  - key: chatgpt
    name: ChatGPT
    connector:
      type: chatgpt
      transport: web_admin
      via: browser
      workspace_id: {workspace_id}
      integration_email: {email}
      base_url: {base_url}
  - key: figma
    name: Figma
    connector: {{type: manual}}
"""


@pytest.fixture
def catalog(base_url: str) -> str:
    return CATALOG.format(
        workspace_id=company.CHATGPT_WORKSPACE_ID, email=company.CHATGPT_INTEGRATION_EMAIL, base_url=base_url
    )


class Command:
    """`usher browser sign-in`, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told = ""

    async def tells(self, text: str) -> str:
        """What it has told so far, as soon as this is a part of it."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while text not in self.told:
                line = await self.process.stderr.readline()
                assert line, self.told
                self.told += line.decode()
        return self.told

    async def ends(self) -> tuple[int | None, str]:
        """Its exit code and what it printed."""
        async with asyncio.timeout(PATIENCE):
            out, err = await self.process.communicate()
        self.told += err.decode()
        assert "Traceback" not in self.told
        return self.process.returncode, out.decode()


def _hears_ctrl_c() -> None:
    """As in somebody's terminal, also where the tests run in the background of a shell, which then ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def command(directory: Path, *arguments: str, variables: Mapping[str, str]) -> AsyncIterator[Command]:
    process = await asyncio.create_subprocess_exec(
        USHER,
        *("browser", "sign-in", *arguments),
        cwd=directory,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=_hears_ctrl_c,
    )
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def window(running: Command) -> AsyncIterator[Page]:
    """What a person sees of that browser."""
    found = re.search(r"http://127\.0\.0\.1:\d+", await running.tells("pass its check"))
    assert found is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(found[0])
        yield browser.contexts[0].pages[0]


async def test_a_person_signs_in(
    catalog: str, config: AnyConnector, workspace: Workspace, base_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    """They pass the check, sign in as somebody else and are told so, then as the integration account. From then on
    Usher works through this browser, and what waited for it is tried again at once.
    """
    database = await Database.open(sqlite_url, clock=SystemClock())
    await database.write(apply_catalog, catalog=read(catalog, "catalog.yml"), actor="usher")
    await database.write(
        open_incident, scope="chatgpt", application="chatgpt", cause="SignInAgain", explanation="It ended.", remedy="…"
    )
    await database.write(_probe_later)
    await database.close()
    workspace.faults.switch_on("challenge_until_passed")

    async with (
        command(tmp_path, "chatgpt", "--debug-port", "0", variables={"USHER_DATABASE_URL": sqlite_url}) as running,
        window(running) as page,
    ):
        await pass_the_check(page, base_url)
        await sign_in(page, base_url, company.NOOR.email)
        await running.tells(f"That is {company.NOOR.email}. Sign out there")
        await sign_out(page)
        await sign_in(page, base_url)
        code, out = await running.ends()
    assert (code, out.split(". ")[0]) == (0, f"Signed in as {company.CHATGPT_INTEGRATION_EMAIL}"), running.told

    database = await Database.open(sqlite_url, clock=SystemClock())
    async with database.read() as session:
        probe = (await session.scalars(sa.select(Task).where(Task.kind == subjects.PROBE))).one()
    assert probe.run_at <= database.clock.now()
    await database.close()
    browsers = Browsers(tmp_path / "browser-profiles")
    async with browsers.client("chatgpt", base_url) as http:
        connector = build_connector(config, http=http, credential=NoCredential())
        assert (await connector.observe(MAYA)).status == "member"


async def _probe_later(tx) -> None:  # type: ignore[no-untyped-def]
    tx.enqueue(subjects.PROBE, "chatgpt", lock_key="probe:chatgpt", run_at=tx.now + timedelta(hours=1))


@pytest.mark.parametrize("how", ["closed", "Ctrl+C"])
async def test_giving_up_is_no_failure_of_anything(catalog: str, sqlite_url: str, tmp_path: Path, how: str) -> None:
    """One sentence, exit code 1, and the profile is free."""
    (tmp_path / "catalog.yml").write_text(catalog)
    variables = {"USHER_DATABASE_URL": sqlite_url, "USHER_CATALOG": "catalog.yml"}
    async with command(tmp_path, "chatgpt", "--debug-port", "0", variables=variables) as running:
        if how == "closed":
            async with window(running) as page:
                await page.close()
        else:
            await running.tells("Ctrl+C gives up")
            running.process.send_signal(signal.SIGINT)
        code, _ = await running.ends()
    last = running.told.strip().splitlines()[-1]
    assert (code, "closed before" in last if how == "closed" else last.startswith("Given up")) == (1, True), last
    Browsers(tmp_path / "browser-profiles").profile("chatgpt").take()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["figma", "--debug-port", "0"], "the catalogue says via: browser for chatgpt."),
        (["chatgpt"], "--debug-port 9222"),
    ],
)
async def test_what_is_in_the_way_is_said(
    catalog: str, sqlite_url: str, tmp_path: Path, arguments: list[str], says: str
) -> None:
    """Another application, or a machine without a screen."""
    (tmp_path / "catalog.yml").write_text(catalog)
    variables = {"USHER_DATABASE_URL": sqlite_url, "USHER_CATALOG": "catalog.yml"}
    async with command(tmp_path, *arguments, variables=variables) as running:
        code, _ = await running.ends()
    assert code == 1
    assert says in running.told


async def test_what_cannot_be_opened(catalog: str, base_url: str, sqlite_url: str, tmp_path: Path) -> None:
    """It says which address, and why."""
    (tmp_path / "catalog.yml").write_text(catalog.replace(base_url, "http://127.0.0.1:9"))
    variables = {"USHER_DATABASE_URL": sqlite_url, "USHER_CATALOG": "catalog.yml"}
    async with command(tmp_path, "chatgpt", "--debug-port", "0", variables=variables) as running:
        code, _ = await running.ends()
    assert code == 1
    assert "http://127.0.0.1:9 could not be opened: net::ERR" in running.told
