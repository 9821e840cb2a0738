"""The rules by which Usher observes and changes a ChatGPT workspace, over any transport."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.connectors.chatgpt.calls import both
from bot.connectors.chatgpt.paging import PAGE
from bot.connectors.chatgpt.shared_reads import SharedReads
from bot.connectors.chatgpt.transport import Member, PendingInvite, Transport
from bot.connectors.chatgpt.wire import OWNER, same_address
from bot.connectors.contract import (
    Account,
    CancelInvite,
    Capabilities,
    Change,
    Health,
    Invite,
    ManagedElsewhere,
    Refused,
    Remove,
    Resend,
    SeatPool,
    SetRole,
    SetSeatType,
    TryLater,
)

_LAG: Final = timedelta(seconds=5)  # the lists may be behind a change for a while
_INTEGRATION: Final = "It is the account that Usher itself works with."
_LAST_OWNER: Final = "It is the last owner of the workspace."


class ChatGPTConnector:
    """Implements `Connector`. Never touches the integration account, nor takes the last owner away."""

    def __init__(self, transport: Transport, *, integration_email: str | None = None) -> None:
        """`integration_email` is None where a key acts and not a person."""
        self._transport = transport
        self._integration_email = integration_email
        self._members = SharedReads[Member](
            search=transport.members,
            everything=transport.members,
            address=lambda member: member.email,
            page=transport.members_page,
            scarce=lambda: transport.is_scarce("users"),
        )
        self._invites = SharedReads[PendingInvite](
            search=transport.invites,
            everything=transport.invites,
            address=lambda invite: invite.email,
            page=PAGE,
            scarce=lambda: transport.is_scarce("invites"),
        )

    @property
    def capabilities(self) -> Capabilities:
        """What the transport can do."""
        return self._transport.capabilities

    @property
    def transport(self) -> Transport:
        """The way to the workspace, for whoever looks at the wire itself."""
        return self._transport

    async def check(self) -> Health:
        """What the transport found. Changes nothing, never raises `ConnectorError`."""
        return Health(conditions=await self._transport.check())

    async def seats(self) -> SeatPool | None:
        """What the transport counts."""
        return await self._transport.seats()

    # -- observing -----------------------------------------------------------------------------------------------------
    async def observe(self, email: str) -> Account:
        """What exists for this address; a member, where it is in both lists.

        A member whose address is hidden by a privacy setting cannot be matched: there is nothing to tell them by.
        """
        members, invites = await both(self._members.about(email), self._invites.about(email))
        member = await self._transport.current(members[0]) if members else None
        if member is not None:
            protected = await self._protection(member)
            return _of_member(member, email, protected=protected)
        if invites:
            return _of_invite(invites[0], protected=self._protects(email))
        return Account(email=email, status="absent", protected=self._protects(email))

    async def accounts(self) -> list[Account]:
        """Everybody with an address, members before invites, each address once."""
        members, invites = await both(self._transport.members(), self._transport.invites())
        owners = _owners(members)
        own_id = await self._transport.own_id()
        accounts: dict[str, Account] = {}
        for member in members:
            if member.email:
                protected = self._protects(member.email, member.id, own_id)
                if protected is None and owners == {member.id}:
                    protected = _LAST_OWNER
                accounts.setdefault(member.email.casefold(), _of_member(member, member.email, protected=protected))
        for invite in invites:
            account = _of_invite(invite, protected=self._protects(invite.email))
            accounts.setdefault(invite.email.casefold(), account)
        return list(accounts.values())

    def _protects(self, email: str, user_id: str | None = None, own_id: str | None = None) -> str | None:
        own = same_address(email, self._integration_email) or (user_id is not None and user_id == own_id)
        return _INTEGRATION if own else None

    async def _protection(self, member: Member) -> str | None:
        """Why this member must not be touched; None if they may be."""
        protected = self._protects(member.email or "", member.id, await self._transport.own_id())
        if protected is None and member.role == OWNER and _owners(await self._transport.members()) <= {member.id}:
            return _LAST_OWNER
        return protected

    # -- changing ------------------------------------------------------------------------------------------------------
    def pause(self, change: Change) -> timedelta:
        """As the transport's limit asks for."""
        return self._transport.pause(change)

    async def apply(self, change: Change) -> None:
        """Makes one change, once. Already there and already gone are successes.

        Raises:
            Refused: it would touch the integration account or take the last owner away, or ChatGPT will not do it.
            ManagedElsewhere: SCIM manages the account.
            ConnectorError: see the contract.
        """
        if same_address(change.email, self._integration_email):
            raise Refused(f"Usher does not touch {change.email}. {_INTEGRATION}")
        match change:
            # The first thing sent is the invite itself: who was just observed as absent is not looked up once more.
            case Invite(email=email, entitlement=wanted, key=key):
                await self._transport.invite(email=email, role=wanted.role, seat_type=wanted.seat_type, key=key)
            case Resend(email=email, entitlement=wanted):
                await self._transport.resend(email=email, role=wanted.role, seat_type=wanted.seat_type)
            case CancelInvite():
                await self._cancel_invite(change)
            case Remove():
                await self._remove(change)
            case SetRole():
                await self._set_role(change)
            case SetSeatType():
                await self._set_seat_type(change)

    async def _cancel_invite(self, change: CancelInvite) -> None:
        if not self.capabilities.sees_invites:  # whoever was invited looks like a member
            for member in await self._transport.members(change.email):
                await self._remove(Remove(email=change.email, provider_id=member.id))
            return
        pending = await self._transport.invites(change.email)
        if not pending:
            return
        if pending[0].scim_managed:
            raise ManagedElsewhere(f"SCIM made the invite of {change.email}.")
        cancelled = await self._transport.cancel_invite(pending[0])
        if not cancelled and await self._transport.invites(change.email):
            raise TryLater(f"ChatGPT knows no invite of {change.email}, yet lists one.", after=_LAG)

    async def _remove(self, change: Remove) -> None:
        member = await self._changeable(change, "remove")
        if member is None:
            return
        removed = await self._transport.remove(member.id)
        if not removed and await self._transport.member(member.id, email=change.email) is not None:
            raise TryLater(f"ChatGPT knows no member {change.email}, yet lists them.", after=_LAG)

    async def _set_role(self, change: SetRole) -> None:
        member = await self._changeable(change, "demote" if change.role != OWNER else "change")
        if member is None:
            raise _vanished(change)
        if member.role != change.role and not await self._transport.set_role(member.id, change.role):
            raise _vanished(change)

    async def _set_seat_type(self, change: SetSeatType) -> None:
        member = await self._changeable(change, "change")
        if member is None:
            raise _vanished(change)
        if (member.pending_seat_type or member.seat_type) == change.seat_type:
            return
        if not await self._transport.set_seat_type(member.id, change.seat_type, key=change.key):
            raise _vanished(change)

    async def _changeable(self, change: Remove | SetRole | SetSeatType, how: str) -> Member | None:
        """The member as listed now, None if there is none.

        Raises:
            Refused: they must not be changed so.
            ManagedElsewhere: SCIM manages them.
        """
        member = await self._find(change)
        if member is None:
            return None
        if member.scim_managed:
            raise ManagedElsewhere(f"SCIM manages {change.email}.")
        protected = await self._protection(member)
        if protected == _LAST_OWNER and how == "change":
            return member
        if protected is not None:
            raise Refused(f"Usher does not {how} {change.email}. {protected}")
        return member

    async def _find(self, change: Remove | SetRole | SetSeatType) -> Member | None:
        """The member with this id, as just observed; an owner, who may be the last one, as listed now."""
        if not change.provider_id:
            raise Refused(f"Usher changes members by their id, and has none for {change.email}.")
        seen = change.observed
        if seen is None or seen.role == OWNER:
            return await self._transport.member(change.provider_id, email=change.email)
        return Member(
            id=change.provider_id,
            email=change.email,
            role=seen.role,
            seat_type=seen.seat_type,
            pending_seat_type=seen.pending_seat_type,
            scim_managed=seen.managed_elsewhere is not None,
        )


def _owners(members: list[Member]) -> set[str]:
    return {member.id for member in members if member.role == OWNER}


def _vanished(change: SetRole | SetSeatType) -> TryLater:
    return TryLater(f"{change.email} is no longer a member of the workspace.")


def _of_member(member: Member, email: str, *, protected: str | None) -> Account:
    return Account(
        email=email,
        status="member",
        role=member.role,
        seat_type=member.seat_type,
        provider_id=member.id,
        managed_elsewhere="SCIM" if member.scim_managed else None,
        since=member.since,
        pending_seat_type=member.pending_seat_type,
        protected=protected,
    )


def _of_invite(invite: PendingInvite, *, protected: str | None) -> Account:
    return Account(
        email=invite.email,
        status="invited",
        role=invite.role,
        seat_type=invite.seat_type,
        provider_id=invite.id,
        managed_elsewhere="SCIM" if invite.scim_managed else None,
        since=invite.since,
        protected=protected,
    )
