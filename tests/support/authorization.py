"""ChatGPT's Connect, played out: a program's website, a person's browser, Slack, and Usher, all on real sockets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.access.operations.people import SlackPerson, upsert_people
from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import Holder, holder_of
from bot.chatgpt_app.oauth.routes import oauth_routes
from bot.connectors.http import new_http_client
from bot.serving import listen, serving
from sandbox import company
from sandbox.server import Sandbox
from storage.database import Database

JSON = dict[str, Any]


def somebody(person: company.Person, **changes: bool) -> SlackPerson:
    """A person of the company, as the directory has them."""
    return SlackPerson(
        id=person.id, name=person.name, email=person.email, title=person.title, timezone=person.tz,
        manager_id=person.manager, is_bot=changes.get("is_bot", False), is_guest=changes.get("is_guest", False),
        active=changes.get("active", True),
    )  # fmt: skip


async def know(database: Database, **changes: bool) -> None:
    """Has the directory know the company's people; Lena with changes."""
    people = [somebody(company.LENA, **changes), *map(somebody, (company.TOM, company.MAYA, company.NOOR))]
    await database.write(upsert_people, people, complete=True)


@dataclass(slots=True, kw_only=True)
class Website:
    """Where the program lives that people connect. It serves documents, whatever they are."""

    origin: str
    documents: dict[str, Callable[[], Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def document(self, path: str = "/client.json", **changes: Any) -> str:
        """A client's metadata document, served from now on: the client's id."""
        document = {
            "client_id": f"{self.origin}{path}",
            "client_name": "ChatGPT",
            "redirect_uris": [self.returns],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        }
        said = {key: value for key, value in (document | changes).items() if value is not None}
        self.documents[path] = lambda: JSONResponse(said)
        return f"{self.origin}{path}"

    @property
    def returns(self) -> str:
        """Where people come back to."""
        return f"{self.origin}/return"


async def _drip() -> AsyncIterator[bytes]:
    """Far longer than anybody waits."""
    while True:
        yield b" "
        await asyncio.sleep(0.5)


def slowly() -> Response:
    """A document that never ends."""
    return StreamingResponse(_drip(), media_type="application/json")


@asynccontextmanager
async def website() -> AsyncIterator[Website]:
    """A website on a free port."""
    listener = listen("127.0.0.1", 0)
    site = Website(origin=f"http://127.0.0.1:{listener.getsockname()[1]}")

    async def serve(request: Request) -> Response:
        site.asked.append(request.url.path)
        made = site.documents.get(request.url.path)
        return made() if made else Response(status_code=404)

    async with serving(Starlette(routes=[Route("/{path:path}", serve)]), listener):
        yield site


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkce:
    """A verifier with its challenge (RFC 7636)."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """An authorization server that is being served, and everybody that it meets."""

    config: AppConfig
    database: Database
    sandbox: Sandbox
    site: Website
    client: httpx.AsyncClient  # the program's own, without cookies
    pkce: Pkce = field(default_factory=Pkce)

    @asynccontextmanager
    async def browser(self, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A person's browser, with cookies of its own; redirects are followed by hand."""
        async with httpx.AsyncClient(
            base_url=self.config.public_url, timeout=60, trust_env=False, verify=False, **options
        ) as browser:
            yield browser

    def asking(self, **changes: str | None) -> str:
        """The address that the program opens in the person's browser. A change to None leaves something out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": f"{self.site.origin}/client.json",
            "redirect_uri": self.site.returns,
            "code_challenge": self.pkce.challenge,
            "code_challenge_method": "S256",
            "state": "ö = the client's own & state",
            "scope": "access",
            "resource": self.config.resource,
        }
        query = {key: value for key, value in (asked | changes).items() if value is not None}
        return f"/oauth/authorize?{urlencode(query)}"

    async def consent_page(
        self, browser: httpx.AsyncClient, asking: str | None = None, **changes: str | None
    ) -> tuple[str, httpx.Response]:
        """The ticket, and the page that the person reads; `asking` is the address that a program of others opens."""
        answer = await browser.get(asking or self.asking(**changes))
        assert answer.status_code == 302, answer.text
        page = await browser.get(answer.headers["location"])
        assert page.status_code == 200, page.text
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket is not None
        return ticket[1], page

    async def agreed(self, browser: httpx.AsyncClient, **changes: str | None) -> str:
        """The person has pressed Continue with Slack: the address of Slack's page."""
        ticket, _ = await self.consent_page(browser, **changes)
        answer = await browser.post("/oauth/consent", data={"ticket": ticket, "decision": "continue"})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def signed_in(self, browser: httpx.AsyncClient, person: company.Person, **changes: str | None) -> str:
        """The person has signed in with Slack as well: the address with which Slack sends them back."""
        slack = await self.agreed(browser, **changes)
        answer = await browser.post(slack, data={"user": person.id, "decision": "allow"})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def returned(self, person: company.Person = company.LENA, **changes: str | None) -> dict[str, str]:
        """The whole way in a browser of its own: what the program is told in the end."""
        async with self.browser() as browser:
            return told(await browser.get(await self.signed_in(browser, person, **changes)))

    async def token(self, **form: str | None) -> httpx.Response:
        """The program's call of the token endpoint."""
        given = {"client_id": f"{self.site.origin}/client.json", "resource": self.config.resource, **form}
        said = {key: value for key, value in given.items() if value is not None}
        return await self.client.post("/oauth/token", data=said)

    async def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """The program's exchange of a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.site.returns,
            "code_verifier": self.pkce.verifier,
        }
        return await self.token(**(form | changes))

    async def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        """The program's exchange of a refresh token."""
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    async def connected(self, person: company.Person = company.LENA, **changes: str | None) -> JSON:
        """Somebody has connected: the program's tokens."""
        answer = await self.exchange((await self.returned(person, **changes))["code"])
        assert answer.status_code == 200, answer.text
        tokens: JSON = answer.json()
        return tokens

    async def holder(self, access_token: str, *, database: Database | None = None) -> Holder | None:
        """Whom a token lets in."""
        database = database or self.database
        return await database.look(
            holder_of,
            access_token,
            resource=self.config.resource,
            guests=self.config.guests,
            now=database.clock.now(),
        )


def told(answer: httpx.Response) -> dict[str, str]:
    """What a redirect to the program says."""
    assert answer.status_code in {302, 303}, answer.text
    address = urlsplit(answer.headers["location"])
    assert address.path == "/return"
    return dict(parse_qsl(address.query))


@asynccontextmanager
async def connecting(
    database: Database,
    sandbox: Sandbox,
    site: Website,
    *,
    origins: tuple[str, ...] = (),
    guests: bool = False,
    public_url: str | None = None,
) -> AsyncIterator[Connect]:
    """Usher's authorization server on a free port. With `public_url` it is one more replica of the one there."""
    listener = listen("127.0.0.1", 0)
    here = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = AppConfig(
        public_url=public_url or here,
        origins=(site.origin, *origins),
        guests=guests,
        signin_client_id=company.SLACK_APP.client_id,
        signin_client_secret=SecretStr(company.SLACK_APP.client_secret),
        slack_api_url=sandbox.slack_api_url,
        apps_challenge=None,
    )
    sandbox.slack.app.redirect_urls = (f"{config.public_url}/oauth/slack/callback",)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(new_http_client(trust_env=False))
        slack = AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])
        routes = oauth_routes(config, database, http, slack)
        await stack.enter_async_context(serving(Starlette(routes=routes), listener))
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=here, timeout=60, trust_env=False, verify=False)
        )
        yield Connect(config=config, database=database, sandbox=sandbox, site=site, client=client)
