"""What the catalogue says about an application's connector: one model per type and transport.

A new connector is a model here, a line in `ConnectorConfig` and an entry in `registry`.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field, TypeAdapter


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _web_address(value: str) -> str:
    """An address that a credential may be sent to: https, or http to this very machine."""
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an address such as https://chatgpt.com")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("must start with https:// (http is for this machine only, as in http://127.0.0.1:8008)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a plain address, without a user, a query or a fragment")
    return value.rstrip("/")


def _link(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"https", "http"} or not parts.hostname):
        raise ValueError("must be a web address such as https://example.com/members")
    return value


BaseUrl = Annotated[str, AfterValidator(_web_address)]
Link = Annotated[str, AfterValidator(_link), Field(max_length=2000)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=100)]


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ChatGPTWebAdmin(_Config):
    """A ChatGPT workspace, through the calls of its own admin page, signed in as an integration account."""

    type: Literal["chatgpt"]
    transport: Literal["web_admin"]
    workspace_id: UUID
    integration_email: EmailStr
    base_url: BaseUrl = "https://chatgpt.com"
    secret: SecretName  # a name in the secret store, never the secret


class ChatGPTAdminApi(_Config):
    """A ChatGPT workspace (Enterprise, Edu), through OpenAI's Admin API, with an Admin key of the workspace."""

    type: Literal["chatgpt"]
    transport: Literal["admin_api"]
    workspace_id: UUID
    base_url: BaseUrl = "https://api.chatgpt.com/v1"
    secret: SecretName  # a name in the secret store, never the secret


class Manual(_Config):
    """An application that a human administers, with Usher's instructions at hand."""

    type: Literal["manual"]
    instructions: Annotated[str, Field(max_length=2000)] = ""
    link: Link = ""  # the page on which the human does it


AnyConnector = ChatGPTWebAdmin | ChatGPTAdminApi | Manual
_ChatGPT = Annotated[ChatGPTWebAdmin | ChatGPTAdminApi, Field(discriminator="transport")]
ConnectorConfig = Annotated[_ChatGPT | Manual, Field(discriminator="type")]

#: Validates what the catalogue says: `connector_config.validate_python({...})`.
connector_config: TypeAdapter[AnyConnector] = TypeAdapter(ConnectorConfig)
