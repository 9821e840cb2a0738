"""How applications are connected, as the catalogue says it, and what can be told of that.

These are values and no calls. They are the connectors' own; doors and cards take them from here and know no connector.
"""

from __future__ import annotations

from bot.connectors.config import AnyConnector, ChatGPTAdminApi, ChatGPTScim, ChatGPTWebAdmin, Manual
from bot.connectors.contract import Capabilities, Condition
from bot.connectors.registry import capabilities_of

__all__ = [
    "AnyConnector",
    "Capabilities",
    "ChatGPTAdminApi",
    "ChatGPTScim",
    "ChatGPTWebAdmin",
    "Condition",
    "Manual",
    "capabilities_of",
]
