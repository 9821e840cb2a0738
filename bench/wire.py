"""A client that costs next to nothing: signed posts, timed from the first byte sent to the last one received."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

SECRET = b"sandbox-signing-secret"


class Wire:
    """Posts to one server. The connection is made before the clock starts."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80

    async def is_open(self) -> bool:
        """Does anybody listen there?"""
        try:
            _, writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            return False
        writer.close()
        return True

    async def post(self, payload: Mapping[str, Any]) -> tuple[float, float]:
        """Posts an interactive payload as Slack does.

        Returns:
            When it was sent (monotonic seconds), and for how long the whole answer took (seconds).
        """
        return await self._send(urlencode({"payload": json.dumps(payload)}).encode())

    async def command(self, fields: Mapping[str, str]) -> tuple[float, float]:
        """Posts a slash command; returns what `post` does."""
        return await self._send(urlencode(fields).encode())

    async def event(self, payload: Mapping[str, Any]) -> float:
        """Posts an event; for how long the whole answer took (seconds)."""
        return (await self._send(json.dumps(payload).encode(), kind="application/json"))[1]

    async def _send(self, body: bytes, *, kind: str = "application/x-www-form-urlencoded") -> tuple[float, float]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        request = self._signed(body, kind)
        sent = time.monotonic()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line for line in head.lower().splitlines() if line.startswith("content-length")]
        answer = await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
        took = time.monotonic() - sent
        writer.close()
        if " 200 " not in head or b"response_action" in answer:
            raise RuntimeError(f"{head.splitlines()[0]}: {answer[:300]!r}")
        return sent, took

    def _signed(self, body: bytes, kind: str) -> bytes:
        now = str(int(time.time()))
        signature = hmac.new(SECRET, b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
        head = [
            "POST /slack/events HTTP/1.1",
            f"Host: {self._host}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            f"X-Slack-Request-Timestamp: {now}",
            f"X-Slack-Signature: v0={signature}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body
