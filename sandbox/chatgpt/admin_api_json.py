"""The JSON of the Admin API face, and its words.

OpenAI publishes which calls there are. The fields of a user are known from examples; the role words, the body of an
update and everything about invites are choices of this face, modelled on users and on siblings of the API.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

from sandbox.chatgpt.roster import ADMIN, CODEX_SEAT, MEMBER, OWNER, STANDARD_SEAT, Invite, Member

ROLES: Final = {MEMBER: "member", ADMIN: "admin", OWNER: "owner"}
SEAT_TYPES: Final = {STANDARD_SEAT: "chatgpt", CODEX_SEAT: "codex"}

Role = Literal["member", "admin", "owner"]
SeatType = Literal["chatgpt", "codex"]
Item = TypeVar("Item", Member, Invite)

_ROLES_INSIDE: Final = {word: inside for inside, word in ROLES.items()}
_SEATS_INSIDE: Final = {word: inside for inside, word in SEAT_TYPES.items()}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InviteBody(_Body):
    """POST invites."""

    email: StrictStr
    role: Role = "member"
    seat_type: SeatType | None = None

    @property
    def role_inside(self) -> str:
        """The role in the workspace's own words."""
        return _ROLES_INSIDE[self.role]

    @property
    def seat_inside(self) -> str | None:
        """The seat type in the workspace's own words."""
        return None if self.seat_type is None else _SEATS_INSIDE[self.seat_type]


class UserBody(_Body):
    """POST users/…: what changes."""

    role: Role | None = None
    seat_type: SeatType | None = None

    @model_validator(mode="after")
    def _something(self) -> UserBody:
        if self.role is None and self.seat_type is None:
            raise ValueError("role or seat_type is needed")
        return self

    @property
    def role_inside(self) -> str | None:
        """The role in the workspace's own words."""
        return None if self.role is None else _ROLES_INSIDE[self.role]

    @property
    def seat_inside(self) -> str | None:
        """The seat type in the workspace's own words."""
        return None if self.seat_type is None else _SEATS_INSIDE[self.seat_type]


class UsersQuery(BaseModel):
    """The query of the users list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: str = ""
    email: str | None = None


class InvitesQuery(BaseModel):
    """The query of the invites list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: str = ""


def user_json(member: Member) -> dict[str, Any]:
    """A `workspace.user`."""
    return {
        "object": "workspace.user",
        "id": member.user_id,
        "email": member.email,
        "name": member.name,
        "role": ROLES[member.role],
        "seat_type": SEAT_TYPES.get(member.seat_type, member.seat_type),
    }


def one_user_json(member: Member) -> dict[str, Any]:
    """A user alone, who may be inactive; how the API says so is our choice."""
    return {**user_json(member), "status": "active" if member.active else "inactive"}


def invite_json(invite: Invite) -> dict[str, Any]:
    """A `workspace.invite`."""
    return {
        "object": "workspace.invite",
        "id": invite.id,
        "email": invite.email,
        "role": ROLES[invite.role],
        "seat_type": SEAT_TYPES.get(invite.seat_type, invite.seat_type),
        "status": "pending",
        "created_at": int(invite.created_time.timestamp()),
        "expires_at": None,
    }


def page_json(items: list[dict[str, Any]], *, after: str, limit: int) -> dict[str, Any]:
    """The envelope with the items whose id comes after `after`."""
    ordered = sorted((item for item in items if item["id"] > after), key=lambda item: str(item["id"]))
    part = ordered[:limit]
    return {
        "object": "list",
        "data": part,
        "first_id": part[0]["id"] if part else None,
        "last_id": part[-1]["id"] if part else None,
        "has_more": len(ordered) > limit,
    }


def gone_json(kind: str, id_: str) -> dict[str, Any]:
    """The answer to a DELETE, as the sibling for directory groups gives it."""
    return {"object": f"workspace.{kind}.deleted", "id": id_, "deleted": True}
