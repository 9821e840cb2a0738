"""What the authorization server and the app say about themselves (RFC 8414 and RFC 9728).

Plain text of our own: clients compare these addresses letter by letter, and a URL type that rewrites one breaks that.
"""

from __future__ import annotations

from typing import Any

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.connections import SCOPE
from bot.chatgpt_app.oauth.clients import GRANTS


def authorization_server(config: AppConfig) -> dict[str, Any]:
    """RFC 8414. No OpenID scopes: ChatGPT would ask for them."""
    return {
        "issuer": config.issuer,
        "authorization_endpoint": f"{config.issuer}/oauth/authorize",
        "token_endpoint": f"{config.issuer}/oauth/token",
        "registration_endpoint": f"{config.issuer}/oauth/register",
        "revocation_endpoint": f"{config.issuer}/oauth/revoke",
        "scopes_supported": [SCOPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }


def protected_resource(config: AppConfig) -> dict[str, Any]:
    """RFC 9728."""
    return {
        "resource": config.resource,
        "resource_name": "Usher",
        "authorization_servers": [config.issuer],
        "scopes_supported": [SCOPE],
        "bearer_methods_supported": ["header"],
    }
