"""users.* and the profile fields: who is here, and who is whose manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method, page
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import MANAGER_FIELD, profile_object, user_object

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


def _with_email(slack: Slack) -> bool:
    """E-mail addresses are left out without users:read.email; nothing is refused for it."""
    return "users:read.email" in slack.app.scopes


@method("users.list", scope="users:read")
def list_users(slack: Slack, arguments: Arguments) -> JSON:
    """Everybody, also bots, guests and the deactivated. Without a limit all at once."""
    users = list(slack.state.users.values())
    limit = arguments.number("limit", default=max(1, len(users)), most=1000)
    shown, metadata = page(users, arguments, limit=limit)
    members = [user_object(one, slack.state.team, with_email=_with_email(slack)) for one in shown]
    return {"members": members, "cache_ts": slack.now(), "response_metadata": metadata}


@method("users.info", scope="users:read")
def info(slack: Slack, arguments: Arguments) -> JSON:
    """One user."""
    user = slack.state.user(arguments.required("user"))
    return {"user": user_object(user, slack.state.team, with_email=_with_email(slack))}


@method("users.lookupByEmail", scope="users:read.email")
def lookup_by_email(slack: Slack, arguments: Arguments) -> JSON:
    """Who has this address. A deactivated person is not found (docs.slack.dev, users.lookupByEmail)."""
    email = str(arguments.required("email")).lower()
    for user in slack.state.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": user_object(user, slack.state.team, with_email=True)}
    raise Refusal("users_not_found")


@method("users.profile.get", scope="users.profile:read")
def profile(slack: Slack, arguments: Arguments) -> JSON:
    """A profile with its custom fields, among them the manager's user id."""
    user = slack.state.user(arguments.get("user") or slack.app.bot_user)
    found = profile_object(user, with_email=_with_email(slack), with_fields=True)
    if arguments.flag("include_labels"):
        found["fields"] = {name: {**value, "label": slack.manager_label} for name, value in found["fields"].items()}
    return {"profile": found}


@method("team.profile.get", scope="users.profile:read")
def team_profile(slack: Slack, _arguments: Arguments) -> JSON:
    """The custom profile fields of the workspace."""
    fields = [
        {
            "id": MANAGER_FIELD,
            "ordering": 0,
            "field_name": "manager",
            "label": slack.manager_label,
            "hint": "",
            "type": "user",
            "possible_values": None,
            "options": None,
            "is_hidden": False,
            "section_id": "Sx0PEOPLE01",
        }
    ]
    sections = [
        {
            "id": "Sx0PEOPLE01",
            "team_id": slack.state.team.id,
            "section_type": "people",
            "label": "People",
            "order": 1,
            "is_hidden": False,
        }
    ]
    return {"profile": {"fields": fields if slack.manager_label else [], "sections": sections}}
