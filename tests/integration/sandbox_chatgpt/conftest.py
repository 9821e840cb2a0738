"""A simulated ChatGPT workspace on a real socket, and clients that are signed in to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox import company
from sandbox.chatgpt import Workspace, api_routes, harbour_studio, page_routes, sign_in
from sandbox.clock import SandboxClock

COOKIE = "__Secure-next-auth.session-token"
ACCOUNT = f"/backend-api/accounts/{company.CHATGPT_WORKSPACE_ID}"


@dataclass
class Administration:
    """Somebody at the members page: the workspace's own calls, with their token and account header."""

    http: httpx.AsyncClient
    cookie: str
    token: str = ""

    async def sign_in(self, workspace_id: str = company.CHATGPT_WORKSPACE_ID) -> httpx.Response:
        """Exchange the cookie for a workspace token, and keep the rotated cookie."""
        response = await self.http.get(
            "/api/auth/session",
            params={
                "exchange_workspace_token": "true",
                "workspace_id": workspace_id,
                "reason": "setCurrentAccount",
            },
            headers={"Cookie": f"{COOKIE}={self.cookie}"},
        )
        self.token = response.json().get("accessToken", "")
        self.cookie = response.cookies.get(COOKIE) or self.cookie
        return response

    async def call(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """Any call below the workspace's account, or, from `/backend-api` on, anywhere."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "chatgpt-account-id": company.CHATGPT_WORKSPACE_ID,
            **rest.pop("headers", {}),
        }
        url = path if path.startswith("/backend-api") else ACCOUNT + path
        return await self.http.request(method, url, headers=headers, **rest)

    async def invite(self, *emails: str, role: str = "standard-user", **fields: Any) -> httpx.Response:
        """POST invites."""
        body = {"email_addresses": list(emails), "role": role, "resend_emails": True, **fields}
        return await self.call("POST", "/invites", json=body)

    async def users(self, **query: Any) -> dict[str, Any]:
        """The members list, by address."""
        items = (await self.call("GET", "/users", params={"limit": 100, **query})).json()["items"]
        return {item["email"]: item for item in items}

    async def invites(self) -> dict[str, Any]:
        """The list of open invites, by address."""
        items = (await self.call("GET", "/invites", params={"limit": 100})).json()["items"]
        return {item["email_address"]: item for item in items}


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock()


@pytest.fixture
def workspace(clock: SandboxClock) -> Workspace:
    return harbour_studio(clock)


@pytest.fixture
async def http(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running server; paths are relative to what plays chatgpt.com."""
    app = Starlette(
        routes=[
            Mount("/chatgpt-page", routes=page_routes(workspace)),
            Mount("/chatgpt", routes=api_routes(workspace)),
        ]
    )
    # uvicorn binds itself: asyncio turns Nagle off only for sockets that name their protocol, and 40 ms a call add up.
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0)
    address = server.servers[0].sockets[0].getsockname()
    base_url = f"http://127.0.0.1:{address[1]}/chatgpt"
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, verify=False, timeout=5) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.fixture
async def owner(http: httpx.AsyncClient) -> Administration:
    """The integration account, signed in as an owner."""
    administration = Administration(http, company.CHATGPT_SESSION)
    await administration.sign_in()
    return administration


@pytest.fixture
def as_role(http: httpx.AsyncClient, workspace: Workspace) -> Callable[[str], Awaitable[Administration]]:
    """Maya, made what the test needs and signed in."""

    async def signed_in(role: str) -> Administration:
        member = workspace.roster.member_by_email("maya@harbour.example")
        assert member is not None
        workspace.set_role(member.user_id, role)
        administration = Administration(http, sign_in(workspace, member.email))
        await administration.sign_in()
        return administration

    return signed_in
