"""What the app hears of messages: those of people, and its own, when they are posted, changed and deleted."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

from sandbox.slack.ids import new_block_id
from sandbox.slack.objects import bare_message
from sandbox.slack.state import Conversation, Message

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


class MessageEvents:
    """Tells the app of messages in the conversations that its bot is in. Ephemeral ones are no events at Slack."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def posted(self, message: Message) -> None:
        """A new message, a reply in a thread included."""
        conversation = self._conversation(message)
        event = self._object(message)
        if message.files:
            event["subtype"] = "file_share"
        if message.thread_ts and (parent := conversation.messages.get(message.thread_ts)):
            event["parent_user_id"] = parent.user
        self._emit(conversation, event, ts=message.ts)

    def changed(self, message: Message, previous: Message) -> None:
        """A message says something else now."""
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": self._object(message),
            "previous_message": self._object(previous),
        }
        self._hidden(message, event)

    def deleted(self, message: Message) -> None:
        """A message is not there any more."""
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "deleted_ts": message.ts,
            "previous_message": self._object(message),
        }
        self._hidden(message, event)

    def _hidden(self, message: Message, event: JSON) -> None:
        ts = self._slack.state.timestamps.next()
        self._emit(self._conversation(message), {**event, "hidden": True, "ts": ts}, ts=ts)

    def _emit(self, conversation: Conversation, event: JSON, *, ts: str) -> None:
        if self._slack.app.bot_user not in conversation.members:
            return
        subscription, kind = _family(conversation)
        where = {"channel": conversation.id, "channel_type": kind, "event_ts": ts}
        self._slack.emit(subscription, {**event, **where})

    def _conversation(self, message: Message) -> Conversation:
        return self._slack.state.conversations[message.channel]

    def _object(self, message: Message) -> JSON:
        found = bare_message(message, self._slack.state, self._slack.app)
        if message.bot_id is None and message.text:
            found["blocks"] = [_typed(message.text)]
        return found


def _family(conversation: Conversation) -> tuple[str, str]:
    """What an app subscribes to for such a conversation, and its `channel_type`."""
    if conversation.is_im:
        return "message.im", "im"
    return ("message.groups", "group") if conversation.is_private else ("message.channels", "channel")


def _typed(text: str) -> JSON:
    """What Slack makes of what somebody typed."""
    written = [{"type": "text", "text": unescape(text)}]
    return {
        "type": "rich_text",
        "block_id": new_block_id(),
        "elements": [{"type": "rich_text_section", "elements": written}],
    }
