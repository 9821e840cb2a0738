"""`usher check` looks at the public address from outside, through a proxy that does what proxies do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.check_chatgpt_app import check_chatgpt_app
from bot.connectors.contract import Condition
from bot.serving import listen, serving
from bot.settings import Settings
from sandbox import company
from sandbox.server import Sandbox
from storage.clock import SystemClock
from storage.database import Database
from tests.support.mcp_app import served

ASKS, TOKENS, RESOURCE, SERVER, SIGN_IN, SLACK = (
    f"ChatGPT app, {name}"
    for name in (
        "asks who is there", "tokens", "resource metadata", "authorization server", "sign-in", "Sign in with Slack",
    )
)  # fmt: skip
OUTSIDE = (ASKS, TOKENS, RESOURCE, SERVER, SIGN_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a proxy makes of the headers of a call, and of the answer; by itself it changes nothing."""

    headers: Callable[[dict[str, str]], dict[str, str]] = dict
    answer: Callable[[Request, Response], Response] = lambda _request, answer: answer


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    """A database in which nobody is: nobody comes in."""
    opened = await Database.open(sqlite_url, clock=SystemClock())
    yield opened
    await opened.close()


@asynccontextmanager
async def proxied(database: Database, manners: Manners) -> AsyncIterator[str]:
    """The public address of an Usher that stands behind a proxy."""
    listener = listen("127.0.0.1", 0)
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        served(database, public_url=public_url) as app,
        httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as http,
    ):

        async def pass_on(request: Request) -> Response:
            found = await http.request(
                request.method,
                app.url.removesuffix("/mcp") + request.url.path,
                headers=manners.headers(dict(request.headers)),
                content=await request.body(),
            )
            kept = {name: value for name, value in found.headers.items() if name != "content-length"}
            return manners.answer(request, Response(found.content, found.status_code, kept))

        routes = [Route("/{path:path}", pass_on, methods=["GET", "POST"])]
        async with serving(Starlette(routes=routes), listener):
            yield public_url


async def check(public_url: str, **settings: str) -> dict[str, Condition]:
    """What is found, by name."""
    return {each.name: each for each in await check_chatgpt_app(Settings.given(public_url=public_url, **settings))}


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def headers_without(name: str) -> Callable[[Request, Response], Response]:
    def strip(_request: Request, answer: Response) -> Response:
        del answer.headers[name]
        return answer

    return strip


def rewritten(_request: Request, answer: Response) -> Response:
    """As a proxy does that puts its own name for an address into what passes."""
    return Response(
        bytes(answer.body).replace(b"http://127.0.0.1", b"https://usher.internal"),
        answer.status_code,
        {name: value.replace("http://127.0.0.1", "https://usher.internal") for name, value in answer.headers.items()
         if name != "content-length"},
    )  # fmt: skip


def not_found_in(beginning: str) -> Callable[[Request, Response], Response]:
    return lambda request, answer: Response(status_code=404) if request.url.path.startswith(beginning) else answer


