"""The workspace: its people, conversations and messages. It knows nothing of HTTP, tokens or views."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.slack.element_state import Values, completed, values_for
from sandbox.slack.errors import Refusal
from sandbox.slack.ids import Timestamps, new_id
from sandbox.slack.reading import button_texts, shown_text

JSON = dict[str, Any]
COLORS: Final = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "684b6c", "43761b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The workspace itself."""

    id: str
    name: str
    domain: str


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """Somebody with an account in the workspace: a person, a guest or a bot. `email` may be missing."""

    id: str
    real_name: str
    email: str | None
    title: str
    manager: str | None
    tz: str
    color: str
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False  # a guest
    deleted: bool = False  # deactivated
    updated: int = field(default_factory=lambda: int(time.time()))

    @property
    def handle(self) -> str:
        """The user name that payloads carry."""
        return re.sub(r"[^a-z0-9]+", ".", self.real_name.lower()).strip(".")

    @property
    def tz_offset(self) -> int:
        """Seconds east of UTC, now."""
        offset = datetime.now(ZoneInfo(self.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message as it stands now. `visible_to` is set for an ephemeral one: only that person sees it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[JSON]
    thread_ts: str | None = None
    metadata: JSON | None = None
    bot_id: str | None = None
    client_msg_id: str | None = None  # of what a person wrote
    files: list[JSON] = field(default_factory=list)
    edited_ts: str | None = None
    visible_to: str | None = None
    values: dict[str, Values] = field(default_factory=dict)  # what each person has entered in it

    @property
    def shown(self) -> str:
        """Everything a reader sees: the text of the blocks, or the plain text if there are none."""
        return shown_text(self.blocks) if self.blocks else self.text

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, in order."""
        return button_texts(self.blocks)

    def values_of(self, user: str) -> Values:
        """What this person has entered in the message so far."""
        self.values[user] = values_for(self.blocks, self.values.get(user))
        return self.values[user]


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """A channel, or a direct message between `user` and the app's bot."""

    id: str
    name: str
    members: set[str]
    user: str | None = None
    is_private: bool = False
    is_archived: bool = False
    is_open: bool = True
    messages: dict[str, Message] = field(default_factory=dict)
    last_read: dict[str, str] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message."""
        return self.user is not None

    def visible_to(self, user: str) -> list[Message]:
        """What this person sees in it, oldest first."""
        return [one for one in self.messages.values() if one.visible_to in {None, user}]


class Audience(Protocol):
    """Who hears of messages that everybody in a conversation sees."""

    def posted(self, message: Message) -> None:
        """A new one."""

    def changed(self, message: Message, previous: Message) -> None:
        """One that says something else now."""

    def deleted(self, message: Message) -> None:
        """One that is gone."""


class Workspace:
    """People and conversations by id."""

    def __init__(
        self,
        *,
        team: Team,
        people: Iterable[company.Person],
        channels: Iterable[company.Channel],
        bot_user: str,
        bot_id: str,
        clock: SandboxClock,
    ) -> None:
        self.audience: Audience | None = None
        self.timestamps = Timestamps(clock)
        self.team = team
        self.bot_user = bot_user
        self.bot_id = bot_id
        self.users: dict[str, User] = {}
        self.conversations = {
            one.id: Conversation(id=one.id, name=one.name, members=set(one.members)) for one in channels
        }
        for person in people:
            self.add_user(person)

    def add_user(self, person: company.Person) -> User:
        """An account for this person, and their direct message with the app."""
        user = User(
            id=person.id,
            real_name=person.name,
            email=person.email or None,
            title=person.title,
            manager=person.manager,
            tz=person.tz,
            color=COLORS[len(self.users) % len(COLORS)],
            is_bot=person.is_bot,
            is_admin=person.is_admin,
            is_restricted=person.is_guest,
        )
        self.users[user.id] = user
        if not user.is_bot:
            dm = Conversation(
                id=f"D{user.id[1:]}", name="", members={user.id, self.bot_user}, user=user.id, is_open=False
            )
            self.conversations[dm.id] = dm
        return user

    def dm(self, user_id: str) -> Conversation:
        """The direct message between the app and this person. Raises LookupError."""
        for conversation in self.conversations.values():
            if conversation.user == user_id:
                return conversation
        raise LookupError(f"nobody with a direct message has the id {user_id}")

    def conversation(self, channel: object) -> Conversation:
        """The conversation with this id. Raises Refusal channel_not_found."""
        found = self.conversations.get(channel) if isinstance(channel, str) else None
        if found is None or (found.is_private and self.bot_user not in found.members):
            raise Refusal("channel_not_found")
        return found

    def user(self, user_id: object, *, code: str = "user_not_found") -> User:
        """The user with this id. Raises Refusal with this code."""
        found = self.users.get(user_id) if isinstance(user_id, str) else None
        if found is None:
            raise Refusal(code)
        return found

    def post(
        self,
        conversation: Conversation,
        *,
        user: str,
        text: str,
        blocks: list[JSON] | None = None,
        thread_ts: str | None = None,
        metadata: JSON | None = None,
        visible_to: str | None = None,
        files: Iterable[str] = (),
    ) -> Message:
        """A new message, at the end of the conversation. Files go by their names."""
        message = Message(
            ts=self.timestamps.next(),
            channel=conversation.id,
            user=user,
            bot_id=self.bot_id if user == self.bot_user else None,
            client_msg_id=None if user == self.bot_user else str(uuid.uuid4()),
            text=text,
            blocks=completed(blocks or []),
            thread_ts=thread_ts,
            metadata=metadata,
            visible_to=visible_to,
            files=[{"id": new_id("F"), "name": name, "title": name, "user": user} for name in files],
        )
        conversation.messages[message.ts] = message
        conversation.is_open = True
        if user != self.bot_user:
            conversation.last_read[user] = message.ts
        if self.audience is not None and visible_to is None:
            self.audience.posted(message)
        return message

    def edit(
        self,
        message: Message,
        *,
        text: str,
        blocks: list[JSON] | None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Change what a message says. `blocks` None leaves them; metadata None leaves it, empty removes it."""
        previous = copy(message)
        message.text = text
        if blocks is not None:
            message.blocks = completed(blocks)
        if metadata is not None:
            message.metadata = dict(metadata) or None
        message.edited_ts = self.timestamps.next()
        if self.audience is not None and message.visible_to is None:
            self.audience.changed(message, previous)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        del self.conversations[message.channel].messages[message.ts]
        if self.audience is not None and message.visible_to is None:
            self.audience.deleted(message)

    def unread(self, conversation: Conversation, user: str) -> int:
        """How many messages of others this person has not read."""
        read = conversation.last_read.get(user, "0")
        return sum(one.ts > read and one.user != user for one in conversation.visible_to(user))
