"""The `scim` transport with an Admin key beside it: SCIM writes, and the Admin API tells what the workspace made of it.

A directory does not show whether the workspace follows it. With a key that may read, who was invited, who has joined
and who is still there is seen for what it is. Role and seat type stay SCIM's: it can choose neither, so nobody is
measured by what the workspace gave them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.connectors.chatgpt import scim_wire as wire
from bot.connectors.chatgpt.admin_api import AdminApi
from bot.connectors.chatgpt.admin_api_rights import CAPABILITIES as ADMIN_API
from bot.connectors.chatgpt.calls import both
from bot.connectors.chatgpt.scim import CAPABILITIES as SCIM
from bot.connectors.chatgpt.scim import Scim
from bot.connectors.chatgpt.transport import List, Member, PendingInvite
from bot.connectors.contract import Capabilities, Change, Condition, SeatPool

#: how long the workspace may take: "30-40 minutes" (OpenAI's "SCIM integration FAQ"), and some more
FOLLOWS_WITHIN: Final = timedelta(minutes=45)
_READS: Final = ("observe", "accounts", "seats")

CAPABILITIES: Final = replace(
    SCIM,
    sees_members=True,
    sees_invites=True,
    follows_within=FOLLOWS_WITHIN,
    permissions={**SCIM.permissions, **{call: ADMIN_API.permissions[call] for call in _READS}},
)


class ScimSeen:
    """Implements `Transport`: reads as `AdminApi` does, writes as `Scim` does."""

    def __init__(self, directory: Scim, workspace: AdminApi) -> None:
        self._directory = directory
        self._workspace = workspace

    @property
    def capabilities(self) -> Capabilities:
        """What SCIM can do, seen with the key's eyes."""
        return CAPABILITIES

    @property
    def members_page(self) -> int:
        """As the Admin API lists them."""
        return self._workspace.members_page

    def is_scarce(self, what: List) -> bool:
        """As the Admin API's limit says."""
        return self._workspace.is_scarce(what)

    def pause(self, change: Change) -> timedelta:
        """Not at all: what is limited is reading, and that is shared."""
        return self._directory.pause(change)

    async def own_id(self) -> str | None:
        """None: a token acts, and not a person."""
        return None

    # -- what the workspace shows --------------------------------------------------------------------------------------
    async def members(self, email: str | None = None) -> list[Member]:
        """Who is in the workspace, each by their id in the directory, where they are in it."""
        members, entries = await both(self._workspace.members(email), self._directory.members(email))
        by_address = {wire.spelled(entry.email): entry for entry in entries if entry.email}
        return [_seen(member, by_address.get(wire.spelled(member.email or ""))) for member in members]

    async def current(self, member: Member) -> Member | None:
        """The member: the list is what there is."""
        return member

    async def member(self, user_id: str, *, email: str) -> Member | None:
        """The member with this id."""
        return next((member for member in await self.members(email) if member.id == user_id), None)

    async def invites(self, email: str | None = None) -> list[PendingInvite]:
        """Who is invited and has not accepted."""
        return [
            replace(invite, role=_ROLE, seat_type=_SEAT, scim_managed=False)
            for invite in await self._workspace.invites(email)
        ]

    async def seats(self) -> SeatPool | None:
        """What the Admin API counts."""
        return await self._workspace.seats()

    # -- what the directory is told ------------------------------------------------------------------------------------
    async def invite(self, *, email: str, role: str, seat_type: str, key: str) -> None:
        """Puts the address into the directory, or writes it there again; the workspace then invites it."""
        if not await self._directory.send_again(email):
            await self._directory.invite(email=email, role=role, seat_type=seat_type, key=key)

    async def remove(self, user_id: str) -> bool:
        """Takes the user out of the directory. Who is not in it is left to the workspace, which has to follow."""
        await self._directory.remove(user_id)
        return True

    async def cancel_invite(self, invite: PendingInvite) -> bool:
        """Takes the address out of the directory; the workspace then takes its invite back."""
        for entry in await self._directory.members(invite.email):
            if not entry.scim_managed:
                await self._directory.remove(entry.id)
        return True

    async def resend(self, *, email: str, role: str, seat_type: str) -> None:
        """SCIM's invites cannot be sent again."""
        await self._directory.resend(email=email, role=role, seat_type=seat_type)

    async def set_role(self, user_id: str, role: str) -> bool:
        """SCIM gives no role."""
        return await self._directory.set_role(user_id, role)

    async def set_seat_type(self, user_id: str, seat_type: str, *, key: str) -> bool:
        """SCIM gives no seat type."""
        return await self._directory.set_seat_type(user_id, seat_type, key=key)

    # -- health --------------------------------------------------------------------------------------------------------
    async def check(self) -> tuple[Condition, ...]:
        """Reads the directory, then the workspace."""
        directory, workspace = await both(self._directory.check(), self._workspace.check())
        told = (condition for condition in directory if condition.name != "Invites")
        return (*told, *(replace(condition, name=f"Admin API: {condition.name}") for condition in workspace))


_ROLE: Final = next(iter(wire.ROLES))
_SEAT: Final = next(iter(wire.SEAT_TYPES))


def _seen(member: Member, entry: Member | None) -> Member:
    """A member of the workspace, to be changed by the entry of the directory."""
    return replace(
        member,
        id=entry.id if entry is not None else member.id,
        role=_ROLE,
        seat_type=_SEAT,
        pending_seat_type="",
        scim_managed=entry is not None and entry.scim_managed,
    )
