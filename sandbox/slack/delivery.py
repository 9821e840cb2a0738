"""Bringing payloads to the app: signed HTTP requests or Socket Mode, three seconds for an answer, retries of events."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import httpx

from sandbox.slack import limits
from sandbox.slack.app import App
from sandbox.slack.changes import Changes
from sandbox.slack.errors import DeliveryFailed
from sandbox.slack.payloads import Outgoing
from sandbox.slack.socket_mode import SocketMode

JSON = dict[str, Any]
T = TypeVar("T")
OLDER_THAN_SLACK_ALLOWS = 6 * 60  # seconds; Bolt refuses what is older than five minutes

NO_RETRY = "no_retry"  # the app said x-slack-no-retry: 1


class Signing(StrEnum):
    """How a request is signed."""

    GOOD = "good"
    WRONG = "wrong"  # with another secret: somebody pretends to be Slack
    STALE = "stale"  # rightly, but six minutes ago: somebody replays


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver, and how it ended: the app's `answer`, or the `error` that a person would see."""

    outgoing: Outgoing
    transport: Literal["http", "socket", "none"]
    attempt: int = 0
    status: int | None = None  # of the HTTP answer
    answer: JSON | None = None
    error: str | None = None
    reason: str | None = None  # why it failed, as in x-slack-retry-reason
    seconds: float | None = None


def signed_headers(secret: str, body: bytes, signing: Signing = Signing.GOOD) -> dict[str, str]:
    """The headers X-Slack-Request-Timestamp and X-Slack-Signature (version v0) for this body."""
    timestamp = int(time.time()) - (OLDER_THAN_SLACK_ALLOWS if signing is Signing.STALE else 0)
    key = secret if signing is not Signing.WRONG else f"not {secret}"
    digest = hmac.new(key.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def encoded(outgoing: Outgoing) -> tuple[bytes, str]:
    """The HTTP body and its content type."""
    if outgoing.kind == "events_api":
        return json.dumps(outgoing.payload).encode(), "application/json"
    form = outgoing.payload if outgoing.kind == "slash_commands" else {"payload": json.dumps(outgoing.payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _read_answer(response: httpx.Response) -> JSON:
    """What the app answered: an object, or a text that Slack shows as such."""
    if "json" in response.headers.get("content-type", ""):
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            raise DeliveryFailed("invalid_command_response", "http_error") from None
        return answer if isinstance(answer, dict) else {}
    return {"text": response.text} if response.text.strip() else {}


class Courier:
    """Delivers to the app over whichever transport it uses now."""

    def __init__(self, app: App, socket: SocketMode, changes: Changes) -> None:
        self.app = app
        self.socket = socket
        self.changes = changes
        self.ack_seconds = limits.ACK_SECONDS
        self.retry_delays: tuple[float, ...] = limits.EVENT_RETRY_DELAYS
        self.log: list[Delivery] = []
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def send(
        self,
        outgoing: Outgoing,
        *,
        attempt: int = 0,
        reason: str | None = None,
        signing: Signing = Signing.GOOD,
    ) -> Delivery:
        """One attempt. Never raises for what the app does: the Delivery says how it went."""
        over_http = self.app.request_url is not None
        transport: Literal["http", "socket", "none"] = (
            "http" if over_http else "socket" if self.socket.is_open else "none"
        )
        delivery = Delivery(outgoing=outgoing, transport=transport, attempt=attempt)
        self.log.append(delivery)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.ack_seconds):
                if over_http:
                    await self._post(delivery, reason=reason, signing=signing)
                else:
                    delivery.answer = await self.socket.send(outgoing, attempt=attempt, reason=reason)
        except TimeoutError:
            delivery.error, delivery.reason = "operation_timeout", "http_timeout"
        except DeliveryFailed as failed:
            delivery.error, delivery.reason = failed.error, failed.reason
        finally:
            delivery.seconds = time.monotonic() - began
            self.changes.wake()
        return delivery

    async def _post(self, delivery: Delivery, *, reason: str | None, signing: Signing) -> None:
        body, content_type = encoded(delivery.outgoing)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed_headers(self.app.signing_secret, body, signing),
        }
        if delivery.attempt:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": reason or "http_error"}
        if self._client is None:
            # send() sets the time. No kept connections: an app that was just restarted must not look unreachable.
            self._client = httpx.AsyncClient(
                timeout=None, trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0)
            )
        try:
            response = await self._client.post(str(self.app.request_url), content=body, headers=headers)
        except httpx.HTTPError as error:
            raise DeliveryFailed("dispatch_failed", "connection_failed") from error
        delivery.status = response.status_code
        if response.status_code != 200:
            no_retry = response.headers.get("x-slack-no-retry") == "1"
            raise DeliveryFailed("dispatch_failed", NO_RETRY if no_retry else "http_error")
        delivery.answer = _read_answer(response)

    def event(self, outgoing: Outgoing) -> asyncio.Task[Delivery]:
        """Deliver an event in the background: the task is the first attempt, after which Slack retries three times."""
        return self._in_background(self._first(outgoing))

    async def _first(self, outgoing: Outgoing) -> Delivery:
        delivery = await self.send(outgoing)
        if delivery.error is not None:
            self._in_background(self._retry(delivery))
        return delivery

    async def _retry(self, delivery: Delivery) -> None:
        for attempt, delay in enumerate(self.retry_delays, start=1):
            if delivery.error is None or delivery.reason == NO_RETRY:
                return
            await asyncio.sleep(delay)
            delivery = await self.send(delivery.outgoing, attempt=attempt, reason=delivery.reason)

    def _in_background(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def again(
        self, delivery: Delivery, *, times: int = 1, at_once: bool = False, signing: Signing = Signing.GOOD
    ) -> list[Delivery]:
        """Deliver the same payload again: `times` times, one after the other or all `at_once`.

        What the app answers has no effect in the workspace: the person has long seen the first answer.
        """
        sends = [self.send(delivery.outgoing, signing=signing) for _ in range(times)]
        return list(await asyncio.gather(*sends)) if at_once else [await one for one in sends]

    def of_kind(self, kind: str) -> list[Delivery]:
        """Deliveries whose payload has this type, e.g. block_actions, view_submission, or this event or command."""
        return [one for one in self.log if kind in _names(one.outgoing.payload)]

    async def close(self) -> None:
        """Stop retrying and let go of the connections."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _names(payload: Mapping[str, Any]) -> set[Any]:
    return {payload.get("type"), payload.get("command"), payload.get("event", {}).get("type")}
