"""Puts `securitySchemes` where ChatGPT looks for it: on a tool itself. The SDK's model of a tool drops it there.

The same list stands in each tool's `_meta`, so nothing is made up here: it is copied in answers to `tools/list`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY: Final = "securitySchemes"
_MARK: Final = b'"securitySchemes"'


class SecuritySchemesOnTop:
    """An ASGI app around the server's. Answers are one JSON body each, so they can be held until they are whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        start: Message | None = None
        body = b""

        async def hold(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body") or start is None:
                return
            body = _on_top(body) if _MARK in body else body
            others = [header for header in start["headers"] if header[0].lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await send({**start, "headers": [*others, length]})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, hold)


def _on_top(body: bytes) -> bytes:
    answer = json.loads(body)
    result = answer.get("result") if isinstance(answer, dict) else None
    tools: list[dict[str, Any]] = result.get("tools", []) if isinstance(result, dict) else []
    for tool in tools:
        if schemes := tool.get("_meta", {}).get(_KEY):
            tool[_KEY] = schemes
    return json.dumps(answer, separators=(",", ":")).encode() if tools else body
