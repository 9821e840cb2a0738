"""Who is in the workspace: members and invites as values, and what can be read off them.

The words are those of the web-admin API; a face with other words translates at its own door.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

OWNER: Final = "account-owner"
ADMIN: Final = "account-admin"
MEMBER: Final = "standard-user"
ROLES: Final = (MEMBER, ADMIN, OWNER)

STANDARD_SEAT: Final = "default"
CODEX_SEAT: Final = "usage_based"
PREMIUM_SEAT: Final = "prolite"
SERVICE_SEAT: Final = "automation"
SEAT_TYPES: Final = (CODEX_SEAT, STANDARD_SEAT, PREMIUM_SEAT)  # what a person can hold, the cheapest first
BOUGHT_SEATS: Final = (STANDARD_SEAT, PREMIUM_SEAT)  # paid for in advance; a codex seat is paid per use

MANUAL: Final = "manual_invite"


def address(email: str) -> str:
    """The address by which people are told apart: no blanks around it, no capitals."""
    return email.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in the workspace, or, with `deactivated_time`, somebody who was.

    `reclaimable_seat_type` is the paid seat that a removed member leaves behind until the renewal,
    `pending_seat_type` the one that a member gets at the renewal.
    """

    user_id: str
    email: str
    name: str
    role: str
    created_time: datetime
    seat_type: str = STANDARD_SEAT
    pending_seat_type: str | None = None
    reclaimable_seat_type: str | None = None
    deactivated_time: datetime | None = None
    is_scim_managed: bool = False
    creation_source: str = MANUAL

    @property
    def active(self) -> bool:
        """Whether they are a member now."""
        return self.deactivated_time is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An invite that nobody has accepted yet. It has no known end: OpenAI states none."""

    id: str
    email: str
    role: str
    created_time: datetime
    seat_type: str = STANDARD_SEAT
    is_scim_managed: bool = False
    creation_source: str = MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All members and invites at one moment. It is never changed, so an old one can be shown again."""

    members: Mapping[str, Member] = field(default_factory=dict)  # by user id
    invites: Mapping[str, Invite] = field(default_factory=dict)  # by address

    def active(self) -> Iterator[Member]:
        """The members, without those who were removed."""
        return (member for member in self.members.values() if member.active)

    def member_by_email(self, email: str) -> Member | None:
        """The active member with this address."""
        wanted = address(email)
        return next((member for member in self.active() if address(member.email) == wanted), None)

    def invite(self, email: str) -> Invite | None:
        """The open invite to this address."""
        return self.invites.get(address(email))

    def owners(self) -> int:
        """How many active owners there are."""
        return sum(member.role == OWNER for member in self.active())

    def used(self, seat_type: str) -> int:
        """How many active members hold this seat type."""
        return sum(member.seat_type == seat_type for member in self.active())

    def invited(self, seat_type: str) -> int:
        """How many invites are out for this seat type. Each holds a seat, as if it were accepted."""
        return sum(invite.seat_type == seat_type for invite in self.invites.values())

    def reclaimable(self, seat_type: str) -> int:
        """How many removed members left a paid seat of this type behind."""
        return sum(member.reclaimable_seat_type == seat_type for member in self.members.values())

    def with_member(self, member: Member) -> Self:
        """The roster with this member added or replaced."""
        return replace(self, members={**self.members, member.user_id: member})

    def without_member(self, user_id: str) -> Self:
        """The roster without this member."""
        return replace(self, members={k: v for k, v in self.members.items() if k != user_id})

    def with_invite(self, invite: Invite) -> Self:
        """The roster with this invite added, or put in the place of an earlier one to the same address."""
        return replace(self, invites={**self.invites, address(invite.email): invite})

    def without_invite(self, email: str) -> Self:
        """The roster without an invite to this address."""
        gone = address(email)
        return replace(self, invites={k: v for k, v in self.invites.items() if k != gone})
