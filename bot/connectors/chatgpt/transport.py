"""What the connector asks of a way to a ChatGPT workspace. Another transport is another file that does this.

A transport speaks in the product's words (roles, seat types) and raises the contract's errors; the rules of whom not to
touch are the connector's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.connectors.contract import Capabilities, Change, Condition, SeatPool

List = Literal["users", "invites"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An active member."""

    id: str
    email: str | None  # a privacy setting can hide it
    role: str
    seat_type: str
    pending_seat_type: str = ""
    since: datetime | None = None
    scim_managed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingInvite:
    """An invite that waits for its person."""

    id: str | None
    email: str
    role: str
    seat_type: str
    since: datetime | None = None
    scim_managed: bool = False


class Transport(Protocol):
    """A way to one workspace. Every call may raise `ConnectorError`."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def members_page(self) -> int:
        """How many members one call lists at most."""
        ...

    def is_scarce(self, what: List) -> bool:
        """Have so many calls for this list been made lately that further ones had better be shared?"""
        ...

    def pause(self, change: Change) -> timedelta:
        """For how long a change had better wait, to keep within the limit of calls (see the contract)."""
        ...

    async def own_id(self) -> str | None:
        """The user id of the integration account; None where a key acts and not a person."""
        ...

    async def members(self, email: str | None = None) -> list[Member]:
        """All active members, or those with this address."""
        ...

    async def current(self, member: Member) -> Member | None:
        """A member of the list as they are now: looked at once more where the list may be behind. None: gone."""
        ...

    async def member(self, user_id: str, *, email: str) -> Member | None:
        """The active member with this id, whose address may be this one; None if there is none."""
        ...

    async def invites(self, email: str | None = None) -> list[PendingInvite]:
        """All pending invites, one per address, or the one to this address."""
        ...

    async def invite(self, *, email: str, role: str, seat_type: str, key: str) -> None:
        """Invites the address; a member and a pending invite are left as they are, or the invite is renewed."""
        ...

    async def resend(self, *, email: str, role: str, seat_type: str) -> None:
        """Sends the pending invite of the address again."""
        ...

    async def cancel_invite(self, invite: PendingInvite) -> bool:
        """Takes an invite back. False: there was none, says the provider."""
        ...

    async def remove(self, user_id: str) -> bool:
        """Removes a member. False: there was none, says the provider."""
        ...

    async def set_role(self, user_id: str, role: str) -> bool:
        """Gives a member another role. False: there is no such member, says the provider."""
        ...

    async def set_seat_type(self, user_id: str, seat_type: str, *, key: str) -> bool:
        """Puts a member on another seat. False: there is no such member, says the provider."""
        ...

    async def seats(self) -> SeatPool | None:
        """How many seats there are and are taken."""
        ...

    async def check(self) -> tuple[Condition, ...]:
        """Tries what a change will need, without changing anything. Never raises `ConnectorError`."""
        ...
