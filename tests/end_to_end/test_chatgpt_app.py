"""From Connect to giving back inside ChatGPT: `usher run` as a process, Slack, ChatGPT, and MCP's official client."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from bot.serving import listen
from sandbox import company
from sandbox.slack.reading import shown_text
from tests.support.harbour import Harbour
from tests.support.mcp_app import ERAS
from tests.support.quick_loop import PER_SECOND

#: where ChatGPT's connections return to; nobody has to listen there
ORIGIN = "https://chatgpt.com"
RETURNS = f"{ORIGIN}/connector_platform_oauth_redirect"
#: the two eras share the two levels out
LOG_LEVELS = {"legacy": "debug", "auto": "info"}


class Memory:
    """What a client keeps of a connection."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Connecting:
    """A person who presses Connect, agrees, and signs in with Slack."""

    def __init__(self, person: company.Person) -> None:
        self._person = person
        self._back: dict[str, str] = {}
        #: what nobody else may have: the ticket, Slack's code, and the one for the program
        self.secrets: list[str] = []
        #: what they read before they agreed
        self.read = ""

    async def press(self, url: str) -> None:
        """From the address that the program opens to the one that leads back to it."""
        async with httpx.AsyncClient(timeout=None, trust_env=False, follow_redirects=True, verify=False) as browser:
            page = await browser.get(url)
            self.read = page.text
            ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
            assert ticket is not None, page.text
            form = {"ticket": ticket[1], "decision": "continue"}
            consent = page.url.join("/oauth/consent")
            slack = await browser.post(consent, data=form, follow_redirects=False)
            allowed = {"user": self._person.id, "decision": "allow"}
            back = await browser.post(slack.headers["location"], data=allowed, follow_redirects=False)
            over = await browser.get(back.headers["location"], follow_redirects=False)
        assert over.headers["location"].startswith(RETURNS), over.text
        came = parse_qs(urlsplit(back.headers["location"]).query)
        self._back = {name: values[0] for name, values in parse_qs(urlsplit(over.headers["location"]).query).items()}
        self.secrets = [ticket[1], came["code"][0], self._back["code"]]

    async def back(self) -> AuthorizationCodeResult:
        """What the program is told."""
        return AuthorizationCodeResult(code=self._back["code"], state=self._back["state"], iss=self._back["iss"])


@asynccontextmanager
async def connected(url: str, connecting: Connecting, memory: Memory, *, era: str) -> AsyncIterator[Client]:
    """The official client, with the connection that it has or makes."""
    oauth = OAuthClientProvider(
        url,
        OAuthClientMetadata(client_name="ChatGPT", redirect_uris=[AnyUrl(RETURNS)], token_endpoint_auth_method="none"),
        memory,
        connecting.press,
        connecting.back,
    )
    async with (
        httpx2.AsyncClient(auth=oauth, timeout=None, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


async def data(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a call."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


@pytest.mark.parametrize("era", ERAS)
async def test_a_seat_is_asked_for_approved_used_and_given_back_from_inside_chatgpt(
    sqlite_url: str, tmp_path: Path, era: str
) -> None:
    """Lena connects once, asks in ChatGPT, Maya approves in Slack, the seat is there, and Lena gives it back."""
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    public_url = f"http://127.0.0.1:{port}"
    async with Harbour.open(tmp_path, sqlite_url) as harbour:
        harbour.slack.rate_limit.per_second *= PER_SECOND
        catalog = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
        (tmp_path / "catalog.yml").write_text(catalog.replace("durations: [7d,", "durations: [7d, 14d,"))
        app = company.SLACK_APP
        harbour.slack.app.redirect_urls = (f"{public_url}/oauth/slack/callback",)
        harbour.usher = harbour.another_usher(
            USHER_PORT=str(port),
            USHER_PUBLIC_URL=public_url,
            SLACK_SIGNIN_CLIENT_ID=app.client_id,
            SLACK_SIGNIN_CLIENT_SECRET=app.client_secret,
            USHER_LOG_LEVEL=LOG_LEVELS[era],
        )
        await harbour.start()
        connecting, memory = Connecting(company.LENA), Memory()
        lena, maya = harbour.person(company.LENA), harbour.person(company.MAYA)

        async with connected(f"{public_url}/mcp", connecting, memory, era=era) as client:
            assert client.protocol_version == ERAS[era]
            assert "ChatGPT" in connecting.read
            assert (await data(client, "get_profile"))["name"] == company.LENA.name
            assert {"list_apps", "request_access"} <= {tool.name for tool in (await client.list_tools()).tools}
            asked = await data(
                client,
                "request_access",
                app="ChatGPT",
                seat_type="codex",
                duration="two weeks",
                reason="I am trying the agent",
            )
        assert asked["what"] == "Member · Codex seat · 14 days"
        assert asked["status"] == "Waiting for approval"

        await harbour.sees(lena, "Waiting for approval")
        card = await harbour.card(maya, lena)
        assert "I am trying the agent" in shown_text(card.blocks)
        assert not (await maya.press("Approve", in_=card)).error
        await harbour.sees(lena, "· Invited")
        harbour.chatgpt.accept(company.LENA.email)
        await harbour.sees(lena, "· Active")

        # the connection lasts: nobody has to sign in a second time
        async with connected(f"{public_url}/mcp", Connecting(company.TOM), memory, era=era) as client:
            shown = await data(client, "get_request", request_id=asked["request_id"])
            assert shown["status"] == "Active"
            assert shown["until"]
            assert shown["link"]
            member = harbour.chatgpt.roster.member_by_email(company.LENA.email)
            assert member is not None
            assert (await data(client, "give_back_access", app="chatgpt"))["status"] == "Ending"
        await harbour.until(lambda: not harbour.is_member(company.LENA.email))
        await harbour.demand_whole_ledger()
        [request] = await harbour.requests()
        assert (request.channel, request.reason) == ("chatgpt", "I am trying the agent")

        # not even the wordiest log holds what opens something, and the ordinary one does not say why somebody asked
        assert memory.tokens is not None
        secrets = [*connecting.secrets, memory.tokens.access_token, memory.tokens.refresh_token, app.client_secret]
        for secret in secrets if LOG_LEVELS[era] == "debug" else [*secrets, request.reason]:
            assert secret
            assert secret not in harbour.usher.errors
