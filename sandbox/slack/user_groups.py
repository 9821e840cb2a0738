"""User groups, such as @it-admins: who is in them, and what the app hears when that changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import company
from sandbox.slack import limits
from sandbox.slack.errors import Refusal
from sandbox.slack.ids import new_id

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


@dataclass(slots=True, kw_only=True, eq=False)
class UserGroup:
    """A user group. `deleted` is when it was disabled, in seconds; 0 while it is there."""

    id: str
    name: str
    handle: str
    users: set[str]
    created: int = field(default_factory=lambda: int(time.time()))
    updated: int = field(default_factory=lambda: int(time.time()))
    deleted: int = 0


class UserGroups:
    """The workspace's user groups by id. Whatever is done here the app is told, as at Slack."""

    def __init__(self, slack: Slack, groups: Iterable[company.UserGroup] = ()) -> None:
        self._slack = slack
        self.all: dict[str, UserGroup] = {}
        for group in groups:
            self.add(group)

    def add(self, group: company.UserGroup) -> UserGroup:
        """One that was there before the app was; nothing is sent."""
        added = UserGroup(id=group.id, name=group.name, handle=group.handle, users=set(group.members))
        self.all[added.id] = added
        return added

    def find(self, group: str) -> UserGroup:
        """By id or handle. Raises Refusal no_such_subteam."""
        for one in self.all.values():
            if group in {one.id, one.handle}:
                return one
        raise Refusal("no_such_subteam")

    def create(self, handle: str, *, name: str, users: Iterable[str] = ()) -> UserGroup:
        """A new group. Raises Refusal handle_already_exists."""
        if any(one.handle == handle for one in self.all.values()):
            raise Refusal("handle_already_exists")
        group = self.add(company.UserGroup(id=new_id("S"), name=name, handle=handle, members=tuple(users)))
        self._tell("subteam_created", group)
        return group

    def change(self, group: str, *, handle: str | None = None, name: str | None = None) -> None:
        """Another handle or name."""
        found = self.find(group)
        found.handle = handle or found.handle
        found.name = name or found.name
        self._changed(found)

    def set_users(self, group: str, users: Iterable[str]) -> None:
        """Other members: Slack tells of the difference, and of the group as it is now."""
        found, now = self.find(group), set(users)
        before = found.updated
        came, went = sorted(now - found.users), sorted(found.users - now)
        found.users = now
        self._stamp(found)
        event: JSON = {
            "type": "subteam_members_changed",
            "subteam_id": found.id,
            "team_id": self._slack.state.team.id,
            "date_previous_update": before,
            "date_update": found.updated,
            "added_users": came,
            "added_users_count": str(len(came)),  # a string (docs.slack.dev, subteam_members_changed)
            "removed_users": went,
            "removed_users_count": str(len(went)),
        }
        self._emit(event)
        self._tell("subteam_updated", found)

    def disable(self, group: str) -> None:
        """Switched off: it is listed only with include_disabled, and calls nobody."""
        found = self.find(group)
        found.deleted = int(time.time())
        self._changed(found)

    def enable(self, group: str) -> None:
        """Switched on again."""
        found = self.find(group)
        found.deleted = 0
        self._changed(found)

    def users(self, group: UserGroup) -> list[str]:
        """Who is in it; those who were deactivated have left it."""
        users = self._slack.state.users
        return sorted(one for one in group.users if one not in users or not users[one].deleted)

    def as_json(self, group: UserGroup) -> JSON:
        """The group as usergroups.list and the events carry it, without its users."""
        return {
            "id": group.id,
            "team_id": self._slack.state.team.id,
            "is_usergroup": True,
            "is_subteam": True,
            "name": group.name,
            "description": "",
            "handle": group.handle,
            "is_external": False,
            "date_create": group.created,
            "date_update": group.updated,
            "date_delete": group.deleted,
            "auto_type": None,
            "auto_provision": False,
            "enterprise_subteam_id": "",
            "created_by": "USLACKBOT",
            "updated_by": "USLACKBOT",
            "deleted_by": "USLACKBOT" if group.deleted else None,
            "prefs": {"channels": [], "groups": []},
        }

    def _changed(self, group: UserGroup) -> None:
        self._stamp(group)
        self._tell("subteam_updated", group)

    @staticmethod
    def _stamp(group: UserGroup) -> None:
        group.updated = max(int(time.time()), group.updated + 1)

    def _tell(self, kind: str, group: UserGroup) -> None:
        users = self.users(group)
        shown = {"users": users[: limits.USERS_IN_GROUP_EVENT], "user_count": len(users), "channel_count": 0}
        self._emit({"type": kind, "subteam": {**self.as_json(group), **shown}})

    def _emit(self, event: JSON) -> None:
        self._slack.emit(event["type"], {**event, "event_ts": self._slack.state.timestamps.next()})
        self._slack.changes.bump()
