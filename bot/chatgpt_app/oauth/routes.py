"""The authorization server's addresses, each with what guards it."""

from __future__ import annotations

from typing import Any, Final, cast

import httpx
from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import ClientAuthenticator
from mcp.server.auth.provider import OAuthAuthorizationServerProvider, construct_redirect_uri
from mcp.server.auth.settings import ClientRegistrationOptions
from slack_sdk.web.async_client import AsyncWebClient
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, request_response
from starlette.types import ASGIApp

from bot.body_limit import BodyLimit
from bot.chatgpt_app.config import SLACK_CALLBACK, AppConfig
from bot.chatgpt_app.connections import SCOPE
from bot.chatgpt_app.oauth import metadata, pages
from bot.chatgpt_app.oauth.clients import Clients, KnownByName
from bot.chatgpt_app.oauth.consent import Consent
from bot.chatgpt_app.oauth.guard import Guard
from bot.chatgpt_app.oauth.limits import Endpoint, Limits
from bot.chatgpt_app.oauth.provider import Provider, is_resource
from bot.chatgpt_app.oauth.revocation import Revocation
from bot.chatgpt_app.oauth.slack_sign_in import SlackSignIn
from storage import traces
from storage.database import Database

#: bytes; forms and registrations are far smaller
LARGEST_BODY: Final = 64 * 1024
#: calls a minute from one network address. People of one company often share one, and all of ChatGPT's share a few.
SIGN_INS: Final = 120
PAGES: Final = 480
REGISTRATIONS: Final = 30
TOKENS: Final = 600


def oauth_routes(
    config: AppConfig, database: Database, http: httpx.AsyncClient, slack: AsyncWebClient
) -> list[BaseRoute]:
    """The authorization server.

    Args:
        config: what the settings say about the app.
        database: where everything is kept.
        http: for clients' documents, and Slack's OpenID provider.
        slack: says which workspace is ours.
    """
    through = database.through("chatgpt")
    provider = Provider(config, through, Clients(config.origins, Guard(http)))
    consent = Consent(config, through, SlackSignIn(config, http, slack, database.clock))
    revocation = Revocation(through)
    # It asks for nothing but `get_client`.
    known = cast("OAuthAuthorizationServerProvider[Any, Any, Any]", KnownByName(config.origins))
    tokens = TokenHandler(provider, ClientAuthenticator(known))
    registrations = RegistrationHandler(
        provider, ClientRegistrationOptions(enabled=True, valid_scopes=[SCOPE], default_scopes=[SCOPE])
    )
    limits = Limits()

    def page(path: str, endpoint: Endpoint, *methods: str, per_minute: int = PAGES) -> Route:
        """For people; no other site's script may read it."""
        limited = limits.limited(_traced(endpoint), path, per_minute=per_minute, refusal=pages.too_many_page)
        return Route(path, _small(limited), methods=methods)

    def call(path: str, endpoint: Endpoint, *, per_minute: int) -> Route:
        """For programs, those in a browser as well."""
        limited = limits.limited(_traced(endpoint), path, per_minute=per_minute, refusal=_slow_down)
        return Route(path, _for_all(_small(limited), "POST"), methods=["POST", "OPTIONS"])

    return [
        _document("/.well-known/oauth-authorization-server", metadata.authorization_server(config)),
        _document("/.well-known/oauth-protected-resource", metadata.protected_resource(config)),
        _document("/.well-known/oauth-protected-resource/mcp", metadata.protected_resource(config)),
        page("/oauth/authorize", _authorize(provider, config), "GET", "POST", per_minute=SIGN_INS),
        page("/oauth/consent", consent.page, "GET"),
        page("/oauth/consent", consent.decide, "POST"),
        page(SLACK_CALLBACK, consent.slack_answered, "GET"),
        page(SLACK_CALLBACK, consent.slack_posted, "POST"),
        Route("/oauth/pages.css", pages.style, methods=["GET"]),
        call("/oauth/token", _token(tokens, config), per_minute=TOKENS),
        call("/oauth/register", registrations.handle, per_minute=REGISTRATIONS),
        call("/oauth/revoke", revocation.revoke, per_minute=TOKENS),
    ]


def _authorize(provider: Provider, config: AppConfig) -> Endpoint:
    handler = AuthorizationHandler(provider)

    async def authorize(request: Request) -> Response:
        """A page where there is nobody to send the person back to; else the answer says whose it is (RFC 9207)."""
        answer = await handler.handle(request)
        location = answer.headers.get("location")
        if location is None:
            return pages.unknown_page()
        if not location.startswith(f"{config.issuer}/oauth/consent?"):
            answer.headers["location"] = construct_redirect_uri(location, iss=config.issuer)
        answer.headers.update(pages.PRIVATE)
        return answer

    return authorize


def _token(handler: TokenHandler, config: AppConfig) -> Endpoint:
    async def token(request: Request) -> Response:
        """What the SDK's handler leaves out: tokens are for the app and nothing else (RFC 8707)."""
        form = await request.form()
        if not form.get("client_id"):
            return _refused("invalid_request", "client_id is needed")
        if not all(is_resource(str(resource), config) for resource in form.getlist("resource")):
            return _refused("invalid_target", f"the resource here is {config.resource}")
        answer: Response = await handler.handle(request)
        return answer

    return token


def _refused(error: str, description: str) -> Response:
    return JSONResponse(
        {"error": error, "error_description": description}, status_code=400, headers={"Cache-Control": "no-store"}
    )


def _slow_down(seconds: int) -> Response:
    return _refused("temporarily_unavailable", f"too many calls from your network: try again in {seconds} seconds")


def _document(path: str, document: dict[str, Any]) -> Route:
    async def read(_request: Request) -> Response:
        return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})

    return Route(path, _for_all(request_response(read), "GET"), methods=["GET", "OPTIONS"])


def _traced(endpoint: Endpoint) -> Endpoint:
    async def traced(request: Request) -> Response:
        with traces.follow():
            return await endpoint(request)

    return traced


def _small(endpoint: Endpoint) -> ASGIApp:
    return BodyLimit(request_response(endpoint), LARGEST_BODY)


def _for_all(app: ASGIApp, method: str) -> ASGIApp:
    """Scripts of every site may call it: nothing here goes by cookies."""
    return CORSMiddleware(app, allow_origins=["*"], allow_methods=[method], allow_headers=["mcp-protocol-version"])
