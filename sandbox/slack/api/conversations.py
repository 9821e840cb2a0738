"""conversations.*: opening and reading conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method, page
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import conversation_object, message_object
from sandbox.slack.state import Conversation, Message

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


def _conversation(slack: Slack, arguments: Arguments, *, right: str) -> Conversation:
    """The conversation that is asked for; the scope depends on its kind. Raises Refusal missing_scope."""
    conversation = slack.state.conversation(arguments.required("channel"))
    family = "im" if conversation.is_im else "groups" if conversation.is_private else "channels"
    slack.demand_scope(f"{family}:{right}")
    return conversation


@method("conversations.open", scope="im:write")
def open_conversation(slack: Slack, arguments: Arguments) -> JSON:
    """Open a direct message.

    Raises Refusal user_disabled for a deactivated person (docs.slack.dev, conversations.open).
    """
    state = slack.state
    if (channel := arguments.get("channel")) is not None:
        conversation = state.conversation(channel)
        if not conversation.is_im:
            raise Refusal("method_not_supported_for_channel_type")
    else:
        users = arguments.get("users")
        listed = users if isinstance(users, list) else [one for one in str(users or "").split(",") if one]
        if not listed:
            raise Refusal("users_list_not_supplied")
        if len(listed) > 1:  # several people at once: a conversation this workspace does not have
            raise Refusal("method_not_supported_for_channel_type" if len(listed) <= 8 else "too_many_users")
        user = state.user(listed[0])
        if user.deleted:
            raise Refusal("user_disabled")
        if user.is_bot:
            raise Refusal("cannot_dm_bot")
        conversation = state.dm(user.id)
    already = conversation.is_open
    conversation.is_open = True
    shown = (
        conversation_object(conversation, slack.state, slack.app)
        if arguments.flag("return_im")
        else {"id": conversation.id}
    )
    return {"channel": shown, **({"no_op": True, "already_open": True} if already else {})}


def _timestamp(arguments: Arguments, name: str, *, default: float) -> float:
    """Seconds. Raises Refusal invalid_ts_oldest or invalid_ts_latest."""
    value = arguments.get(name)
    try:
        return default if value is None else float(value)
    except (TypeError, ValueError):
        raise Refusal(f"invalid_ts_{name}") from None


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    """Those between `oldest` and `latest`: the ends count only with `inclusive`."""
    oldest = _timestamp(arguments, "oldest", default=0.0)
    latest = _timestamp(arguments, "latest", default=float("inf"))
    if arguments.flag("inclusive"):
        return [one for one in messages if oldest <= float(one.ts) <= latest]
    return [one for one in messages if oldest < float(one.ts) < latest]


def _messages(slack: Slack, messages: list[Message], arguments: Arguments) -> JSON:
    """One page of these messages."""
    limit = arguments.number("limit", default=100, most=1000)
    shown, metadata = page(_between(messages, arguments), arguments, limit=limit)
    with_metadata = arguments.flag("include_all_metadata")
    answer: JSON = {
        "messages": [message_object(one, slack.state, slack.app, with_metadata=with_metadata) for one in shown],
        "has_more": bool(metadata["next_cursor"]),
    }
    return {**answer, "response_metadata": metadata} if metadata["next_cursor"] else answer


@method("conversations.history")
def history(slack: Slack, arguments: Arguments) -> JSON:
    """The messages of a conversation, newest first, without replies and without what only one person saw."""
    conversation = _conversation(slack, arguments, right="history")
    if slack.app.bot_user not in conversation.members:
        raise Refusal("not_in_channel")
    messages = [one for one in conversation.messages.values() if one.visible_to is None and one.thread_ts is None]
    return {**_messages(slack, messages[::-1], arguments), "pin_count": 0}


@method("conversations.replies")
def replies(slack: Slack, arguments: Arguments) -> JSON:
    """A thread: its parent, then the replies, oldest first."""
    conversation = _conversation(slack, arguments, right="history")
    ts = str(arguments.required("ts"))
    parent = conversation.messages.get(ts)
    if parent is None or parent.visible_to is not None:
        raise Refusal("thread_not_found")
    thread = [one for one in conversation.messages.values() if one.visible_to is None and ts in {one.ts, one.thread_ts}]
    return _messages(slack, thread, arguments)


@method("conversations.info")
def info(slack: Slack, arguments: Arguments) -> JSON:
    """A conversation."""
    return {"channel": conversation_object(_conversation(slack, arguments, right="read"), slack.state, slack.app)}


@method("conversations.members")
def members(slack: Slack, arguments: Arguments) -> JSON:
    """The ids of the people in a conversation."""
    conversation = _conversation(slack, arguments, right="read")
    limit = arguments.number("limit", default=100, most=1000)
    shown, metadata = page(sorted(conversation.members), arguments, limit=limit)
    return {"members": shown, "response_metadata": metadata}
