"""How the simulated Slack says no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Refusal(Exception):
    """Slack refuses a call: `code` is Slack's own, `messages` are its remarks, `extra` goes into the answer."""

    def __init__(self, code: str, messages: Iterable[str] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.extra: Mapping[str, Any] = extra

    def answer(self) -> dict[str, Any]:
        """The JSON body that the caller gets."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


class DeliveryFailed(Exception):
    """The app did not answer as it must: `error` is the code Slack shows to the person."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(f"{error}: {reason}")
        self.error = error
        self.reason = reason  # as in x-slack-retry-reason: http_timeout, http_error, connection_failed
