"""Views: each person's stack of modals and their Home tab."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.slack import limits
from sandbox.slack.blocks import check_view
from sandbox.slack.element_state import Values, completed, values_for
from sandbox.slack.errors import Refusal
from sandbox.slack.ids import new_hash, new_id, new_trigger_id
from sandbox.slack.reading import button_texts, shown_text, text_of

JSON = dict[str, Any]
Surface = Literal["modal", "home"]


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """A modal or a Home tab as it stands now."""

    id: str
    user: str
    body: JSON  # as the app sent it, with ids filled in
    root_id: str
    previous_id: str | None = None
    hash: str = field(default_factory=new_hash)
    values: Values = field(default_factory=dict)

    @property
    def type(self) -> str:
        """`modal` or `home`."""
        return str(self.body["type"])

    @property
    def blocks(self) -> list[JSON]:
        """Its blocks."""
        blocks: list[JSON] = self.body["blocks"]
        return blocks

    @property
    def title(self) -> str:
        """What stands at the top of a modal."""
        return text_of(self.body.get("title"))

    @property
    def shown(self) -> str:
        """Everything a reader sees in it."""
        return shown_text(self.blocks)

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, in order (without Submit and Close)."""
        return button_texts(self.blocks)

    def replace(self, body: JSON) -> None:
        """New content. What was entered stays where block_id and action_id stay; the hash is a new one."""
        self.body = {**body, "blocks": completed(body["blocks"])}
        self.values = values_for(self.blocks, self.values)
        self.hash = new_hash()


@dataclass(slots=True, kw_only=True, eq=False)
class Trigger:
    """A trigger id: what a person did, which lets the app open one view for them within three seconds."""

    id: str
    user: str
    born: float
    used: bool = False


class Views:
    """All views of the workspace, and the triggers that open them."""

    def __init__(self, *, trigger_seconds: float = limits.TRIGGER_SECONDS) -> None:
        self.trigger_seconds = trigger_seconds
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self._triggers: dict[str, Trigger] = {}

    def new_trigger(self, user: str) -> str:
        """A trigger id for something that this person did just now."""
        trigger = Trigger(id=new_trigger_id(), user=user, born=time.monotonic())
        self._triggers[trigger.id] = trigger
        return trigger.id

    def redeem(self, trigger_id: object) -> Trigger:
        """The trigger with this id, now used up. Raises Refusal if there is none, it was used, or it is too old."""
        trigger = self._triggers.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - trigger.born > self.trigger_seconds:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger

    def modal(self, user: str) -> View | None:
        """The modal in front of this person."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def all(self) -> list[View]:
        """Every view there is."""
        return [*self.homes.values(), *(view for stack in self.stacks.values() for view in stack)]

    def find(self, *, view_id: object = None, external_id: object = None) -> View:
        """The view with this id or external id. Raises Refusal not_found."""
        for view in self.all():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise Refusal("not_found")

    def check(self, body: Any, surface: Surface, *, replacing: View | None = None) -> JSON:
        """The view if Slack takes it. Raises Refusal invalid_arguments, view_too_large or duplicate_external_id."""
        if problems := check_view(body, surface):
            raise Refusal("invalid_arguments", map(str, problems))
        if len(json.dumps(body)) > limits.VIEW_BYTES:
            raise Refusal("view_too_large")
        external_id = body.get("external_id")
        if external_id and any(
            view.body.get("external_id") == external_id for view in self.all() if view is not replacing
        ):
            raise Refusal("duplicate_external_id")
        checked: JSON = body
        return checked

    def open(self, user: str, body: Any) -> View:
        """A first modal for this person, in place of any they have open."""
        checked = self.check(body, "modal")
        self.stacks[user] = []
        return self._put_on(user, checked)

    def push(self, user: str, body: Any) -> View:
        """A modal on top of the one this person has open. Raises Refusal not_found or push_limit_reached."""
        stack = self.stacks.get(user)
        if not stack:
            raise Refusal("not_found")
        if len(stack) >= limits.MODAL_STACK:
            raise Refusal("push_limit_reached")
        return self._put_on(user, self.check(body, "modal"))

    def _put_on(self, user: str, body: JSON) -> View:
        stack = self.stacks[user]
        view = self._new(user, body)
        if stack:
            view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    @staticmethod
    def _new(user: str, body: JSON) -> View:
        view_id = new_id("V")
        view = View(id=view_id, user=user, body=body, root_id=view_id)
        view.replace(body)
        return view

    def publish(self, user: str, body: Any, *, expected_hash: str | None) -> View:
        """This person's Home tab. Raises Refusal hash_conflict."""
        home = self.homes.get(user)
        checked = self.check(body, "home", replacing=home)
        if expected_hash is not None and (home is None or home.hash != expected_hash):
            raise Refusal("hash_conflict")
        if home is None:
            home = self.homes[user] = self._new(user, checked)
        else:
            home.replace(checked)
        return home

    def update(self, view: View, body: Any, *, expected_hash: str | None = None) -> View:
        """New content for a view. Raises Refusal hash_conflict."""
        checked = self.check(body, "home" if view.type == "home" else "modal", replacing=view)
        if expected_hash is not None and expected_hash != view.hash:
            raise Refusal("hash_conflict")
        view.replace(checked)
        return view

    def close(self, view: View) -> None:
        """Take this modal, and what lies on top of it, away."""
        stack = self.stacks.get(view.user, [])
        if view in stack:
            del stack[stack.index(view) :]

    def clear(self, user: str) -> list[View]:
        """Take all modals of this person away: returns them, the topmost first."""
        return self.stacks.pop(user, [])[::-1]
