"""A simulated ChatGPT that people talk to: it connects an app, and has a plain keyword router in place of a model."""

from __future__ import annotations

from sandbox.chat.chat import Chat
from sandbox.chat.web import chat_routes as routes

__all__ = ["Chat", "routes"]
