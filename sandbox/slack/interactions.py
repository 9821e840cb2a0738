"""What people do in the workspace, and what comes of it: the one way in for the page and for the test driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack.api.chat import checked_blocks
from sandbox.slack.element_state import STATE_FIELDS, entered, find_element
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import user_object, view_object
from sandbox.slack.state import Message, User
from sandbox.slack.submission import Outcome, apply_answer, unfilled
from sandbox.slack.suggestions import checked_options
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]
Entries = Mapping[str, Mapping[str, Any]]  # block_id -> action_id -> what SANDBOX pages send as a value


@dataclass(slots=True)
class Interactions:
    """Acts for people. Who may not act, or acts on what is not there, gets a Refusal."""

    slack: Slack
    _offered: dict[tuple[str, str, str], list[JSON]] = field(default_factory=dict)

    def _actor(self, user_id: str) -> User:
        user = self.slack.state.user(user_id)
        if user.deleted:
            raise Refusal("user_disabled")
        return user

    async def command(self, user_id: str, channel_id: str, command: str, text: str = "") -> Outcome:
        """Somebody sends a slash command in a conversation they are in."""
        slack, user = self.slack, self._actor(user_id)
        channel = slack.state.conversation(channel_id)
        if user.id not in channel.members:
            raise Refusal("not_in_channel")
        if command not in {one.command for one in slack.app.commands}:
            return Outcome(error="unknown_command", told=f"{command} is not a valid command.")
        delivery = await slack.courier.send(
            slack.payloads.slash_command(
                user=user,
                channel=channel,
                command=command,
                text=text,
                trigger_id=slack.views.new_trigger(user.id),
                response_url=slack.response_url(user=user.id, channel=channel.id),
            )
        )
        error = delivery.error or self._post_command_answer(user, channel_id, delivery.answer or {})
        slack.changes.bump()
        return Outcome(error=error, told=f'{command} failed with the error "{error}"' if error else "")

    def _post_command_answer(self, user: User, channel_id: str, answer: JSON) -> str | None:
        """Show what the app said in its acknowledgement; returns the error if Slack cannot show it."""
        if not answer.get("text") and not answer.get("blocks"):
            return None
        try:
            blocks = checked_blocks(answer.get("blocks"))
        except Refusal:
            return "invalid_command_response"
        self.slack.state.post(
            self.slack.state.conversations[channel_id],
            user=self.slack.app.bot_user,
            text=answer.get("text") or "",
            blocks=blocks,
            visible_to=None if answer.get("response_type") == "in_channel" else user.id,
        )
        return None

    async def shortcut(self, user_id: str, callback_id: str) -> Outcome:
        """Somebody uses a global shortcut."""
        slack, user = self.slack, self._actor(user_id)
        if callback_id not in {one.callback_id for one in slack.app.shortcuts}:
            raise Refusal("shortcut_not_found")
        trigger_id = slack.views.new_trigger(user.id)
        delivery = await slack.courier.send(
            slack.payloads.shortcut(user=user, callback_id=callback_id, trigger_id=trigger_id)
        )
        return self._plain(delivery.error)

    def _plain(self, error: str | None) -> Outcome:
        self.slack.changes.bump()
        return Outcome(error=error, told="This app responded with an error." if error else "")

    def container(self, user_id: str, where: Mapping[str, Any]) -> Message | View:
        """The message or view that a payload's `container` names. Raises Refusal if this person does not see it."""
        if where.get("type") == "view":
            view = self.slack.views.find(view_id=where.get("view_id"))
            if view.user != user_id:
                raise Refusal("not_found")
            return view
        conversation = self.slack.state.conversation(where.get("channel"))
        message = conversation.messages.get(str(where.get("ts")))
        if message is None or user_id not in conversation.members or message.visible_to not in {None, user_id}:
            raise Refusal("message_not_found")
        return message

    async def act(
        self, user_id: str, where: Message | View, block_id: str, action_id: str, value: Any = None
    ) -> Outcome:
        """Somebody presses a button, or gives an element a value.

        What stands in an input block without dispatch_action is only remembered; all else goes to the app.
        Raises Refusal element_not_found if it is not there (any more), option_not_found if it is no choice.
        """
        slack, user = self.slack, self._actor(user_id)
        try:
            block, element = find_element(where.blocks, block_id, action_id)
        except LookupError:
            raise Refusal("element_not_found") from None
        state = self._enter(user, where, block, element, value)
        if block["type"] == "input" and not block.get("dispatch_action"):
            slack.changes.bump()
            return Outcome()
        action: JSON = {
            **{name: element[name] for name in ("text", "value", "style", "confirm", "placeholder") if name in element},
            "type": element["type"],
            "block_id": block_id,
            "action_id": action_id,
            **state,
            "action_ts": slack.state.timestamps.next(),
        }
        response_url = None
        if isinstance(where, Message):
            response_url = slack.response_url(user=user.id, channel=where.channel, message_ts=where.ts)
        delivery = await slack.courier.send(
            slack.payloads.block_actions(
                user=user,
                where=where,
                action=action,
                trigger_id=slack.views.new_trigger(user.id),
                response_url=response_url,
            )
        )
        return self._plain(delivery.error)

    def _enter(self, user: User, where: Message | View, block: JSON, element: JSON, value: Any) -> JSON:
        """Remember the value; returns the part of it that belongs into an action."""
        block_id, action_id, kind = block["block_id"], element["action_id"], element["type"]
        place = where.id if isinstance(where, View) else where.ts
        try:
            if kind == "overflow":
                chosen = [one for one in element["options"] if one["value"] == value]
                return {"selected_option": chosen[0]}
            if kind not in STATE_FIELDS:
                return {}
            state = entered(element, value, self._offered.get((place, block_id, action_id), ()))
        except LookupError:
            raise Refusal("option_not_found") from None
        values = where.values if isinstance(where, View) else where.values_of(user.id)
        values.setdefault(block_id, {})[action_id] = state
        return state

    def enter(self, user_id: str, view: View, entries: Entries) -> None:
        """Somebody fills in inputs of a modal, without anything being sent."""
        user = self._actor(user_id)
        for block_id, actions in entries.items():
            for action_id, value in actions.items():
                try:
                    block, element = find_element(view.blocks, block_id, action_id)
                except LookupError:
                    raise Refusal("element_not_found") from None
                self._enter(user, view, block, element, value)

    async def submit(self, user_id: str, view: View, entries: Entries | None = None) -> Outcome:
        """Somebody presses Submit. What Slack's own client would not send is not sent."""
        slack, user = self.slack, self._actor(user_id)
        if view is not slack.views.modal(user.id):
            raise Refusal("not_found")
        self.enter(user_id, view, entries or {})
        if errors := unfilled(view):
            return Outcome(errors=errors)
        delivery = await slack.courier.send(
            slack.payloads.view_submission(user=user, view=view, trigger_id=slack.views.new_trigger(user.id))
        )
        outcome = apply_answer(slack.views, view, delivery.error, delivery.answer or {})
        slack.changes.bump()
        return outcome

    async def close(self, user_id: str, view: View) -> Outcome:
        """Somebody closes a modal: it alone, or all of them if it is set to clear_on_close."""
        slack, user = self.slack, self._actor(user_id)
        clear = bool(view.body.get("clear_on_close"))
        closed = slack.views.clear(user.id) if clear else [view]
        slack.views.close(view)
        slack.changes.bump()
        for one in closed:
            if one.body.get("notify_on_close"):
                await slack.courier.send(slack.payloads.view_closed(user=user, view=one, is_cleared=clear))
        return Outcome(closed=True)

    async def suggest(
        self, user_id: str, where: Message | View, block_id: str, action_id: str, query: str
    ) -> list[JSON]:
        """The options that the app offers for what somebody types into an external select.

        Raises Refusal with the error of the delivery, or invalid_options.
        """
        slack, user = self.slack, self._actor(user_id)
        delivery = await slack.courier.send(
            slack.payloads.block_suggestion(user=user, where=where, block_id=block_id, action_id=action_id, query=query)
        )
        if delivery.error:
            raise Refusal(delivery.error)
        options = checked_options(delivery.answer or {})
        place = where.id if isinstance(where, View) else where.ts
        self._offered[place, block_id, action_id] = options
        return options

    def say(
        self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Message:
        """Somebody writes a message, or a reply in the thread of one that they see; with files or not.

        Raises Refusal not_in_channel, no_text, or thread_not_found: an ephemeral message has no thread.
        """
        slack, user = self.slack, self._actor(user_id)
        conversation = slack.state.conversation(channel_id)
        if user.id not in conversation.members:
            raise Refusal("not_in_channel")
        if not text.strip() and not files:
            raise Refusal("no_text")
        if thread_ts is not None:
            parent = conversation.messages.get(thread_ts)
            if parent is None or parent.visible_to is not None:
                raise Refusal("thread_not_found")
            thread_ts = parent.thread_ts or parent.ts
        message = slack.state.post(conversation, user=user.id, text=text, thread_ts=thread_ts, files=files)
        slack.changes.bump()
        return message

    def edit(self, user_id: str, message: Message, text: str) -> None:
        """Somebody changes what they wrote. Raises Refusal cant_update_message if it is not theirs."""
        if message.user != self._actor(user_id).id:
            raise Refusal("cant_update_message")
        self.slack.state.edit(message, text=text, blocks=None)
        self.slack.changes.bump()

    def delete(self, user_id: str, message: Message) -> None:
        """Somebody takes back what they wrote. Raises Refusal cant_delete_message if it is not theirs."""
        if message.user != self._actor(user_id).id:
            raise Refusal("cant_delete_message")
        self.slack.state.delete(message)
        self.slack.changes.bump()

    async def open_home(self, user_id: str, *, wait: bool = True) -> Outcome:
        """Somebody opens the app's Home tab. `wait`: until the app has acknowledged the event."""
        slack, user = self.slack, self._actor(user_id)
        event: JSON = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": slack.state.dm(user.id).id,
            "tab": "home",
            "event_ts": slack.state.timestamps.next(),
        }
        if home := slack.views.homes.get(user.id):
            event["view"] = view_object(home, slack.state, slack.app)
        sent = slack.emit("app_home_opened", event)
        if sent is None or not wait:
            return Outcome()
        return self._plain((await sent).error)

    def user_changed(self, user: User, *, joined: bool = False) -> None:
        """Tell the app that an account is new or not what it was."""
        with_email = "users:read.email" in self.slack.app.scopes
        kind = "team_join" if joined else "user_change"
        event = {
            "type": kind,
            "user": user_object(user, self.slack.state.team, with_email=with_email),
            "cache_ts": self.slack.now(),
            "event_ts": self.slack.state.timestamps.next(),
        }
        self.slack.emit(kind, event)
        self.slack.changes.bump()
