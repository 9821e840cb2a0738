"""The web session: one cookie that rotates, one token that is kept, and neither of them told to anybody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.chatgpt.errors import Call as Asked
from bot.connectors.chatgpt.session import WebSession
from bot.connectors.config import AnyConnector
from bot.connectors.contract import Connector, ConnectorError, Invite, SignInAgain, TryLater, Unexpected
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Call, Workspace
from sandbox.clock import SandboxClock

LENA = "lena@harbour.example"
MAYA = "maya@harbour.example"
INVITE = Invite(email=LENA, entitlement=Entitlement(role="member", seat_type="chatgpt"), key="1")
pytestmark = pytest.mark.parametrize("transport", ["web_admin"])

READ = Asked(what="read", writes=False, need="nothing")
SESSION = "/api/auth/session"


def sign_ins(workspace: Workspace) -> list[Call]:
    return [call for call in workspace.calls if call.path == SESSION]


async def until(condition: object, *, seconds: float = 5) -> None:
    """Waits for a condition with a deadline."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a condition, not an event
            await asyncio.sleep(0.005)


# -- the token ---------------------------------------------------------------------------------------------------------
async def test_many_callers_share_one_sign_in(connector: Connector, workspace: Workspace) -> None:
    """The cookie rotates, so two sign-ins at once would be a race for it."""
    accounts = await asyncio.gather(*(connector.observe(MAYA) for _ in range(20)))
    assert {account.status for account in accounts} == {"member"}
    await connector.accounts()
    assert len(sign_ins(workspace)) == 1


async def test_many_rejected_callers_share_one_renewal(connector: Connector, workspace: Workspace) -> None:
    """All of them get a 401 at once."""
    await connector.observe(MAYA)
    workspace.sessions.expire_tokens()
    accounts = await asyncio.gather(*(connector.observe(MAYA) for _ in range(20)))
    assert {account.status for account in accounts} == {"member"}
    assert len(sign_ins(workspace)) == 2


async def test_a_token_is_renewed_shortly_before_it_expires(
    config: AnyConnector, http: httpx.AsyncClient, vault: Any, workspace: Workspace, clock: SandboxClock
) -> None:
    """It lives ten days by its own claim; nobody has to run into a 401."""
    session = WebSession(
        http=http,
        base_url=config.base_url,
        workspace_id=str(config.workspace_id),
        credential=vault,
        headers={},
        now=clock.now,
    )
    path = f"/backend-api/accounts/{config.workspace_id}/users"
    await session.call(READ, "GET", path)
    clock.skip(timedelta(days=9, hours=23).total_seconds())
    await session.call(READ, "GET", path)
    assert len(sign_ins(workspace)) == 1
    clock.skip(timedelta(minutes=56).total_seconds())
    await session.call(READ, "GET", path)
    assert len(sign_ins(workspace)) == 2
    assert [call.status for call in workspace.calls] == [200] * 5


async def test_the_workspace_is_asked_for(connector: Connector, workspace: Workspace, config: AnyConnector) -> None:
    """A personal token could not change anything."""
    await connector.apply(INVITE)
    assert sign_ins(workspace)[0].query == {
        "exchange_workspace_token": "true",
        "workspace_id": str(config.workspace_id),
        "reason": "setCurrentAccount",
    }
    assert workspace.calls[-1].headers["chatgpt-account-id"] == str(config.workspace_id)


# -- the cookie --------------------------------------------------------------------------------------------------------
async def test_a_new_cookie_is_stored_before_its_token_is_used(
    connector: Connector, workspace: Workspace, vault: Any
) -> None:
    """Whoever crashes in between still holds a session."""
    await connector.observe(MAYA)
    assert vault.replaced == [("sandbox-session", "sandbox-session~1", 1)]
    assert workspace.calls[0].path == SESSION


async def test_only_the_newest_cookie_has_to_work(connector: Connector, workspace: Workspace) -> None:
    """A provider that signs the old one out at once."""
    workspace.faults.switch_on("old_cookies_die")
    for _ in range(4):
        workspace.sessions.expire_tokens()
        assert (await connector.observe(MAYA)).status == "member"
    assert [call.headers["cookie"].partition("=")[2] for call in sign_ins(workspace)] == [
        "sandbox-session",
        "sandbox-session~1",
        "sandbox-session~2",
        "sandbox-session~3",
    ]


