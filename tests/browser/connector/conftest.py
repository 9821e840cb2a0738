"""The ChatGPT connector through a real browser, and a person who signs in there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.connectors.browser.browser import Browser
from bot.connectors.browser.profile import Profile
from bot.connectors.browser.transport import HOME, TIMEOUT, BrowserTransport
from bot.connectors.config import AnyConnector, connector_config
from bot.connectors.contract import Connector
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace, sign_in
from sandbox.chatgpt.web_admin import COOKIE
from sandbox.chatgpt.workspace import user_id
from sandbox.server import Sandbox
from tests.browser.conftest import CHROMIUM
from tests.conftest import REQUIRE_ALL_PARTS

PATIENCE = 60.0  # seconds; the machine may be busy


@pytest.fixture(autouse=True)
def _needs_chromium() -> None:
    if CHROMIUM is None:
        (pytest.fail if REQUIRE_ALL_PARTS else pytest.skip)("Chromium is not installed")


@pytest.fixture
def workspace(sandbox: Sandbox) -> Workspace:
    return sandbox.chatgpt


@pytest.fixture
def base_url(sandbox: Sandbox) -> str:
    return sandbox.chatgpt_url


@pytest.fixture
def config(base_url: str, transport: str) -> AnyConnector:
    return connector_config.validate_python(
        {
            "type": "chatgpt",
            "transport": transport,
            "workspace_id": company.CHATGPT_WORKSPACE_ID,
            "integration_email": company.CHATGPT_INTEGRATION_EMAIL,
            "base_url": base_url,
            "via": "browser",
        }
    )


class NoCredential:
    """Nobody asks for one."""

    async def value(self) -> str:
        raise AssertionError("a browser needs no credential")

    async def replace(self, old: str, new: str) -> None:
        raise AssertionError("a browser keeps its own")


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the profile is. One for all tests, and one browser, because a start takes seconds."""
    return tmp_path_factory.mktemp("browser-profiles") / "chatgpt"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(directory: Path) -> AsyncIterator[Browser]:
    browser = Browser(Profile(directory))
    yield browser
    await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running: Browser, base_url: str) -> Browser:
    """Usher's browser; nobody is signed in."""
    async with running.page(base_url + HOME, within=PATIENCE) as page:
        await page.context.clear_cookies()
    return running


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(browser: Browser, workspace: Workspace, base_url: str) -> None:
    """The integration account is signed in in the browser."""
    async with browser.page(base_url + HOME, within=PATIENCE) as page:
        await page.context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": sign_in(workspace, company.CHATGPT_INTEGRATION_EMAIL),
                    "domain": "127.0.0.1",
                    "path": "/",
                    "expires": time.time() + 86_400,
                    "httpOnly": True,
                    "secure": True,
                    "sameSite": "Lax",
                }
            ]
        )


@pytest.fixture
def http(browser: Browser, base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=BrowserTransport(browser, base_url), timeout=TIMEOUT)


@pytest.fixture
def connector(config: AnyConnector, http: httpx.AsyncClient) -> Connector:
    return build_connector(config, http=http, credential=NoCredential())


# -- what the tests of the connector over plain HTTP ask for -----------------------------------------------------------
@pytest.fixture
def transport() -> str:
    return "web_admin"


@pytest.fixture
def vault() -> NoCredential:
    return NoCredential()


@pytest.fixture
def maya() -> str:
    """What a change of Maya must address."""
    return user_id(company.MAYA.email)


@pytest.fixture
def invited() -> str:
    """How somebody is observed who was invited and has not accepted."""
    return "invited"


@pytest.fixture
def inviting() -> str:
    """The call that invites somebody."""
    return "POST invites"


@pytest.fixture
def writes(workspace: Workspace) -> Callable[[], list[str]]:
    """The changes that arrived at the workspace: method and the last part of the path."""

    def arrived() -> list[str]:
        return [f"{call.method} {call.path.rpartition('/')[2]}" for call in workspace.calls if call.method != "GET"]

    return arrived


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that holds for several transports, the browser's is one."""
    items[:] = [item for item in items if not _is_of_another_transport(item)]


def _is_of_another_transport(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return (
        "tests/browser/connector/" in item.path.as_posix()
        and called is not None
        and called.params.get("transport", "web_admin") != "web_admin"
    )