#: what a proxy does, which findings fail, and what they have to say
WRONG: dict[str, tuple[Manners, tuple[str, ...], str]] = {
    "leads elsewhere": (
        Manners(answer=lambda request, _: RedirectResponse(f"https://www.example.com{request.url.path}", 301)),
        OUTSIDE,
        "does not survive a redirect",
    ),
    "names another host": (
        Manners(headers=lambda headers: headers | {"host": "usher.internal"}),
        (ASKS, TOKENS),
        "pass the Host header on",
    ),
    "keeps the token": (
        Manners(headers=lambda headers: without(headers, "authorization")),
        (TOKENS,),
        "pass the Authorization header on",
    ),
    "keeps the challenge": (
        Manners(answer=headers_without("www-authenticate")),
        (ASKS, TOKENS),
        "pass the headers of answers on",
    ),
    "asks for a password": (
        Manners(answer=lambda *_: Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="intern"'})),
        OUTSIDE,
        "ask for no sign-in of its own",
    ),
    "reaches nobody": (Manners(answer=lambda *_: Response(status_code=502)), OUTSIDE, "Start Usher (usher run)"),
    "rewrites addresses": (Manners(answer=rewritten), (ASKS, RESOURCE, SERVER), "letter by letter"),
    "serves /.well-known itself": (
        Manners(answer=not_found_in("/.well-known/")), (RESOURCE, SERVER), "Have the proxy send /mcp, /oauth/*",
    ),
    "leaves /oauth out": (Manners(answer=not_found_in("/oauth/")), (SIGN_IN,), "Have the proxy send /mcp, /oauth/*"),
    "shows a page of its own": (Manners(answer=lambda *_: HTMLResponse("<p>Soon!")), OUTSIDE, "Have the proxy send"),
}  # fmt: skip


@pytest.mark.parametrize("habit", WRONG)
async def test_what_a_proxy_does_wrong_is_said(database: Database, habit: str) -> None:
    """Which step of Connect it would spoil, what was seen, and what to do."""
    manners, spoiled, words = WRONG[habit]
    async with proxied(database, manners) as public_url:
        found = await check(public_url)
    assert tuple(name for name, each in found.items() if not each.ok) == spoiled
    for name in spoiled:
        assert found[name].remedy, found[name]
        assert words in found[name].remedy, found[name]


async def test_all_is_well_behind_a_proxy_that_passes_everything_on(database: Database) -> None:
    """Each step that ChatGPT takes at Connect, and last whether Slack knows Usher; a wrong secret is told."""
    async with proxied(database, Manners()) as public_url, Sandbox.start() as sandbox:
        slack = {
            "slack_api_url": sandbox.slack_api_url,
            "slack_signin_client_id": company.SLACK_APP.client_id,
            "slack_signin_client_secret": company.SLACK_APP.client_secret,
        }
        found = await check(public_url, **slack)
        assert tuple(found) == (*OUTSIDE, SLACK)
        assert [each for each in found.values() if not each.ok] == []
        assert f"{public_url}/oauth/slack/callback" in found[SLACK].detail
        wrong = (await check(public_url, **(slack | {"slack_signin_client_secret": "guessed"})))[SLACK]
        assert (wrong.ok, wrong.detail) == (False, "Slack says bad_client_secret")
        assert "SLACK_SIGNIN_CLIENT_SECRET" in wrong.remedy
        stranger = (await check(public_url, **(slack | {"slack_signin_client_id": "1.2"})))[SLACK]
        assert stranger.detail == "Slack says invalid_client_id"
    away = (await check(public_url, **slack))[SLACK]
    assert "Slack cannot be asked" in away.detail


async def test_an_address_that_cannot_be_reached(database: Database) -> None:
    """Nobody listens there, or it has no certificate that a browser would take."""
    async with proxied(database, Manners()) as public_url:
        plain = await check(public_url.replace("http://", "https://"))
    gone = await check(public_url)
    assert {each.ok for each in (*plain.values(), *gone.values())} == {False}
    assert "certificate" in plain[ASKS].detail
    assert "cannot be reached" in gone[ASKS].detail
    assert "USHER_PUBLIC_URL" in gone[ASKS].remedy


async def test_another_usher_than_the_one_that_is_named(database: Database) -> None:
    """Its own address and the one that the world uses differ, even if only by a letter."""
    async with proxied(database, Manners()) as public_url:
        found = await check(public_url.replace("127.0.0.1", "localhost"))
    assert not found[RESOURCE].ok
    assert not found[SERVER].ok
    assert f"has issuer {public_url}" in found[SERVER].detail


async def test_without_a_public_address_there_is_nothing_to_look_at() -> None:
    """The ChatGPT app is off."""
    assert await check_chatgpt_app(Settings.given()) == []
