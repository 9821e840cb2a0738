"""response_url: the address by which an app answers an interaction, five times within thirty minutes."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from sandbox.slack import limits
from sandbox.slack.api.chat import checked_blocks
from sandbox.slack.errors import Refusal
from sandbox.slack.state import Conversation, Message, Workspace

JSON = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """One address: who acted where, and in which message if it was in one."""

    user: str
    channel: str
    message_ts: str | None
    born: float
    uses: int = 0


class ResponseUrls:
    """The addresses given out."""

    def __init__(self, state: Workspace) -> None:
        self.state = state
        self.seconds = limits.RESPONSE_URL_SECONDS
        self._known: dict[str, ResponseUrl] = {}

    def new(self, *, user: str, channel: str, message_ts: str | None = None) -> str:
        """The id of a new address."""
        key = secrets.token_urlsafe(18)
        self._known[key] = ResponseUrl(user=user, channel=channel, message_ts=message_ts, born=time.monotonic())
        return key

    def use(self, key: str, body: Any) -> None:
        """Do what the app posted there.

        Raises Refusal expired_url, used_url, invalid_payload, no_text or one of the block errors.
        """
        url = self._known.get(key)
        if url is None or time.monotonic() - url.born > self.seconds:
            raise Refusal("expired_url")
        if url.uses >= limits.RESPONSE_URL_USES:
            raise Refusal("used_url")
        if not isinstance(body, dict):
            raise Refusal("invalid_payload")
        self._apply(url, body)
        url.uses += 1

    def _apply(self, url: ResponseUrl, body: JSON) -> None:
        conversation = self.state.conversations[url.channel]
        original = conversation.messages.get(url.message_ts or "")
        if _is_true(body.get("delete_original")):
            if original is not None:
                self.state.delete(original)
            return
        blocks = checked_blocks(body.get("blocks"))
        text = body.get("text") or ""
        if not text and not blocks:
            raise Refusal("no_text")
        if _is_true(body.get("replace_original")) and original is not None:
            self.state.edit(original, text=text, blocks=blocks or [])
        else:  # also for slash commands, which have no message to replace (bolt-python issue 1268)
            self._post(url, conversation, original, body, text, blocks)

    def _post(
        self,
        url: ResponseUrl,
        conversation: Conversation,
        original: Message | None,
        body: JSON,
        text: str,
        blocks: list[JSON] | None,
    ) -> None:
        thread_ts = body.get("thread_ts") or (original.thread_ts if original is not None else None)
        self.state.post(
            conversation,
            user=self.state.bot_user,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            visible_to=None if body.get("response_type") == "in_channel" else url.user,
        )


def _is_true(value: Any) -> bool:
    return value in {True, "true"}
