"""How the simulated ChatGPT connects to an app: OAuth 2.1 as MCP asks for it, in the steps of a web app.

From the challenge of the MCP server over its metadata to a page on which the person agrees; later the code, the tokens,
new tokens for old ones, and an end. Reading metadata and checking `iss` is the official SDK's work.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2
from mcp.client.auth import OAuthFlowError, PKCEParameters
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    create_client_registration_request,
    create_oauth_metadata_request,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
    get_client_metadata_scopes,
    handle_auth_metadata_response,
    handle_protected_resource_response,
    handle_registration_response,
    validate_authorization_response_iss,
    validate_metadata_issuer,
)
from mcp.shared.auth import OAuthClientMetadata, OAuthMetadata, OAuthToken, ProtectedResourceMetadata
from pydantic import AnyUrl, ValidationError

JSON = dict[str, Any]
Metadata = TypeVar("Metadata")

#: how a client introduces itself: by a document at its own address, or by registering with every server
Introduction = Literal["document", "registration"]

REACHED_NOTHING = "The app does not answer. Is it running?"


class NotConnected(Exception):
    """The app cannot be connected, or not any more; the message is a sentence for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The simulated ChatGPT as an OAuth client, at this origin."""

    origin: str

    @property
    def redirect_uri(self) -> str:
        """Where a person comes back to."""
        return f"{self.origin}/chat/oauth/callback"

    @property
    def client_id(self) -> str:
        """The address of the document below."""
        return f"{self.origin}/chat/oauth/client.json"

    def document(self) -> JSON:
        """The client's metadata, with the members that ChatGPT's own has (chatgpt.com/oauth/client.json).

        What a server has to take is one of the plural's methods; the singular is there for old servers.
        """
        return {
            "client_id": self.client_id,
            "client_name": "ChatGPT (simulated)",
            "client_uri": self.origin,
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "jwks_uri": f"{self.origin}/chat/oauth/jwks.json",
        }


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


async def begin(http: httpx2.AsyncClient, mcp_url: str, host: Host, *, introduction: Introduction) -> Pending:
    """Find out where the person has to agree. Raises NotConnected."""
    server = await _discover(http, mcp_url, host, introduction=introduction)
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
    """The tokens for what came back with the person. Raises NotConnected."""
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
    """New tokens for old ones. Raises NotConnected."""
    if tokens.refresh_token is None:
        raise NotConnected("The app wants you to connect it again.")
    return await _tokens(http, server, {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token})


async def revoke(http: httpx2.AsyncClient, server: Server, tokens: OAuthToken) -> None:
    """Tell the app that the tokens are not used any more (RFC 7009), if it wants to know. Raises NotConnected."""
    if server.metadata.revocation_endpoint is None:
        return
    form = {"token": tokens.refresh_token or tokens.access_token, "client_id": server.client_id}
    await _send(http, httpx2.Request("POST", str(server.metadata.revocation_endpoint), data=form))


async def _discover(http: httpx2.AsyncClient, mcp_url: str, host: Host, *, introduction: Introduction) -> Server:
    challenge = await _send(http, httpx2.Request("POST", mcp_url, json={}))
    if challenge.status_code != 401:
        raise NotConnected(f"The app does not ask who you are: it answered with status {challenge.status_code}.")
    said_where = extract_resource_metadata_from_www_auth(challenge)
    resource = await _first(
        http, build_protected_resource_metadata_discovery_urls(said_where, mcp_url), handle_protected_resource_response
    )
    if resource is None:
        raise NotConnected("The app does not say who signs people in (RFC 9728).")
    if str(resource.resource) != mcp_url:
        raise NotConnected(f"The app calls itself {resource.resource}, which is not where it is.")
    metadata = await _authorization_server(http, resource, mcp_url)
    scope = get_client_metadata_scopes(extract_scope_from_www_auth(challenge), resource, metadata)
    wanted = introduction == "document" and metadata.client_id_metadata_document_supported
    client_id = host.client_id if wanted else await _register(http, metadata, host)
    return Server(metadata=metadata, client_id=client_id, resource=str(resource.resource), scope=scope)


async def _authorization_server(
    http: httpx2.AsyncClient, resource: ProtectedResourceMetadata, mcp_url: str
) -> OAuthMetadata:
    issuer = str(resource.authorization_servers[0])

    async def read(response: httpx2.Response) -> OAuthMetadata | None:
        return (await handle_auth_metadata_response(response))[1]

    urls = build_oauth_authorization_server_metadata_discovery_urls(issuer, mcp_url)
    metadata = await _first(http, urls, read)
    if metadata is None:
        raise NotConnected("The app's authorization server does not describe itself (RFC 8414).")
    try:
        validate_metadata_issuer(metadata, issuer)
    except OAuthFlowError as error:
        raise NotConnected(f"The app's authorization server is not the one that was named: {error}.") from error
    if "S256" not in (metadata.code_challenge_methods_supported or []):
        raise NotConnected("The app's authorization server does not know PKCE with S256.")
    return metadata


async def _register(http: httpx2.AsyncClient, metadata: OAuthMetadata, host: Host) -> str:
    """Dynamic registration (RFC 7591): the client id."""
    wanted = OAuthClientMetadata(
        client_name="ChatGPT (simulated)",
        redirect_uris=[AnyUrl(host.redirect_uri)],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    issuer = urlsplit(str(metadata.issuer))
    request = create_client_registration_request(metadata, wanted, f"{issuer.scheme}://{issuer.netloc}")
    try:
        return (await handle_registration_response(await _send(http, request))).client_id
    except OAuthFlowError as error:
        raise NotConnected(f"The app does not take the simulated ChatGPT as a client: {error}.") from error


async def _tokens(http: httpx2.AsyncClient, server: Server, form: Mapping[str, str]) -> OAuthToken:
    whole = {**form, "client_id": server.client_id, "resource": server.resource}
    response = await _send(http, httpx2.Request("POST", str(server.metadata.token_endpoint), data=whole))
    try:
        if response.status_code == 200:
            return OAuthToken.model_validate_json(response.content)
        problem = response.json()
    except (ValidationError, ValueError):
        problem = {}
    said = problem.get("error_description") or problem.get("error") or f"it answered with {response.status_code}"
    raise NotConnected(f"The app gave no tokens: {said}.")


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
    except httpx2.HTTPError as error:
        raise NotConnected(REACHED_NOTHING) from error
