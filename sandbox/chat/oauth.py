"""How the simulated ChatGPT connects to an app: OAuth 2.1 as MCP asks for it, in the steps of a web app.

From the challenge of the MCP server over its metadata to a page on which the person agrees; later the code, the tokens,
new tokens for old ones, and an end. Reading metadata and checking `iss` is the official SDK's work.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import httpx2
from mcp.client.auth import OAuthFlowError, PKCEParameters
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    create_oauth_metadata_request,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
    get_client_metadata_scopes,
    handle_auth_metadata_response,
    handle_protected_resource_response,
    validate_authorization_response_iss,
    validate_metadata_issuer,
)
from mcp.shared.auth import OAuthMetadata, OAuthToken, ProtectedResourceMetadata
from pydantic import ValidationError

from sandbox.chat.client import Host

Metadata = TypeVar("Metadata")

_SILENT: Final = "The app does not answer. Is it running?"
#: statuses with which a server says that a request will not do (RFC 6749, section 5.2), and not that it cannot just now
_REFUSALS: Final = {400, 401, 403}


class Failed(Exception):
    """The app could not be asked, or makes no sense; another try may do. The message is a sentence for the person."""


class NotConnected(Exception):
    """The app does not let the person in, or not any more. The message is a sentence for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What an app's authorization server says of itself, and who we are to it."""

    metadata: OAuthMetadata
    client_id: str
    resource: str
    scope: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A person is on the way to agree, at `url`."""

    server: Server
    redirect_uri: str
    state: str
    url: str
    verifier: str = field(repr=False)


async def begin(http: httpx2.AsyncClient, mcp_url: str, host: Host) -> Pending:
    """Find out where the person has to agree. Raises Failed."""
    server = await _discover(http, mcp_url, host)
    pkce, state = PKCEParameters.generate(), secrets.token_urlsafe(32)
    query = {
        "response_type": "code",
        "client_id": server.client_id,
        "redirect_uri": host.redirect_uri,
        "code_challenge": pkce.code_challenge,
        "code_challenge_method": "S256",
        "state": state,
        "resource": server.resource,
        **({"scope": server.scope} if server.scope else {}),
    }
    url = f"{server.metadata.authorization_endpoint}?{urlencode(query)}"
    return Pending(server=server, redirect_uri=host.redirect_uri, state=state, url=url, verifier=pkce.code_verifier)


async def finish(http: httpx2.AsyncClient, pending: Pending, answer: Mapping[str, str]) -> OAuthToken:
    """The tokens for what came back with the person. Raises NotConnected or Failed."""
    try:
        validate_authorization_response_iss(answer.get("iss"), pending.server.metadata)
    except OAuthFlowError as error:
        raise NotConnected(f"Somebody else than the app sent you back: {error}.") from error
    if "code" not in answer:
        raise NotConnected(answer.get("error_description") or f"The app said {answer.get('error', 'nothing')}.")
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": pending.redirect_uri,
        "code_verifier": pending.verifier,
    }
    return await _tokens(http, pending.server, form)


async def renew(http: httpx2.AsyncClient, server: Server, tokens: OAuthToken) -> OAuthToken:
    """New tokens for old ones. Raises NotConnected or Failed."""
    if tokens.refresh_token is None:
        raise NotConnected("The connection is over.")
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    new = await _tokens(http, server, form)
    # a server that goes on taking the old refresh token need not send it again (RFC 6749, section 6)
    return new if new.refresh_token else new.model_copy(update={"refresh_token": tokens.refresh_token})


async def revoke(http: httpx2.AsyncClient, server: Server, tokens: OAuthToken) -> None:
    """Tell the app that the tokens are not used any more (RFC 7009), if it wants to know. Raises Failed."""
    if server.metadata.revocation_endpoint is None:
        return
    form = {"token": tokens.refresh_token or tokens.access_token, "client_id": server.client_id}
    answer = await _send(http, httpx2.Request("POST", str(server.metadata.revocation_endpoint), data=form))
    if answer.status_code != 200:
        raise Failed(f"The app did not take note: it answered with status {answer.status_code}.")


async def _discover(http: httpx2.AsyncClient, mcp_url: str, host: Host) -> Server:
    challenge = await _send(http, httpx2.Request("POST", mcp_url, json={}))
    if challenge.status_code != 401:
        raise Failed(f"The app does not ask who you are: it answered with status {challenge.status_code}.")
    said_where = extract_resource_metadata_from_www_auth(challenge)
    resource = await _first(
        http, build_protected_resource_metadata_discovery_urls(said_where, mcp_url), handle_protected_resource_response
    )
    if resource is None:
        raise Failed("The app does not say who signs people in (RFC 9728).")
    if str(resource.resource) != mcp_url:
        raise Failed(f"The app calls itself {resource.resource}, which is not where it is.")
    metadata = await _authorization_server(http, resource, mcp_url)
    scope = get_client_metadata_scopes(extract_scope_from_www_auth(challenge), resource, metadata)
    return Server(metadata=metadata, client_id=host.client_id, resource=str(resource.resource), scope=scope)


async def _authorization_server(
    http: httpx2.AsyncClient, resource: ProtectedResourceMetadata, mcp_url: str
) -> OAuthMetadata:
    issuer = str(resource.authorization_servers[0])

    async def read(response: httpx2.Response) -> OAuthMetadata | None:
        return (await handle_auth_metadata_response(response))[1]

    urls = build_oauth_authorization_server_metadata_discovery_urls(issuer, mcp_url)
    metadata = await _first(http, urls, read)
    if metadata is None:
        raise Failed("The app's authorization server does not describe itself (RFC 8414).")
    try:
        validate_metadata_issuer(metadata, issuer)
    except OAuthFlowError as error:
        raise Failed(f"The app's authorization server is not the one that was named: {error}.") from error
    missing = [what for what, is_there in _needs(metadata).items() if not is_there]
    if missing:
        raise Failed(f"The app's authorization server lacks what this client needs: {', '.join(missing)}.")
    return metadata


def _needs(metadata: OAuthMetadata) -> Mapping[str, bool]:
    """What the simulated ChatGPT cannot do without, and whether it is there."""
    return {
        "PKCE with S256": "S256" in (metadata.code_challenge_methods_supported or []),
        "client id metadata documents": metadata.client_id_metadata_document_supported is True,
        "clients without a secret": "none" in (metadata.token_endpoint_auth_methods_supported or []),
    }


async def _tokens(http: httpx2.AsyncClient, server: Server, form: Mapping[str, str]) -> OAuthToken:
    whole = {**form, "client_id": server.client_id, "resource": server.resource}
    response = await _send(http, httpx2.Request("POST", str(server.metadata.token_endpoint), data=whole))
    if response.status_code == 200:
        try:
            return OAuthToken.model_validate_json(response.content)
        except ValidationError as error:
            raise Failed("The app answered with something that is no token.") from error
    trouble = NotConnected if response.status_code in _REFUSALS else Failed
    raise trouble(f"The app gave no tokens: {said(response)}.")


def said(response: httpx2.Response) -> str:
    """What a response that was read says in OAuth's words, or its status."""
    try:
        problem: dict[str, Any] = response.json()
        words = problem.get("error_description") or problem.get("error")
    except (ValueError, AttributeError):
        words = None
    return str(words).rstrip(".") if words else f"it answered with status {response.status_code}"


async def _first(
    http: httpx2.AsyncClient,
    urls: list[str],
    read: Callable[[httpx2.Response], Awaitable[Metadata | None]],
) -> Metadata | None:
    """What the first of these addresses that has it says."""
    for url in urls:
        if (found := await read(await _send(http, create_oauth_metadata_request(url)))) is not None:
            return found
    return None


async def _send(http: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    try:
        return await http.send(request)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Failed(_SILENT) from error
