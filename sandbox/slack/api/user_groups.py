"""usergroups.*: the user groups and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


@method("usergroups.list", scope="usergroups:read")
def list_user_groups(slack: Slack, arguments: Arguments) -> JSON:
    """All of them, in one answer; those that are disabled, users and counts only where they are asked for."""
    groups = []
    for group in slack.user_groups.all.values():
        if group.deleted and not arguments.flag("include_disabled"):
            continue
        users = slack.user_groups.users(group)
        shown = slack.user_groups.as_json(group)
        if arguments.flag("include_users"):
            shown["users"] = users
        if arguments.flag("include_count"):
            shown["user_count"] = len(users)
        groups.append(shown)
    return {"usergroups": groups}


@method("usergroups.users.list", scope="usergroups:read")
def list_users(slack: Slack, arguments: Arguments) -> JSON:
    """The members of a user group. A disabled one has none, unless include_disabled. Raises no_such_subteam."""
    group = slack.user_groups.find(str(arguments.required("usergroup")))
    if group.deleted and not arguments.flag("include_disabled"):
        return {"users": []}
    return {"users": slack.user_groups.users(group)}
