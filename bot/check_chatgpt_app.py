"""Looks at the ChatGPT app from outside, in the order in which ChatGPT does when somebody presses Connect.

First the app has to ask who is there (RFC 6750), and say where its metadata is (RFC 9728); that names the authorization
server, whose metadata (RFC 8414) names its endpoints. Addresses are compared byte for byte, as clients do.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bot.connectors.contract import Condition
from bot.connectors.http import new_http_client
from bot.settings import Settings

_PROXY_PATHS = "/mcp, /oauth/*, /.well-known/*, /llms.txt and /docs/*"


class _Wrong(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.remedy = remedy


async def check_chatgpt_app(settings: Settings) -> list[Condition]:
    """A finding for each step; none where the ChatGPT app is off."""
    if settings.public_url is None:
        return []
    async with new_http_client() as http:
        outside = _Outside(http=http, public_url=settings.public_url, here=f"{settings.host}:{settings.port}")
        steps = (
            ("asks who is there", outside.asks_who_is_there),
            ("resource metadata", outside.resource_metadata),
            ("authorization server", outside.authorization_server),
            ("sign-in", outside.sign_in),
        )
        return [await _finding(f"ChatGPT app, {name}", step) for name, step in steps]


async def _finding(name: str, step: Callable[[], Awaitable[str]]) -> Condition:
    try:
        return Condition(name=name, ok=True, detail=await step())
    except _Wrong as wrong:
        return Condition(name=name, ok=False, detail=str(wrong), remedy=wrong.remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """Somebody who knows the public address and nothing else."""

    http: httpx.AsyncClient
    public_url: str
    here: str  # where this process listens

    async def asks_who_is_there(self) -> str:
        """A call without a token is refused, with the address of the metadata."""
        url = f"{self.public_url}/mcp"
        answer = await self._send("POST", url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
        challenge = answer.headers.get("www-authenticate", "")
        named = re.search(r'\bresource_metadata="([^"]*)"', challenge)
        if answer.status_code != httpx.codes.UNAUTHORIZED or named is None:
            raise self._not_usher(answer)
        if not named[1].startswith(f"{self.public_url}/.well-known/oauth-protected-resource"):
            raise _Wrong(f"{url} says that its metadata is at {named[1]}", self._one_address())
        return f"{url} lets nobody in without a sign-in, and says where that is"

    async def resource_metadata(self) -> str:
        """The app says what it is called, and who signs people in."""
        url = f"{self.public_url}/.well-known/oauth-protected-resource/mcp"
        document = await self._document(url)
        for key, found, wanted in (
            ("resource", document.get("resource"), f"{self.public_url}/mcp"),
            ("authorization_servers", document.get("authorization_servers"), [self.public_url]),
        ):
            if found != wanted:
                raise _Wrong(f"{url} has {key} {found}, and not {wanted}", self._one_address())
        return f"names {self.public_url}/mcp, and {self.public_url} as where people sign in"

    async def authorization_server(self) -> str:
        """The authorization server calls itself as the app calls it, and has all that ChatGPT needs."""
        url = f"{self.public_url}/.well-known/oauth-authorization-server"
        document = await self._document(url)
        if document.get("issuer") != self.public_url:
            raise _Wrong(f"{url} has issuer {document.get('issuer')}, and not {self.public_url}", self._one_address())
        for key in ("authorization_endpoint", "token_endpoint", "registration_endpoint"):
            if not str(document.get(key)).startswith(f"{self.public_url}/"):
                raise _Wrong(f"{url} has {key} {document.get(key)}", self._one_address())
        if "S256" not in document.get("code_challenge_methods_supported", ()):
            raise _Wrong(f"{url} does not offer PKCE with S256", self._route())
        return f"calls itself {self.public_url}, with PKCE"

    async def sign_in(self) -> str:
        """What is posted to the authorization server arrives as it was posted."""
        url = f"{self.public_url}/oauth/token"
        answer = await self._send("POST", url, data={"grant_type": "none"})
        if answer.status_code != httpx.codes.BAD_REQUEST or "error" not in _object(answer):
            raise self._not_usher(answer)
        return f"{url} is reached"

    # -- asking ---------------------------------------------------------------------------------------------------
    async def _document(self, url: str) -> dict[str, Any]:
        answer = await self._send("GET", url)
        document = _object(answer)
        if answer.status_code != httpx.codes.OK or not document:
            raise self._not_usher(answer)
        return document

    async def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        try:
            return await self.http.request(
                method, url, headers={"accept": "application/json, text/event-stream"}, **content
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._not_reached(url, error) from error

    # -- what it means --------------------------------------------------------------------------------------------
    def _not_reached(self, url: str, error: Exception) -> _Wrong:
        reason = str(error) or type(error).__name__
        if _is_about_tls(error):
            return _Wrong(
                f"{url} has no certificate that a browser would take ({reason})",
                "Have the proxy send a certificate for this name, with its whole chain. ChatGPT takes no other.",
            )
        return _Wrong(
            f"{url} cannot be reached from here ({reason})",
            f"Check the name in USHER_PUBLIC_URL, the firewall, and that the proxy serves it and leads to {self.here}.",
        )

    def _not_usher(self, answer: httpx.Response) -> _Wrong:
        """What an answer means that is not Usher's, or is not one that Usher gives there."""
        request, status = answer.request, answer.status_code
        what = f"{request.method} {request.url} is answered with {status}"
        if answer.has_redirect_location:
            return _Wrong(
                f"{what}, which leads to {answer.headers['location']}",
                "Have the proxy answer at this very address: what is posted does not survive a redirect. If the other "
                "address is the right one, put it into USHER_PUBLIC_URL.",
            )
        if status == httpx.codes.MISDIRECTED_REQUEST:
            return _Wrong(
                f"{what}: Usher was asked under another name",
                f"Have the proxy pass the Host header on as it came; it has to be the one in {self.public_url}.",
            )
        if status in (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT):
            return _Wrong(
                f"{what}: the proxy reaches nobody",
                f"Start Usher (usher run), and have the proxy lead to {self.here}. Then check again.",
            )
        return _Wrong(f"{what}, which is not what Usher says there", self._route())

    def _route(self) -> str:
        return (
            f"Have the proxy send {_PROXY_PATHS} to {self.here}, where `usher run` has been started with "
            "USHER_PUBLIC_URL set, and let nothing in between answer for it."
        )

    def _one_address(self) -> str:
        return (
            "Clients compare addresses letter by letter. Start Usher with the address that the world uses, "
            f"USHER_PUBLIC_URL={self.public_url}, or correct it here."
        )


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that an answer holds; an empty one where it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