async def test_a_cookie_in_parts_is_put_together(connector: Connector, workspace: Workspace, vault: Any) -> None:
    """NextAuth splits a long one."""
    workspace.faults.switch_on("cookie_in_chunks")
    workspace.faults.switch_on("old_cookies_die")
    await connector.observe(MAYA)
    assert await vault.value() == "sandbox-session~1"
    workspace.sessions.expire_tokens()
    assert (await connector.observe(MAYA)).status == "member"


async def test_a_cookie_pasted_with_its_name_works(config: AnyConnector, http: httpx.AsyncClient) -> None:
    """Browsers show it so."""

    class Pasted:
        async def value(self) -> str:
            return "__Secure-next-auth.session-token=sandbox-session\n"

        async def replace(self, old: str, new: str) -> None:
            assert (old, new) == (await self.value(), "sandbox-session~1")

    connector = build_connector(config, http=http, credential=Pasted())
    assert (await connector.observe(MAYA)).status == "member"


async def test_a_caller_who_leaves_does_not_lose_the_new_cookie(
    connector: Connector, workspace: Workspace, vault: Any
) -> None:
    """The provider has rotated it already: storing it is finished, whoever is cancelled."""
    answering, go_on = asyncio.Event(), asyncio.Event()

    async def hold(call: Call) -> None:
        if call.path == SESSION:
            answering.set()
            await go_on.wait()

    workspace.before_answer.append(hold)
    caller = asyncio.create_task(connector.observe(MAYA))
    await answering.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await until(lambda: vault.replaced)
    assert await vault.value() == "sandbox-session~1"


async def test_a_cookie_that_another_replica_rotated_meanwhile_is_used(
    config: AnyConnector, http: httpx.AsyncClient, workspace: Workspace, vault: Any
) -> None:
    """Two replicas sign in at once with the same cookie; the slower one looks again before it calls a human."""
    workspace.faults.switch_on("old_cookies_die")
    here, there = (build_connector(config, http=http, credential=vault) for _ in range(2))
    first = True

    async def overtake(call: Call) -> None:
        nonlocal first
        if call.path == SESSION and first:
            first = False
            assert (await there.observe(MAYA)).status == "member"

    workspace.before_effect.append(overtake)
    workspace.sessions.find("sandbox-session~1")  # the cookie in the vault is one behind from now on
    vault.secret = "sandbox-session~1"
    assert (await here.observe(MAYA)).status == "member"


@pytest.mark.parametrize("secret", ["", "two words", "a;b", "line\r\nInjected: yes"])
async def test_what_is_no_cookie_is_not_even_sent(
    config: AnyConnector, http: httpx.AsyncClient, workspace: Workspace, vault: Any, secret: str
) -> None:
    """An admin pasted something else."""
    vault.secret = secret
    with pytest.raises(SignInAgain):
        await build_connector(config, http=http, credential=vault).observe(MAYA)
    assert workspace.calls == []


