"""From what the catalogue says to the connector that does it."""

from __future__ import annotations

import httpx

from bot.connectors.chatgpt.admin_api import AdminApi
from bot.connectors.chatgpt.admin_api_rights import CAPABILITIES as ADMIN_API
from bot.connectors.chatgpt.connector import ChatGPTConnector
from bot.connectors.chatgpt.errors import BROWSER
from bot.connectors.chatgpt.scim import CAPABILITIES as SCIM
from bot.connectors.chatgpt.scim import Scim
from bot.connectors.chatgpt.scim_seen import CAPABILITIES as SCIM_SEEN
from bot.connectors.chatgpt.scim_seen import ScimSeen
from bot.connectors.chatgpt.web_admin import CAPABILITIES as WEB_ADMIN
from bot.connectors.chatgpt.web_admin import WebAdmin
from bot.connectors.config import AnyConnector, ChatGPTAdminApi, ChatGPTScim, ChatGPTWebAdmin, Manual
from bot.connectors.contract import Capabilities, Connector, Credential
from bot.connectors.manual import CAPABILITIES as MANUAL
from bot.connectors.manual import ManualConnector


def capabilities_of(config: AnyConnector) -> Capabilities:
    """What a connector of this type can do. Needs neither a network nor a credential."""
    match config:
        case ChatGPTWebAdmin():
            return WEB_ADMIN
        case ChatGPTAdminApi():
            return ADMIN_API
        case ChatGPTScim():
            return SCIM if config.admin_secret is None else SCIM_SEEN
        case Manual():
            return MANUAL


def build_connector(
    config: AnyConnector,
    *,
    http: httpx.AsyncClient,
    credential: Credential,
    admin_credential: Credential | None = None,
) -> Connector:
    """The connector for one application. Calls nothing; keep it, it caches its access token and keeps its pace.

    Args:
        config: what the catalogue says.
        http: from `bot.connectors.http.new_http_client()`, shared by all connectors for its warm connections; with
            `via: browser`, the client of the application's own browser (`Browsers.client`).
        credential: the secret that `config.secret` names; a manual application never asks for it.
        admin_credential: the one that `config.admin_secret` names, where it does.
    """
    match config:
        case ChatGPTWebAdmin(via="browser"):
            signed_in = WebAdmin(config, http=http, credential=None, access=BROWSER)
            return ChatGPTConnector(signed_in, integration_email=config.integration_email)
        case ChatGPTWebAdmin():
            web_admin = WebAdmin(config, http=http, credential=credential)
            return ChatGPTConnector(web_admin, integration_email=config.integration_email)
        case ChatGPTAdminApi():
            return ChatGPTConnector(AdminApi(config, http=http, credential=credential))
        case ChatGPTScim():
            directory = Scim(config, http=http, credential=credential)
            if config.admin_secret is None or admin_credential is None:
                return ChatGPTConnector(directory)
            by_key = ChatGPTAdminApi(
                type="chatgpt",
                transport="admin_api",
                workspace_id=config.workspace_id,
                base_url=config.admin_base_url,
                secret=config.admin_secret,
            )
            workspace = AdminApi(by_key, http=http, credential=admin_credential)
            return ChatGPTConnector(ScimSeen(directory, workspace))
        case Manual():
            return ManualConnector(config)
