"""What the catalogue says about an application's connector: one model per type and transport.

A new connector is a model here, a line in `ConnectorConfig` and an entry in `registry`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError


def is_loopback(host: str) -> bool:
    """Does this name or address mean this very machine?"""
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
    if parts.scheme == "http" and not is_loopback(parts.hostname):
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
#: the context in which a document out of the database is validated: what passed when it was stored passes
STORED: Final = {"stored": True}
#: as `storage.secrets` has it; a key or a cookie that is pasted in its place does not pass
_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


def _secret_name(value: str, info: ValidationInfo) -> str:
    if info.context is not STORED and not _SECRET_NAME.fullmatch(value):
        raise PydanticCustomError("secret_name", "must be the name of a secret")
    return value


SecretName = Annotated[str, AfterValidator(_secret_name)]


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ChatGPTWebAdmin(_Config):
    """A ChatGPT workspace, through the calls of its own admin page, signed in as an integration account."""

    type: Literal["chatgpt"]
    transport: Literal["web_admin"]
    workspace_id: UUID
    integration_email: EmailStr
    base_url: BaseUrl = "https://chatgpt.com"
    via: Literal["http", "browser"] = "http"  # who sends the calls: Usher itself, or a browser that is signed in
    secret: SecretName | None = Field(default=None, validate_default=True)  # a name in the secret store

    @field_validator("secret")
    @classmethod
    def _needed_without_a_browser(cls, secret: str | None, info: ValidationInfo) -> str | None:
        if secret is None and info.data.get("via") == "http":
            raise PydanticCustomError("missing", "Field required")  # as for any other key that is
        return secret


class ChatGPTAdminApi(_Config):
    """A ChatGPT workspace (Enterprise, Edu), through OpenAI's Admin API, with an Admin key of the workspace."""

    type: Literal["chatgpt"]
    transport: Literal["admin_api"]
    workspace_id: UUID
    base_url: BaseUrl = "https://api.chatgpt.com/v1"
    secret: SecretName  # a name in the secret store, never the secret


class ChatGPTScim(_Config):
    """A ChatGPT workspace (Enterprise, Edu), through a SCIM directory of Usher's own, with its token."""

    type: Literal["chatgpt"]
    transport: Literal["scim"]
    workspace_id: UUID
    base_url: BaseUrl  # the directory's endpoint, its key in it; so there is no default
    secret: SecretName  # a name in the secret store, never the secret
    admin_secret: SecretName | None = None  # likewise, an Admin key: what the workspace makes of it is then seen
    admin_base_url: BaseUrl = "https://api.chatgpt.com/v1"


class Manual(_Config):
    """An application that a human administers, with Usher's instructions at hand."""

    type: Literal["manual"]
    instructions: Annotated[str, Field(max_length=2000)] = ""
    link: Link = ""  # the page on which the human does it


AnyConnector = ChatGPTWebAdmin | ChatGPTAdminApi | ChatGPTScim | Manual
_ChatGPT = Annotated[ChatGPTWebAdmin | ChatGPTAdminApi | ChatGPTScim, Field(discriminator="transport")]
ConnectorConfig = Annotated[_ChatGPT | Manual, Field(discriminator="type")]

#: Validates what the catalogue says: `connector_config.validate_python({...})`.
connector_config: TypeAdapter[AnyConnector] = TypeAdapter(ConnectorConfig)
