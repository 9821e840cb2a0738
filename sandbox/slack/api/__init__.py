"""The Web API's methods, one module per family."""

from __future__ import annotations

from sandbox.slack.api import chat, conversations, openid, people, user_groups, views, workspace
from sandbox.slack.api.registry import METHODS

__all__ = ["METHODS", "chat", "conversations", "openid", "people", "user_groups", "views", "workspace"]
