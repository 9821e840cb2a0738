"""The programs that people may connect: each is known by its metadata document, or by its registration.

A client id that is an address is the address of the client's own document (Client ID Metadata Documents), and so proves
whose the client is; what a registration says, nobody vouches for. Neither has a secret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final

import structlog
from mcp.server.auth.provider import RegistrationError
from mcp.shared.auth import OAuthClientInformationFull
from pydantic import AnyUrl, ValidationError

from bot.chatgpt_app.connections import SCOPE
from bot.chatgpt_app.oauth import registrations
from bot.chatgpt_app.oauth.addresses import (
    host_of,
    is_loopback,
    may_introduce,
    may_return_to,
    origin_of,
    without_port,
)
from bot.chatgpt_app.oauth.guard import Guard, NotFetched
from bot.chatgpt_app.oauth.registrations import Registration

GRANTS: Final = ("authorization_code", "refresh_token")
#: characters of a name, for the page on which people read it
_LONGEST_NAME: Final = 60

log = structlog.get_logger(__name__)


class DocumentedClient(OAuthClientInformationFull):
    """A client that has a metadata document."""

    def validate_redirect_uri(self, redirect_uri: AnyUrl | None) -> AnyUrl:
        """One that its document names; of a program on the person's computer, on any port (RFC 8252, section 7.3)."""
        if redirect_uri is not None and is_loopback(str(redirect_uri)):
            named = {without_port(str(uri)) for uri in self.redirect_uris or () if is_loopback(str(uri))}
            if without_port(str(redirect_uri)) in named:
                return redirect_uri
        return super().validate_redirect_uri(redirect_uri)


class Clients:
    """Knows clients by their ids."""

    def __init__(self, origins: Iterable[str], guard: Guard) -> None:
        self._origins = frozenset(origins)
        self._guard = guard

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        """The client, with what it says about itself today; None where people may not connect it. The log says why."""
        if registrations.is_registration(client_id):
            registration = registrations.read(client_id)
            return self._registered(client_id, registration) if registration else None
        if not may_introduce(client_id, self._origins):
            log.warning("chatgpt.client_refused", client=client_id[:200], why="it is not of USHER_CHATGPT_ORIGINS")
            return None
        try:
            return self._documented(client_id, await self._guard.document(client_id))
        except NotFetched as error:
            log.warning("chatgpt.client_refused", client=client_id, why=str(error))
            return None

    def register(self, client: OAuthClientInformationFull) -> None:
        """Makes the registration the client's id, and the client a public one.

        Raises:
            RegistrationError: it may not be registered.
        """
        uris = tuple(str(uri) for uri in client.redirect_uris or ())
        if not uris or not all(may_return_to(uri, self._origins) for uri in uris):
            raise RegistrationError("invalid_redirect_uri", "people may not be sent to that address")
        registration = Registration(name=_plain(client.client_name) or host_of(uris[0]), redirect_uris=uris)
        client_id = registrations.write(registration)
        if client_id is None:
            raise RegistrationError("invalid_client_metadata", "the name or the addresses are too long")
        client.client_id, client.client_name = client_id, registration.name
        client.client_secret = client.client_secret_expires_at = None
        client.token_endpoint_auth_method = "none"  # noqa: S105 - the name of a method
        client.grant_types = list(GRANTS)

    def _registered(self, client_id: str, registration: Registration) -> OAuthClientInformationFull | None:
        if not all(may_return_to(uri, self._origins) for uri in registration.redirect_uris):
            return None
        return OAuthClientInformationFull(
            client_id=client_id,
            client_name=_plain(registration.name),
            redirect_uris=[AnyUrl(uri) for uri in registration.redirect_uris],
            token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
            scope=SCOPE,
        )

    def _documented(self, client_id: str, document: dict[str, Any]) -> DocumentedClient:
        """Raises NotFetched where the document is not that of a client for Usher."""
        if document.get("client_id") != client_id:
            raise NotFetched("it is about another client")
        methods = document.get("token_endpoint_auth_methods_supported")
        if "none" not in (methods or [document.get("token_endpoint_auth_method", "none")]):
            raise NotFetched("its client does not work without a secret")
        uris = document.get("redirect_uris")
        if not isinstance(uris, list):
            raise NotFetched("it names no redirect_uris")
        allowed = [uri for uri in uris if isinstance(uri, str) and self._may_return_to(uri)]
        if not allowed:
            raise NotFetched("it wants people sent to an address that is not of USHER_CHATGPT_ORIGINS")
        name = document.get("client_name")
        try:
            return DocumentedClient(
                client_id=client_id,
                client_name=_plain(name if isinstance(name, str) else None) or host_of(client_id),
                redirect_uris=[AnyUrl(uri) for uri in allowed],
                token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
                scope=SCOPE,
            )
        except ValidationError:
            raise NotFetched("its redirect_uris are no addresses") from None

    def _may_return_to(self, uri: str) -> bool:
        return may_return_to(uri, self._origins) or (origin_of(uri) is not None and is_loopback(uri))


class KnownByName:
    """Knows clients by their ids alone, for where a code or a token says all the rest.

    A public client proves nothing by its document, and a connection has to go on living while that cannot be fetched.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        """The client, if it is one that people may connect."""
        if not (registrations.is_registration(client_id) or may_introduce(client_id, self._origins)):
            return None
        return OAuthClientInformationFull(
            client_id=client_id,
            token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
            scope=SCOPE,
        )


def _plain(name: str | None) -> str:
    """A name on one line, without characters that nobody sees or that turn the text around."""
    visible = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in name or "")
    words = " ".join(visible.split())
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1]}…"