# -- what must not get out ---------------------------------------------------------------------------------------------
def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything that is chained to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def test_no_secret_is_logged_or_raised(
    connector: Connector, workspace: Workspace, vault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level, through everything that can go wrong."""
    vault.secret = "sandbox-session~7"
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    chained: list[BaseException] = []
    await connector.observe(MAYA)
    for name in sorted(workspace.faults.registry.keys() - {"slow", "answer_never_comes", "call_hangs"}):
        workspace.faults.switch_on(name)
        workspace.sessions.expire_tokens()
        try:
            await connector.observe(LENA)
            await connector.apply(INVITE)
        except ConnectorError as error:
            chained += chain(error)
        told += [f"{condition}" for condition in (await connector.check()).conditions]
        workspace.faults.clear()
    for link in chained:
        assert isinstance(link, ConnectorError), "httpx's own exceptions hold the request, and so the credential"
        told.append(f"{link!r} {link.explanation} {link.remedy}")
    sent = {call.headers.get("authorization", "") for call in workspace.calls}
    bearers = {header.removeprefix("Bearer ") for header in sent if header}
    assert len(bearers) > 10
    assert len(told) > 100
    heard = "\n".join([*told, caplog.text, *(str(record.__dict__) for record in caplog.records)])
    for secret in {"sandbox-session", *bearers, *(token.split(".")[2] for token in bearers)}:
        assert secret not in heard


async def test_sessions_do_not_mix(config: AnyConnector, workspace: Workspace, vault: Any) -> None:
    """Whatever the shared client holds, a call carries its own credential and nothing else."""
    async with httpx.AsyncClient(
        trust_env=False, headers={"Authorization": "Bearer somebody-else"}, cookies={"stray": "cookie"}
    ) as shared:
        connector = build_connector(config, http=shared, credential=vault)
        await connector.apply(INVITE)
    signing_in, *others = workspace.calls
    assert signing_in.headers["cookie"] == "__Secure-next-auth.session-token=sandbox-session"
    assert "authorization" not in signing_in.headers
    for call in others:
        assert "cookie" not in call.headers
        assert "somebody-else" not in call.headers["authorization"]


async def test_the_shared_client_remembers_no_cookie(connector: Connector, http: httpx.AsyncClient) -> None:
    """Nor could the next caller of the same host send it."""
    await connector.observe(MAYA)
    assert list(http.cookies.jar) == []


# -- servers that do something else ------------------------------------------------------------------------------------
@asynccontextmanager
async def server(*answers: bytes, pause: float | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers each request with the next bytes (the last for all that follow), dripping if asked to."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                answer = answers[min(len(asked), len(answers)) - 1]
                pieces = [answer] if pause is None else [bytes([byte]) for byte in answer]
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    if pause is not None:
                        await asyncio.sleep(pause)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", asked


def answer(status: int, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def at(base_url: str, config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> Connector:
    return build_connector(config.model_copy(update={"base_url": base_url}), http=http, credential=vault)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(200, "{}"), SignInAgain),
        (answer(200, '{"error": "RefreshAccessTokenError", "accessToken": "stale"}'), SignInAgain),
        (answer(200, '{"accessToken": ""}'), SignInAgain),
        (answer(200, '{"accessToken": "line\\nbreak"}'), SignInAgain),
        (answer(401, '{"detail": "no"}'), SignInAgain),
        (answer(403, '{"detail": "no"}'), SignInAgain),
        (answer(302, "", "Location: /auth/login"), SignInAgain),
        (answer(500, "{}"), TryLater),
        (answer(429, "{}", "Retry-After: 3"), TryLater),
        (answer(200, "[]"), Unexpected),
    ],
)
async def test_no_access_token_means_signed_out(
    config: AnyConnector,
    http: httpx.AsyncClient,
    vault: Any,
    reply: bytes,
    expected: type[ConnectorError],
) -> None:
    """Whatever the status, unless ChatGPT is merely busy; and the cookie of a dead session is not kept."""
    reply = reply.replace(b"\r\n\r\n", b"\r\nSet-Cookie: __Secure-next-auth.session-token=dead\r\n\r\n", 1)
    async with server(reply) as (base_url, _):
        with pytest.raises(expected) as stopped:
            await at(base_url, config, http, vault).observe(MAYA)
    assert type(stopped.value) is expected
    assert await vault.value() == company.CHATGPT_SESSION


async def test_no_redirect_is_followed(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """A token goes to the configured host and nowhere else."""
    session = answer(200, '{"accessToken": "t", "user": {"email": "it-chatgpt@harbour.example"}}')
    async with server(answer(200, "{}")) as (elsewhere, stolen):
        redirect = answer(307, "", f"Location: {elsewhere}/backend-api")
        async with server(session, redirect) as (base_url, asked):
            with pytest.raises(Unexpected):
                await at(base_url, config, http, vault).observe(MAYA)
            assert len(asked) > 1
        assert stolen == []


async def test_a_server_that_drips_is_given_up(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """Each byte comes in time, the answer never would."""
    http.timeout = httpx.Timeout(0.2)
    async with server(answer(200, " " * 2000 + "{}"), pause=0.02) as (base_url, _), asyncio.timeout(5):
        with pytest.raises(TryLater):
            await at(base_url, config, http, vault).observe(MAYA)


async def test_nobody_at_the_address_is_tried_later(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """A change that was never sent has not happened."""
    async with server(b"") as (base_url, _):
        pass
    with pytest.raises(TryLater):
        await at(base_url, config, http, vault).apply(INVITE)


async def test_a_change_reuses_the_connection(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """Another handshake would cost more than the change."""
    connections = 0
    session = answer(200, '{"accessToken": "t"}')
    done = answer(200, '{"account_invites": [{"email_address": "lena@harbour.example"}]}')
    replies = iter([session, done, done, done])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
                await reader.readexactly(length)
            except asyncio.IncompleteReadError:
                writer.close()
                return
            writer.write(next(replies))
            await writer.drain()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        connector = at(address, config, http, vault)
        for _ in range(3):
            await connector.apply(INVITE)
    assert connections == 1
