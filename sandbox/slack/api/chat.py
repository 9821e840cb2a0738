"""chat.*: posting, changing and deleting messages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.slack import limits
from sandbox.slack.api.registry import Arguments, method
from sandbox.slack.blocks import check_blocks, text_length
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import message_object
from sandbox.slack.state import Conversation, Message

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


def checked_blocks(blocks: Any) -> list[JSON] | None:
    """The blocks of a message if Slack takes them.

    Raises Refusal invalid_blocks_format, invalid_blocks or msg_blocks_too_long. As at Slack the remarks stand in
    `errors` and in `response_metadata.messages`.
    """
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if problems := [str(problem) for problem in check_blocks(blocks, "message")]:
        raise Refusal("invalid_blocks", problems, errors=problems)
    if text_length(blocks) > limits.BLOCK_TEXT_IN_MESSAGE:
        raise Refusal("msg_blocks_too_long")
    checked: list[JSON] = blocks
    return checked


def _content(arguments: Arguments, *, longest: int) -> tuple[str, list[JSON] | None]:
    """Text and blocks of a message. Raises Refusal no_text, msg_too_long or one of checked_blocks."""
    text = arguments.text("text") or arguments.text("markdown_text") or ""
    blocks = checked_blocks(arguments.json("blocks", code="invalid_blocks_format"))
    if not text and not blocks and not arguments.get("attachments"):
        raise Refusal("no_text")
    if len(text) > longest:
        raise Refusal("msg_too_long")
    return text, blocks


def _metadata(arguments: Arguments) -> JSON | None:
    """The metadata of a message. Raises Refusal invalid_metadata_format, _schema or metadata_too_large."""
    given = arguments.json("metadata", code="invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Refusal("invalid_metadata_format")
    metadata: JSON = given
    if not metadata:  # chat.update removes it
        return metadata
    known = {"event_type", "event_payload", "entities"}
    if not metadata.keys() <= known or not isinstance(metadata.get("event_type"), str):
        raise Refusal("invalid_metadata_schema")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    if len(json.dumps(metadata)) > limits.METADATA_BYTES:
        raise Refusal("metadata_too_large")
    return metadata


def _target(slack: Slack, channel: Any) -> Conversation:
    """Where a post goes: a channel, a direct message, or a person, whose direct message is meant.

    Raises Refusal channel_not_found, not_in_channel, is_archived or cannot_dm_bot. A deactivated person's direct
    message still takes posts, as at Slack (python-slack-sdk issue 1156).
    """
    state = slack.state
    if isinstance(channel, str) and channel in state.users:
        if state.users[channel].is_bot:
            raise Refusal("cannot_dm_bot")
        return state.dm(channel)
    conversation = state.conversation(channel)
    if conversation.is_archived:
        raise Refusal("is_archived")
    public = not conversation.is_private and "chat:write.public" in slack.app.scopes
    if slack.app.bot_user not in conversation.members and not public:
        raise Refusal("not_in_channel")
    return conversation


def _thread(conversation: Conversation, arguments: Arguments) -> str | None:
    """The thread to answer in: its parent's ts. Raises Refusal invalid_thread_ts or thread_not_found.

    Both codes are as seen: jenkinsci/slack-plugin issue 584 and bolt-js issue 2307.
    """
    thread_ts = arguments.text("thread_ts")
    if thread_ts is None:
        return None
    if not re.fullmatch(r"\d{10}\.\d{6}", thread_ts):
        raise Refusal("invalid_thread_ts", [f"{thread_ts} is not a valid thread_ts"])
    parent = conversation.messages.get(thread_ts)
    if parent is None or parent.visible_to is not None:
        raise Refusal("thread_not_found")
    return parent.thread_ts or parent.ts


def _own_message(slack: Slack, arguments: Arguments, *, code: str) -> tuple[Conversation, Message]:
    """A message that the app may change. A user id is no channel here (bolt-python issue 626).

    Raises Refusal channel_not_found, message_not_found, or `code` if it is somebody else's. An ephemeral message is not
    kept by Slack, so it is not found.
    """
    conversation = slack.state.conversation(arguments.required("channel"))
    message = conversation.messages.get(str(arguments.required("ts")))
    if message is None or message.visible_to is not None:
        raise Refusal("message_not_found")
    if message.bot_id != slack.app.bot_id:
        raise Refusal(code)
    return conversation, message


@method("chat.postMessage", scope="chat:write")
def post_message(slack: Slack, arguments: Arguments) -> JSON:
    """Post to a channel, a direct message or a person."""
    conversation = _target(slack, arguments.required("channel"))
    text, blocks = _content(arguments, longest=limits.MESSAGE_TEXT)
    thread_ts = _thread(conversation, arguments)
    metadata = _metadata(arguments)
    if wait := slack.rate_limit.wait_for(conversation.id):
        raise Refusal("ratelimited", retry_after=max(1, round(wait + 0.5)))
    message = slack.state.post(
        conversation,
        user=slack.app.bot_user,
        text=text,
        blocks=blocks,
        thread_ts=thread_ts,
        metadata=metadata or None,
    )
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "message": message_object(message, slack.state, slack.app, with_metadata=True),
    }


@method("chat.update", scope="chat:write")
def update(slack: Slack, arguments: Arguments) -> JSON:
    """Change a message of the app's own.

    Blocks that are not given stay, and hide the new text: only an empty list removes them (python-slack-sdk issue 523,
    slack-go issue 1214).
    """
    conversation, message = _own_message(slack, arguments, code="cant_update_message")
    text, blocks = _content(arguments, longest=limits.UPDATED_MESSAGE_TEXT)
    slack.state.edit(message, text=text, blocks=blocks, metadata=_metadata(arguments))
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_object(message, slack.state, slack.app, with_metadata=True),
    }


@method("chat.postEphemeral", scope="chat:write")
def post_ephemeral(slack: Slack, arguments: Arguments) -> JSON:
    """Show something to one person in a conversation. Raises Refusal user_not_in_channel if they are not there."""
    conversation = _target(slack, arguments.required("channel"))
    user = slack.state.user(arguments.required("user"))
    if user.id not in conversation.members:
        raise Refusal("user_not_in_channel")
    text, blocks = _content(arguments, longest=limits.MESSAGE_TEXT)
    message = slack.state.post(
        conversation,
        user=slack.app.bot_user,
        text=text,
        blocks=blocks,
        thread_ts=_thread(conversation, arguments),
        visible_to=user.id,
    )
    return {"message_ts": message.ts}


@method("chat.delete", scope="chat:write")
def delete(slack: Slack, arguments: Arguments) -> JSON:
    """Delete a message of the app's own."""
    conversation, message = _own_message(slack, arguments, code="cant_delete_message")
    slack.state.delete(message)
    return {"channel": conversation.id, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(slack: Slack, arguments: Arguments) -> JSON:
    """The address of a message."""
    conversation = slack.state.conversation(arguments.required("channel"))
    message = conversation.messages.get(str(arguments.required("message_ts")))
    if message is None or message.visible_to is not None:
        raise Refusal("message_not_found")
    return {"channel": conversation.id, "permalink": slack.permalink(message)}
