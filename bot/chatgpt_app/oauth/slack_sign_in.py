"""Sign in with Slack (OpenID Connect): Usher is Slack's client here, and learns nothing but who somebody is.

What is not in OpenID's specification is in Slack's docs: the `team` parameter, the claims with addresses for names, and
that its token endpoint answers 200 also where it refuses.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import jwt
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import hashed
from storage.clock import Clock

TEAM: Final = "https://slack.com/team_id"
USER: Final = "https://slack.com/user_id"
#: how far Slack's clock and ours may be apart
LEEWAY: Final = timedelta(seconds=60)
#: seconds that what Slack's provider says about itself is believed
_BELIEVED: Final = 3600.0
#: errors of openid.connect.token that are about the client, and not about the code (docs.slack.dev)
_NOT_US: Final = frozenset({"invalid_client", "invalid_client_id", "bad_client_secret"})
#: the clock is Usher's, which tests move; everything else is PyJWT's to check
_CHECKS: Final = jwt.types.Options(
    require=["exp", "iat", "iss", "aud", "sub"], verify_exp=False, verify_iat=False, verify_nbf=False
)


class SignInFailed(Exception):
    """It cannot be said who it is. The text says why, for the log; it holds neither codes nor tokens."""


class OtherWorkspace(SignInFailed):
    """Somebody signed in, to a workspace that is not Usher's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    """Slack's provider, as it describes itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    keys: dict[str, jwt.PyJWK]
    read_at: float  # time.monotonic()


class SlackSignIn:
    """Sends people to Slack, and hears from it who they are."""

    def __init__(self, config: AppConfig, http: httpx.AsyncClient, slack: AsyncWebClient, clock: Clock) -> None:
        self._issuer = config.slack_api_url.removesuffix("/").removesuffix("/api")
        self._client_id = config.signin_client_id
        self._client_secret = config.signin_client_secret
        self._redirect_uri = config.slack_redirect_url
        self._http = http
        self._slack = slack
        self._clock = clock
        self._team: str | None = None
        self._known: _Provider | None = None

    async def address(self, *, state: str, nonce: str) -> str:
        """Where to send somebody to sign in.

        Raises:
            SignInFailed: Slack cannot be asked where that is.
        """
        query = {
            "response_type": "code",
            "scope": "openid",  # who it is; neither the address nor the profile
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "state": state,
            "nonce": nonce,
            "team": await self._team_id(),
        }
        return f"{(await self._provider()).authorization_endpoint}?{urlencode(query)}"

    async def who(self, code: str, *, nonce_hash: str) -> str:
        """The Slack user id of whoever signed in. The access token that comes with it is thrown away.

        Raises:
            OtherWorkspace: they did it in another workspace; the `team` of the address is no more than a hint.
            SignInFailed: Slack's answer does not say who it is, or is not Slack's.
        """
        provider = await self._provider()
        answer = await self._exchange(provider, code)
        if answer.get("ok") is not True:
            raise SignInFailed(f"openid.connect.token: {answer.get('error')}")
        claims = await self._claims(provider, str(answer.get("id_token")))
        if not secrets.compare_digest(hashed(str(claims.get("nonce"))), nonce_hash):
            raise SignInFailed("the id_token was made for another sign-in")
        if claims.get(TEAM) != await self._team_id():
            raise OtherWorkspace("the person signed in to another workspace")
        return str(claims.get(USER))

    async def refusal_of_us(self) -> str | None:
        """What Slack has against the client id and secret; None where it takes them.

        Slack looks at both before it looks at a code, so it can be asked with one that is none.

        Raises:
            SignInFailed: Slack cannot be asked.
        """
        answer = await self._exchange(await self._provider(), "no-code")
        error = str(answer.get("error"))
        return error if error in _NOT_US else None

    async def _exchange(self, provider: _Provider, code: str) -> dict[str, Any]:
        return await self._json(
            "POST",
            provider.token_endpoint,
            {
                "grant_type": "authorization_code",
                "code": code,
                "client_id": self._client_id,
                "client_secret": self._client_secret.get_secret_value(),
                "redirect_uri": self._redirect_uri,
            },
        )

    async def _claims(self, provider: _Provider, id_token: str) -> dict[str, Any]:
        try:
            key_id = str(jwt.get_unverified_header(id_token).get("kid"))
            if key_id not in provider.keys:  # Slack may have changed its keys
                provider = await self._provider(anew=True)
            if key_id not in provider.keys:
                raise SignInFailed("the id_token is signed with a key that is not Slack's")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                provider.keys[key_id],
                algorithms=["RS256"],
                audience=self._client_id,
                issuer=provider.issuer,
                options=_CHECKS,
            )
            self._check_times(claims, self._clock.now())
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise SignInFailed(f"the id_token is not good: {type(error).__name__}") from None
        return claims

    def _check_times(self, claims: dict[str, Any], now: datetime) -> None:
        if now.timestamp() > float(claims["exp"]) + LEEWAY.total_seconds():
            raise SignInFailed("the id_token has expired")
        if now.timestamp() < float(claims["iat"]) - LEEWAY.total_seconds():
            raise SignInFailed("the id_token is of a time to come: is this machine's clock right?")

    async def _team_id(self) -> str:
        """The workspace whose bot Usher is."""
        if self._team is None:
            try:
                self._team = str((await self._slack.auth_test())["team_id"])
            except (SlackClientError, OSError, TimeoutError) as error:
                raise SignInFailed(f"auth.test: {type(error).__name__}") from None
        return self._team

    async def _provider(self, *, anew: bool = False) -> _Provider:
        known = self._known
        if known is None or anew or known.read_at + _BELIEVED < time.monotonic():
            about = await self._json("GET", f"{self._issuer}/.well-known/openid-configuration")
            if about.get("issuer") != self._issuer:
                raise SignInFailed(f"{self._issuer} says that it is another issuer")
            key_set = await self._json("GET", str(about.get("jwks_uri")))
            try:
                known = self._known = _Provider(
                    issuer=self._issuer,
                    authorization_endpoint=str(about["authorization_endpoint"]),
                    token_endpoint=str(about["token_endpoint"]),
                    keys={key.key_id: key for key in jwt.PyJWKSet.from_dict(key_set).keys if key.key_id},
                    read_at=time.monotonic(),
                )
            except (KeyError, jwt.PyJWTError) as error:
                raise SignInFailed(f"{self._issuer} does not describe itself: {type(error).__name__}") from None
        return known

    async def _json(self, method: str, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """The JSON object of an answer, whatever its status: a refusal is one, too."""
        try:
            answer = await self._http.request(method, url, data=form)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SignInFailed(f"{url}: {type(error).__name__}") from None
        except ValueError:
            raise SignInFailed(f"{url} is answered with {answer.status_code} and no JSON") from None
        if not isinstance(found, dict):
            raise SignInFailed(f"{url} is not answered with an object")
        return found
