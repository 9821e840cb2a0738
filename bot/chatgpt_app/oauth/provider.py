"""What the SDK's handlers ask of an authorization server: clients, codes and tokens."""

from __future__ import annotations

import math
import re
from typing import Final

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    TokenError,
)
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import ACCESS_LASTS, SCOPE, Tokens, renew
from bot.chatgpt_app.oauth import sign_ins
from bot.chatgpt_app.oauth.clients import Clients
from storage.database import Database

#: BASE64URL of a SHA-256 (RFC 7636)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
#: characters
_LONGEST_STATE: Final = 4_096


class Provider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Answers the SDK's handlers for authorization, tokens and registration.

    Whether something is still good is decided by Usher's clock and in the transaction that uses it; what is loaded
    beforehand carries no time for the SDK to compare.
    """

    def __init__(self, config: AppConfig, database: Database, clients: Clients) -> None:
        self._config = config
        self._database = database
        self._clients = clients

    # -- clients ---------------------------------------------------------------------------------------------------
    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        """The client, if people may connect it."""
        return await self._clients.get_client(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Turns what the handler is about to answer into a registration that has nothing to be kept."""
        self._clients.register(client_info)

    # -- authorization ---------------------------------------------------------------------------------------------
    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        """Begins a sign-in; returns the address of the consent page."""
        if params.resource is not None and not is_resource(params.resource, self._config):
            raise AuthorizeError("invalid_target", f"the resource here is {self._config.resource}")
        if _CHALLENGE.fullmatch(params.code_challenge) is None:
            raise AuthorizeError("invalid_request", "code_challenge is not that of a SHA-256")
        if len(params.state or "") > _LONGEST_STATE:
            raise AuthorizeError("invalid_request", f"state is longer than {_LONGEST_STATE} characters")
        ticket = await self._database.write(
            sign_ins.begin,
            client_id=client.client_id,
            client_name=client.client_name or "",
            params=params,
            resource=self._config.resource,
        )
        if ticket is None:
            raise AuthorizeError("temporarily_unavailable", "too many people are signing in: try again in a minute")
        return f"{self._config.issuer}/oauth/consent?ticket={ticket}"

    # -- tokens ----------------------------------------------------------------------------------------------------
    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """What the code was given for; None where it is not good."""
        found = await self._database.write(sign_ins.present, authorization_code, client_id=client.client_id)
        if found is None:
            return None
        return AuthorizationCode(
            code=authorization_code,
            scopes=[SCOPE],
            expires_at=math.inf,
            client_id=client.client_id,
            code_challenge=found.code_challenge,
            redirect_uri=AnyUrl(found.redirect_uri),
            redirect_uri_provided_explicitly=found.redirect_uri_explicit,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """Connects the person, and returns the first pair of tokens."""
        return _answer(
            await self._database.write(
                sign_ins.exchange,
                authorization_code.code,
                client_id=client.client_id,
                guests=self._config.guests,
            )
        )

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        """Whatever came; the exchange looks at it."""
        return RefreshToken(token=refresh_token, client_id=client.client_id, scopes=[SCOPE])

    async def exchange_refresh_token(
        self,
        client: OAuthClientInformationFull,
        refresh_token: RefreshToken,
        scopes: list[str],  # noqa: ARG002 - there is one
    ) -> OAuthToken:
        """A new pair for the old one."""
        return _answer(
            await self._database.write(
                renew, refresh_token.token, client_id=client.client_id, guests=self._config.guests
            )
        )

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Not asked here: the MCP server's door looks at access tokens."""
        raise NotImplementedError

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        """Not asked here: see `revocation`."""
        raise NotImplementedError


def is_resource(resource: str, config: AppConfig) -> bool:
    """Is it the app? Some clients write a slash at the end."""
    return resource.rstrip("/") == config.resource


def _answer(tokens: Tokens | None) -> OAuthToken:
    if tokens is None:
        raise TokenError("invalid_grant", "it is not good, or not any more: connect again")
    return OAuthToken(
        access_token=tokens.access,
        token_type="Bearer",  # noqa: S106 - the name of a type
        expires_in=int(ACCESS_LASTS.total_seconds()),
        refresh_token=tokens.refresh,
        scope=SCOPE,
    )
