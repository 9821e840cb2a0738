"""A person as Slack's objects describe them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.access.operations.people import UNKNOWN, SlackPerson

#: a user object of Slack's
User = Mapping[str, Any]

_BOT_FLAGS = ("is_bot", "is_workflow_bot", "is_connector_bot")
_GUEST_FLAGS = ("is_restricted", "is_ultra_restricted", "is_stranger")


def slack_person(user: User, manager_field: str | None, *, team_id: str | None = None) -> SlackPerson:
    """A person from a user object of Slack's (users.list, users.info, an event).

    A deactivated person's object carries less (docs.slack.dev, user object). Members of other workspaces, whom shared
    channels bring in, count as guests.

    Args:
        manager_field: the id of the profile field that names the manager. Profiles in lists and events seldom carry
            it; then the manager is UNKNOWN.
        team_id: the workspace that Usher is installed in.
    """
    profile: Mapping[str, Any] = user.get("profile") or {}
    from_elsewhere = bool(team_id) and user.get("team_id", team_id) != team_id and not user.get("enterprise_user")
    names = (profile.get("real_name"), user.get("real_name"), profile.get("display_name"), user.get("name"))
    email = str(profile.get("email") or "").strip().lower()
    return SlackPerson(
        id=str(user["id"]),
        email=email or None,
        name=next((name.strip() for name in names if name and name.strip()), str(user["id"])),
        title=str(profile.get("title") or ""),
        timezone=str(user.get("tz") or "UTC"),
        is_bot=user["id"] == "USLACKBOT" or any(user.get(flag) for flag in _BOT_FLAGS),
        is_guest=from_elsewhere or any(user.get(flag) for flag in _GUEST_FLAGS),
        active=not user.get("deleted"),
        manager_id=UNKNOWN if manager_field is None else manager_in(profile, manager_field) or UNKNOWN,
    )


def manager_in(profile: Mapping[str, Any], field: str) -> str | None:
    """The Slack user id in a profile's field; None where there is none."""
    fields = profile.get("fields")  # null, and even a list, where there are none
    value = fields.get(field) if isinstance(fields, Mapping) else None
    return str(value["value"]) if isinstance(value, Mapping) and value.get("value") else None
