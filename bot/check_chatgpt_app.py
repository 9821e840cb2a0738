"""Looks at the ChatGPT app from outside, in the order in which ChatGPT does when somebody presses Connect.

First the app has to ask who is there (RFC 6750), and say where its metadata is (RFC 9728); that names the authorization
server, whose metadata (RFC 8414) names its endpoints. Addresses are compared byte for byte, as clients do. Last, Slack
is asked whether it knows Usher as a client.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.oauth.slack_sign_in import SignInFailed, SlackSignIn
from bot.connectors.contract import Condition
from bot.connectors.http import new_http_client
from bot.settings import Settings
from bot.slack import slack_client
from storage.clock import SystemClock

#: where a challenge says that the metadata is (RFC 9728, section 5.1)
_METADATA = 'resource_metadata="'
_PROXY_PATHS = "/mcp, /oauth/*, /.well-known/*, /llms.txt, /README.md and /docs/*"


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
        steps = [
            ("asks who is there", outside.asks_who_is_there),
            ("tokens", outside.tokens_arrive),
            ("resource metadata", outside.resource_metadata),
            ("authorization server", outside.authorization_server),
            ("sign-in", outside.sign_in),
        ]
        if settings.slack_signin_client_id and settings.slack_signin_client_secret:
            steps.append(("Sign in with Slack", partial(_slack_takes_us, settings, http)))
        return [await _finding(f"ChatGPT app, {name}", step) for name, step in steps]


async def _finding(name: str, step: Callable[[], Awaitable[str]]) -> Condition:
    try:
        return Condition(name=name, ok=True, detail=await step())
    except _Wrong as wrong:
        return Condition(name=name, ok=False, detail=str(wrong), remedy=wrong.remedy)


async def _slack_takes_us(settings: Settings, http: httpx.AsyncClient) -> str:
    """Slack knows the client id, and that the secret belongs to it."""
    config = AppConfig.of(settings)
    slack = SlackSignIn(config, http, slack_client(settings), SystemClock())
    try:
        error = await slack.refusal_of_us()
    except SignInFailed as failed:
        raise _Wrong(f"Slack cannot be asked ({failed})", "Check the network and SLACK_API_URL.") from failed
    if error is not None:
        raise _Wrong(
            f"Slack says {error}",
            "Copy SLACK_SIGNIN_CLIENT_ID and SLACK_SIGNIN_CLIENT_SECRET again: api.slack.com/apps, your app, Basic "
            "Information, App Credentials.",
        )
    return f"Slack takes the client id and its secret. Its redirect URL has to be {config.slack_redirect_url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """Somebody who knows the public address and nothing else."""

    http: httpx.AsyncClient
    public_url: str
    here: str  # where this process listens

    async def asks_who_is_there(self) -> str:
        """A call without a token is refused, with the address of the metadata."""
        url = f"{self.public_url}/mcp"
        challenge = await self._challenge()
        if f"{_METADATA}{self.public_url}/.well-known/oauth-protected-resource" not in challenge:
            raise _Wrong(f"{url} is answered with {challenge}", self._one_address())
        return f"{url} lets nobody in without a sign-in, and says where that is"

    async def tokens_arrive(self) -> str:
        """What a call brings along reaches Usher: a token that is none is refused as one."""
        if 'error="invalid_token"' not in await self._challenge(authorization="Bearer none"):
            raise _Wrong(
                f"{self.public_url}/mcp takes a call with a token for one without",
                "Have the proxy pass the Authorization header on: some take it for their own and leave it out.",
            )
        return "a token arrives as it was sent"

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
    async def _challenge(self, **headers: str) -> str:
        """With what a call is refused."""
        call = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        answer = await self._send("POST", f"{self.public_url}/mcp", headers=headers, json=call)
        challenge: str = answer.headers.get("www-authenticate", "")
        if answer.status_code != httpx.codes.UNAUTHORIZED or _METADATA not in challenge:
            raise self._not_usher(answer)
        return challenge

    async def _document(self, url: str) -> dict[str, Any]:
        answer = await self._send("GET", url)
        document = _object(answer)
        if answer.status_code != httpx.codes.OK or not document:
            raise self._not_usher(answer)
        return document

    async def _send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        accepted = {"accept": "application/json, text/event-stream"}
        try:
            return await self.http.request(method, url, headers={**accepted, **(headers or {})}, **content)
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
        if status == httpx.codes.UNAUTHORIZED:
            challenge = answer.headers.get("www-authenticate", "no header WWW-Authenticate")
            return _Wrong(
                f"{what} and {challenge}, which is not what Usher says there",
                "Have the proxy pass the headers of answers on as they are, and ask for no sign-in of its own.",
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
            f"USHER_PUBLIC_URL={self.public_url}, or correct it here, and let nothing rewrite its answers on the way."
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
