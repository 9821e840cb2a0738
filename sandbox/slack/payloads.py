"""What Slack sends to an app, built exactly as Slack builds it. Pure: a description of what happened goes in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.slack.app import App
from sandbox.slack.ids import new_id
from sandbox.slack.objects import message_object, view_object
from sandbox.slack.state import Conversation, Message, User, Workspace
from sandbox.slack.views import View

JSON = dict[str, Any]
Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Something to deliver: its kind, in Socket Mode's words, and its payload."""

    kind: Kind
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Payloads:
    """Builds payloads for one app in one workspace."""

    app: App
    workspace: Workspace

    def _common(self, kind: str, user: User) -> JSON:
        team = self.workspace.team
        return {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": team.id},
            "api_app_id": self.app.app_id,
            "token": self.app.verification_token,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def slash_command(
        self, *, user: User, channel: Conversation, command: str, text: str, trigger_id: str, response_url: str
    ) -> Outgoing:
        """Somebody typed a slash command."""
        team = self.workspace.team
        return Outgoing(
            kind="slash_commands",
            payload={
                "token": self.app.verification_token,
                "team_id": team.id,
                "team_domain": team.domain,
                "channel_id": channel.id,
                "channel_name": "directmessage" if channel.is_im else channel.name,
                "user_id": user.id,
                "user_name": user.handle,
                "command": command,
                "text": text,
                "api_app_id": self.app.app_id,
                "is_enterprise_install": "false",
                "response_url": response_url,
                "trigger_id": trigger_id,
            },
        )

    def _place(self, where: Message | View, user: User) -> JSON:
        """The part of a payload that says in which message or view something happened."""
        if isinstance(where, View):
            return {
                "container": {"type": "view", "view_id": where.id},
                "view": view_object(where, self.workspace, self.app),
            }
        conversation = self.workspace.conversations[where.channel]
        place: JSON = {
            "container": {
                "type": "message",
                "message_ts": where.ts,
                "channel_id": where.channel,
                "is_ephemeral": where.visible_to is not None,
            },
            "channel": {
                "id": where.channel,
                "name": "directmessage" if conversation.is_im else conversation.name,
            },
            "state": {"values": where.values_of(user.id)},
        }
        if where.thread_ts:
            place["container"]["thread_ts"] = where.thread_ts
        if where.visible_to is None:  # Slack does not keep ephemeral messages, so it cannot send them back
            place["message"] = message_object(where, self.workspace, self.app)
        return place

    def block_actions(
        self, *, user: User, where: Message | View, action: JSON, trigger_id: str, response_url: str | None
    ) -> Outgoing:
        """Somebody pressed a button or chose something that dispatches an action."""
        payload = {
            **self._common("block_actions", user),
            "trigger_id": trigger_id,
            **self._place(where, user),
            "actions": [action],
        }
        if response_url:
            payload["response_url"] = response_url
        return Outgoing(kind="interactive", payload=payload)

    def block_suggestion(
        self, *, user: User, where: Message | View, block_id: str, action_id: str, query: str
    ) -> Outgoing:
        """Somebody types into an external select: Slack asks for the options."""
        payload = {
            **self._common("block_suggestion", user),
            **self._place(where, user),
            "block_id": block_id,
            "action_id": action_id,
            "value": query,
        }
        payload.pop("state", None)
        return Outgoing(kind="interactive", payload=payload)

    def view_submission(self, *, user: User, view: View, trigger_id: str) -> Outgoing:
        """Somebody pressed Submit in a modal."""
        return Outgoing(
            kind="interactive",
            payload={
                **self._common("view_submission", user),
                "trigger_id": trigger_id,
                "view": view_object(view, self.workspace, self.app),
                "response_urls": [],
            },
        )

    def view_closed(self, *, user: User, view: View, is_cleared: bool) -> Outgoing:
        """Somebody closed a modal that asked to be told."""
        return Outgoing(
            kind="interactive",
            payload={
                **self._common("view_closed", user),
                "view": view_object(view, self.workspace, self.app),
                "is_cleared": is_cleared,
            },
        )

    def shortcut(self, *, user: User, callback_id: str, trigger_id: str) -> Outgoing:
        """Somebody used a global shortcut."""
        return Outgoing(
            kind="interactive",
            payload={
                **self._common("shortcut", user),
                "callback_id": callback_id,
                "action_ts": f"{time.time():.6f}",
                "trigger_id": trigger_id,
            },
        )

    def event(self, event: JSON) -> Outgoing:
        """Something happened that the app subscribed to."""
        team = self.workspace.team
        return Outgoing(
            kind="events_api",
            payload={
                "token": self.app.verification_token,
                "team_id": team.id,
                "context_team_id": team.id,
                "context_enterprise_id": None,
                "api_app_id": self.app.app_id,
                "event": event,
                "type": "event_callback",
                "event_id": new_id("Ev"),
                "event_time": int(time.time()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": team.id,
                        "user_id": self.app.bot_user,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": new_id("4-"),
            },
        )
