"""The ChatGPT connector on a simulated workspace, over a real socket, and over each of its transports.

What only some transports have is marked with `parametrize("transport", [...])`; everything else holds for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.connectors.config import AnyConnector, connector_config
from bot.connectors.contract import Connector
from bot.connectors.http import new_http_client
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Call, Workspace, api_routes, harbour_studio
from sandbox.chatgpt.directory import follow
from sandbox.chatgpt.scim_json import read_user
from sandbox.chatgpt.workspace import user_id
from sandbox.clock import SandboxClock


@dataclass
class Vault:
    """A credential that remembers what was put into it, and when (`workspace.calls` at that moment)."""

    secret: str
    workspace: Workspace
    replaced: list[tuple[str, str, int]] = field(default_factory=list)

    async def value(self) -> str:
        return self.secret

    async def replace(self, old: str, new: str) -> None:
        if self.secret == old:
            self.secret = new
        self.replaced.append((old, new, len(self.workspace.calls)))


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock()


@pytest.fixture(params=["web_admin", "admin_api", "scim"])
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def workspace(clock: SandboxClock, transport: str) -> Workspace:
    workspace = harbour_studio(clock, plan_type="team" if transport == "web_admin" else "enterprise")
    if transport == "scim":  # whoever is there from the beginning came by the directory
        for member in company.CHATGPT_MEMBERS:
            workspace.directory.create(read_user({"userName": member.email}), now=clock.now())
        follow(workspace)
    return workspace


@pytest.fixture
def maya(workspace: Workspace, transport: str) -> str:
    """What a change of Maya must address."""
    if transport == "scim":
        return next(e.id for e in workspace.directory.entries.values() if e.user_name == company.MAYA.email)
    return user_id(company.MAYA.email)


@pytest.fixture
def invited(transport: str) -> str:
    """How somebody is observed who was invited and has not accepted: SCIM cannot tell them from a member."""
    return "member" if transport == "scim" else "invited"


@pytest.fixture
def inviting(transport: str) -> str:
    """The call that invites somebody."""
    return "POST Users" if transport == "scim" else "POST invites"


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """Serves the app and yields its address."""
    # uvicorn binds itself: asyncio turns Nagle off only for sockets that name their protocol.
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started and not running.done():  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


@pytest.fixture
async def base_url(workspace: Workspace) -> AsyncIterator[str]:
    async with serving(Starlette(routes=[Mount("/chatgpt", routes=api_routes(workspace))])) as address:
        yield f"{address}/chatgpt"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client(trust_env=False) as client:
        yield client


@pytest.fixture
def vault(workspace: Workspace, transport: str) -> Vault:
    secrets = {
        "web_admin": company.CHATGPT_SESSION,
        "admin_api": company.CHATGPT_ADMIN_KEY,
        "scim": company.CHATGPT_SCIM_TOKEN,
    }
    return Vault(secrets[transport], workspace)


@pytest.fixture
def config(base_url: str, transport: str) -> AnyConnector:
    own = {
        "web_admin": {"base_url": base_url, "integration_email": company.CHATGPT_INTEGRATION_EMAIL},
        "admin_api": {"base_url": f"{base_url}/v1"},
        "scim": {"base_url": f"{base_url}/scim/v2.0/{company.CHATGPT_DIRECTORY_KEY}"},
    }
    return connector_config.validate_python(
        {
            "type": "chatgpt",
            "transport": transport,
            "workspace_id": company.CHATGPT_WORKSPACE_ID,
            "secret": "chatgpt",
            **own[transport],
        }
    )


@pytest.fixture
def connector(config: AnyConnector, http: httpx.AsyncClient, vault: Vault) -> Connector:
    return build_connector(config, http=http, credential=vault)


@pytest.fixture
def writes(workspace: Workspace) -> Callable[[], list[str]]:
    """The changes that arrived at the workspace: method and the last part of the path."""

    def arrived() -> list[str]:
        return [_short(call) for call in workspace.calls if call.method != "GET"]

    return arrived


def _short(call: Call) -> str:
    return f"{call.method} {call.path.rpartition('/')[2]}"
