"""A person of the workspace as tests and the tour play them: everything is addressed by what stands on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sandbox.slack.block_elements import all_options
from sandbox.slack.element_state import all_elements, initial_options
from sandbox.slack.reading import element_label, text_of
from sandbox.slack.state import Conversation, Message, User
from sandbox.slack.submission import Outcome
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Control:
    """An element and where it stands."""

    where: Message | View
    block: JSON
    element: JSON


@dataclass(frozen=True, slots=True)
class Person:
    """Acts through the same code as the page. Who looks for what is not on the screen gets a LookupError."""

    slack: Slack
    user: User

    @property
    def id(self) -> str:
        """Their Slack user id."""
        return self.user.id

    @property
    def name(self) -> str:
        """Their name."""
        return self.user.real_name

    # What they see

    @property
    def modal(self) -> View | None:
        """The modal in front of them."""
        return self.slack.views.modal(self.id)

    @property
    def home(self) -> View | None:
        """The app's Home tab, if the app has published one."""
        return self.slack.views.homes.get(self.id)

    @property
    def dm(self) -> Conversation:
        """Their direct message with the app."""
        return self.slack.state.dm(self.id)

    def messages(self, channel: str | None = None) -> list[Message]:
        """What they see, oldest first: in this channel (id or name), or in all their conversations."""
        seen = [
            message
            for conversation in self.slack.state.conversations.values()
            if self.id in conversation.members and channel in {None, conversation.id, conversation.name}
            for message in conversation.visible_to(self.id)
        ]
        return sorted(seen, key=lambda message: message.ts)

    def message(self, text: str, channel: str | None = None) -> Message:
        """The newest message that shows this text. Raises LookupError."""
        for message in reversed(self.messages(channel)):
            if text in message.shown:
                return message
        raise LookupError(f"{self.name} sees no message with {text!r}: {[one.shown for one in self.messages(channel)]}")

    # What they do

    async def command(self, command: str, text: str = "", *, channel: str | None = None) -> Outcome:
        """Send a slash command, in their direct message with the app or in this channel."""
        return await self.slack.interactions.command(self.id, channel or self.dm.id, command, text)

    async def shortcut(self, name: str) -> Outcome:
        """Use a global shortcut, by its name or callback id."""
        known = {one.name: one.callback_id for one in self.slack.app.shortcuts}
        return await self.slack.interactions.shortcut(self.id, known.get(name, name))

    async def open_home(self) -> Outcome:
        """Open the app's Home tab: done when the app has acknowledged the event, which is not when it has published."""
        return await self.slack.interactions.open_home(self.id)

    async def say(self, text: str, *, channel: str | None = None, thread_ts: str | None = None) -> Message:
        """Write a message."""
        return self.slack.interactions.say(self.id, channel or self.dm.id, text, thread_ts)

    async def reply(self, to: Message, text: str = "", *, files: Sequence[str] = ()) -> Message:
        """Write in the thread of a message, or put files there."""
        return self.slack.interactions.say(self.id, to.channel, text, to.ts, files)

    async def edit(self, message: Message, text: str) -> None:
        """Change what they wrote."""
        self.slack.interactions.edit(self.id, message, text)

    async def delete(self, message: Message) -> None:
        """Take back what they wrote."""
        self.slack.interactions.delete(self.id, message)

    async def press(self, text: str, *, in_: Message | View | None = None) -> Outcome:
        """Press the button with this text: in the place given, else in the modal, the newest message, the Home tab.

        The buttons at the foot of a modal count too.
        """
        modal = self.modal
        if modal is not None and (in_ is None or in_ is modal):
            if text == text_of(modal.body.get("submit")):
                return await self.submit()
            if text == text_of(modal.body.get("close")):
                return await self.close()
        control = self._find(text, in_, buttons=True)
        return await self._act(control, None)

    async def choose(self, label: str, value: Any, *, in_: Message | View | None = None) -> Outcome:
        """Give the element with this label (or block id, or action id) a value, as a person would.

        Options go by their text or value, people by name, e-mail address or id, days and times as such; several as a
        list. If the element dispatches an action the app hears of it at once.
        """
        control = self._find(label, in_, buttons=False)
        return await self._act(control, await self._value(control, value))

    async def submit(self, values: Mapping[str, Any] | None = None) -> Outcome:
        """Fill in the modal by labels and press its submit button. `errors` of the outcome are by label."""
        for label, value in (values or {}).items():
            await self.choose(label, value, in_=self._open_modal())
        view = self._open_modal()
        labels = {block["block_id"]: text_of(block["label"]) for block in view.blocks if block["type"] == "input"}
        outcome = await self.slack.interactions.submit(self.id, view)
        return replace(outcome, errors={labels[block_id]: text for block_id, text in outcome.errors.items()})

    async def close(self) -> Outcome:
        """Close the modal."""
        return await self.slack.interactions.close(self.id, self._open_modal())

    async def suggestions(self, label: str, query: str, *, in_: Message | View | None = None) -> list[str]:
        """What the app offers when they type this into an external select."""
        return [text_of(one["text"]) for one in await self._suggest(self._find(label, in_, buttons=False), query)]

    def options(self, label: str, *, in_: Message | View | None = None) -> list[str]:
        """The texts of the options of an element."""
        return [text_of(one["text"]) for one in all_options(self._find(label, in_, buttons=False).element)]

    def entered(self, label: str, *, in_: Message | View | None = None) -> Any:
        """What stands in an element now: a text, a date or an id, or the text of the option chosen; lists of them."""
        control = self._find(label, in_, buttons=False)
        values = control.where.values if isinstance(control.where, View) else control.where.values_of(self.id)
        state = values[control.block["block_id"]][control.element["action_id"]]
        value = next(value for name, value in state.items() if name != "type")
        if isinstance(value, list):
            return [text_of(one["text"]) if isinstance(one, dict) else one for one in value]
        return text_of(value["text"]) if isinstance(value, dict) and "text" in value else value

    # How things are found

    def _open_modal(self) -> View:
        if self.modal is None:
            raise LookupError(f"{self.name} has no modal open")
        return self.modal

    def _places(self, in_: Message | View | None) -> Iterator[Message | View]:
        if in_ is not None:
            yield in_
            return
        if self.modal is not None:
            yield self.modal
        yield from reversed(self.messages())
        if self.home is not None:
            yield self.home

    def _find(self, name: str, in_: Message | View | None, *, buttons: bool) -> Control:
        seen = []
        for where in self._places(in_):
            for block, element in all_elements(where.blocks):
                if (element["type"] in {"button", "workflow_button", "icon_button"}) is not buttons:
                    continue
                label = element_label(block, element)
                if name in {label, block["block_id"], element["action_id"]}:
                    return Control(where, block, element)
                seen.append(label)
        kind = "button" if buttons else "element"
        raise LookupError(f"{self.name} sees no {kind} {name!r}, only {seen}")

    async def _act(self, control: Control, value: Any) -> Outcome:
        return await self.slack.interactions.act(
            self.id, control.where, control.block["block_id"], control.element["action_id"], value
        )

    async def _suggest(self, control: Control, query: str) -> list[JSON]:
        return await self.slack.interactions.suggest(
            self.id, control.where, control.block["block_id"], control.element["action_id"], query
        )

    async def _value(self, control: Control, value: Any) -> Any:
        """The value as the page would send it, from what a person would name."""
        if isinstance(value, list | tuple):
            return [await self._value(control, one) for one in value]
        kind = control.element["type"]
        if value is None:
            return None
        if isinstance(value, datetime):
            return int(value.timestamp())
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, time):
            return value.strftime("%H:%M")
        if kind in {"users_select", "multi_users_select"}:
            return self.slack.person(value).id
        if kind in {"external_select", "multi_external_select"}:
            offered = [*initial_options(control.element), *await self._suggest(control, str(value))]
        elif not (offered := all_options(control.element)):
            return value
        for one in offered:
            if value in {text_of(one["text"]), one["value"]}:
                return one["value"]
        raise LookupError(f"no option {value!r}, only {[text_of(one['text']) for one in offered]}")
