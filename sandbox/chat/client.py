"""The simulated ChatGPT as an OAuth client: what it says of itself, at addresses of its own."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

from sandbox.signing_key import key_set, new_key

JSON = dict[str, Any]
_KEY_ID: Final = "sandbox-chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The client at this origin."""

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


@functools.cache
def keys() -> JSON:
    """The key set that the document names. Nothing is signed with it: this client connects apps that take `none`."""
    return key_set(new_key(), _KEY_ID)
