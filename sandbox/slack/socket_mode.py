"""Socket Mode: WebSocket connections that the app opened, and envelopes that go to one of them each."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import uuid
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack import limits
from sandbox.slack.app import App
from sandbox.slack.changes import Changes
from sandbox.slack.errors import DeliveryFailed, Refusal
from sandbox.slack.payloads import Outgoing

JSON = dict[str, Any]


class SocketMode:
    """The open connections of one app."""

    def __init__(self, app: App, changes: Changes) -> None:
        self.app = app
        self.changes = changes
        self.connections: list[WebSocket] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[JSON]] = {}
        self._turn = itertools.count()

    @property
    def is_open(self) -> bool:
        """Whether anybody is connected."""
        return bool(self.connections)

    def new_ticket(self) -> str:
        """What the URL of apps.connections.open carries; good for one connection.

        Raises Refusal too_many_websockets when ten connections are open (node-slack-sdk issue 1654).
        """
        if len(self.connections) >= limits.SOCKET_CONNECTIONS:
            raise Refusal("too_many_websockets")
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, websocket: WebSocket) -> None:
        """Hold one connection until it ends."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(code=4000)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        await websocket.send_text(self._hello())
        self.connections.append(websocket)
        self.changes.wake()
        try:
            while True:
                self._acknowledge(await websocket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._drop(websocket)

    def _drop(self, websocket: WebSocket) -> None:
        if websocket in self.connections:
            self.connections.remove(websocket)
            self.changes.wake()

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "num_connections": len(self.connections) + 1,
                "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
                "connection_info": {"app_id": self.app.app_id},
            }
        )

    def _acknowledge(self, text: str) -> None:
        """The app answers an envelope. What is no acknowledgement is ignored, as Slack does."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(message.get("envelope_id", "")) if isinstance(message, dict) else None
        if waiting is not None and not waiting.done():
            payload = message.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def send(self, outgoing: Outgoing, *, attempt: int = 0, reason: str | None = None) -> JSON:
        """Send to one of the connections, in turn, and wait for its acknowledgement: returns its payload.

        Raises DeliveryFailed dispatch_failed if nobody is connected. The caller bounds the time.
        """
        envelope: JSON = {
            "envelope_id": str(uuid.uuid4()),
            "type": outgoing.kind,
            "payload": outgoing.payload,
            "accepts_response_payload": outgoing.kind != "events_api",
        }
        if outgoing.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason or ""}
        answer: asyncio.Future[JSON] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            while self.connections:
                websocket = self.connections[next(self._turn) % len(self.connections)]
                try:
                    await websocket.send_text(json.dumps(envelope))
                except (RuntimeError, WebSocketDisconnect, OSError):  # it is closing: the next one, then
                    self._drop(websocket)
                    continue
                return await answer
            raise DeliveryFailed("dispatch_failed", "connection_failed")
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to be renewed, as Slack does now and then, and close it.

        Reasons: warning, refresh_requested, link_disabled.
        """
        for websocket in tuple(self.connections):
            self._drop(websocket)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
                await websocket.send_text(
                    json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
                )
                await websocket.close()
