"""Slack's JSON objects: users, conversations, messages and views as the API and the payloads carry them."""

from __future__ import annotations

from typing import Any, Final

from sandbox.slack.app import App
from sandbox.slack.state import Conversation, Message, Team, User, Workspace
from sandbox.slack.views import View

JSON = dict[str, Any]
MANAGER_FIELD: Final = "Xf0MANAGER1"  # the custom profile field of type `user` that holds a person's manager


def team_object(team: Team) -> JSON:
    """As in team.info."""
    return {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "url": f"https://{team.domain}.slack.com/",
        "email_domain": "",
        "icon": {"image_default": True},
    }


def profile_object(user: User, *, with_email: bool, with_fields: bool = False) -> JSON:
    """A profile. Custom fields come only with users.profile.get, the e-mail only with users:read.email."""
    first, _, last = user.real_name.partition(" ")
    profile: JSON = {
        "title": user.title,
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.handle,
        "display_name_normalized": user.handle,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": f"g{user.color}",
        "team": "",
    }
    if with_email and user.email:
        profile["email"] = user.email
    if with_fields:
        profile["fields"] = {MANAGER_FIELD: {"value": user.manager, "alt": ""}} if user.manager else {}
    return profile


def user_object(user: User, team: Team, *, with_email: bool) -> JSON:
    """A user as in users.info. A deactivated one carries less, as at Slack."""
    found: JSON = {
        "id": user.id,
        "team_id": team.id,
        "name": user.handle,
        "deleted": user.deleted,
        "profile": {**profile_object(user, with_email=with_email), "team": team.id},
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
    }
    if not user.deleted:
        found |= {
            "color": user.color,
            "real_name": user.real_name,
            "tz": user.tz,
            "tz_label": user.tz,
            "tz_offset": user.tz_offset,
            "is_admin": user.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": user.is_restricted,
            "is_ultra_restricted": False,
            "is_email_confirmed": user.email is not None,
            "who_can_share_contact_card": "EVERYONE",
        }
    return found


def conversation_object(conversation: Conversation, workspace: Workspace, app: App) -> JSON:
    """A conversation as in conversations.info."""
    if conversation.user is not None:
        return {
            "id": conversation.id,
            "created": 1_700_000_000,
            "is_im": True,
            "is_org_shared": False,
            "is_archived": False,
            "user": conversation.user,
            "is_open": conversation.is_open,
            "is_user_deleted": workspace.users[conversation.user].deleted,
            "priority": 0,
        }
    return {
        "id": conversation.id,
        "name": conversation.name,
        "name_normalized": conversation.name,
        "created": 1_700_000_000,
        "is_channel": not conversation.is_private,
        "is_group": conversation.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": conversation.is_private,
        "is_archived": conversation.is_archived,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "is_member": app.bot_user in conversation.members,
        "creator": app.bot_user,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(conversation.members),
    }


def bare_message(message: Message, workspace: Workspace, app: App) -> JSON:
    """A message by itself, as in the events about it: without what belongs to its thread."""
    found: JSON = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team.id,
    }
    if message.bot_id:
        found |= {
            "bot_id": message.bot_id,
            "app_id": app.app_id,
            "bot_profile": bot_object(workspace, app),
        }
    if message.client_msg_id:
        found["client_msg_id"] = message.client_msg_id
    if message.files:
        found["files"] = message.files
    if message.blocks:
        found["blocks"] = message.blocks
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
    if message.edited_ts:
        found["edited"] = {"user": message.bot_id or message.user, "ts": message.edited_ts}
    return found


def message_object(message: Message, workspace: Workspace, app: App, *, with_metadata: bool = False) -> JSON:
    """A message as in conversations.history, and in the payloads of its buttons."""
    found = bare_message(message, workspace, app)
    if with_metadata and message.metadata:
        found["metadata"] = message.metadata
    replies = [
        one
        for one in workspace.conversations[message.channel].messages.values()
        if one.thread_ts == message.ts and one is not message
    ]
    if replies:
        found |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": sorted({one.user for one in replies}),
            "latest_reply": replies[-1].ts,
        }
    return found


def bot_object(workspace: Workspace, app: App) -> JSON:
    """The app's bot as in bots.info."""
    user = workspace.users[app.bot_user]
    return {
        "id": app.bot_id,
        "app_id": app.app_id,
        "user_id": app.bot_user,
        "name": user.real_name,
        "deleted": False,
        "updated": user.updated,
        "team_id": workspace.team.id,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }


def view_object(view: View, workspace: Workspace, app: App) -> JSON:
    """A view as the app gets it: with its state, its hash and its place in the stack."""
    body = view.body
    return {
        "id": view.id,
        "team_id": workspace.team.id,
        "type": view.type,
        "blocks": view.blocks,
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": app.app_id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": workspace.team.id,
        "bot_id": app.bot_id,
    }
