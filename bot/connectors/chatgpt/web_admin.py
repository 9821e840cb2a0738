"""The `web_admin` transport: the calls of ChatGPT's own admin page, with the session of an Owner.

OpenAI does not document these calls and may change them or ask for a human at any time; the facts come from public
clients of the same page. Usher does not pretend to be a browser and never gets around a challenge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final, TypeVar
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx

from bot.connectors.chatgpt import health, wire
from bot.connectors.chatgpt.calls import both, parse
from bot.connectors.chatgpt.errors import SESSION, Access, Call, refusal
from bot.connectors.chatgpt.paging import PAGE, everything
from bot.connectors.chatgpt.search import with_address
from bot.connectors.chatgpt.session import WebSession
from bot.connectors.chatgpt.transport import List, Member, PendingInvite
from bot.connectors.config import ChatGPTWebAdmin
from bot.connectors.contract import (
    Blocked,
    Capabilities,
    Change,
    Condition,
    ConnectorError,
    Credential,
    SeatPool,
    Seats,
    SignInAgain,
    UnknownOutcome,
)

_READ: Final = "Owner or Admin of the workspace"
_OWNER: Final = "Owner of the workspace"

CAPABILITIES: Final = Capabilities(
    roles=tuple(wire.ROLES),
    seat_types=tuple(wire.SEAT_TYPES),
    observes=True,
    sees_invites=True,
    sees_seats=True,
    permissions={
        "observe": _READ,
        "accounts": _READ,
        "seats": _READ,
        "invite": "Owner of the workspace (an Admin may invite members only)",
        "cancel_invite": _READ,
        "remove": _READ,
        "set_role": _OWNER,
        "set_seat_type": _OWNER,
    },
)

_GONE: Final = frozenset({404})

Found = TypeVar("Found")


class WebAdmin:
    """Implements `Transport` over https://chatgpt.com/backend-api."""

    def __init__(
        self,
        config: ChatGPTWebAdmin,
        *,
        http: httpx.AsyncClient,
        credential: Credential | None,
        access: Access = SESSION,
    ) -> None:
        """Calls nothing yet. `credential` and `access` are the session's (see `WebSession`)."""
        self._workspace_id = str(config.workspace_id)
        self._integration_email = config.integration_email
        self._base_url = config.base_url
        self._session = WebSession(
            http=http,
            base_url=config.base_url,
            workspace_id=self._workspace_id,
            credential=credential,
            access=access,
            headers={
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                "User-Agent": "Usher",
                "oai-language": "en-US",  # error texts are read, so they have to be in one language
            },
        )
        self._account = f"/backend-api/accounts/{self._workspace_id}"
        self._search_works: bool | None = None  # not tried yet
        self._trying_search = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """Everything that the admin page can do."""
        return CAPABILITIES

    @property
    def members_page(self) -> int:
        """As long as any client asks for."""
        return PAGE

    def is_scarce(self, what: List) -> bool:  # noqa: ARG002
        """No: no limit is known."""
        return False

    def pause(self, change: Change) -> timedelta:  # noqa: ARG002
        """Not at all: no limit is known."""
        return timedelta()

    async def own_id(self) -> str | None:
        """The user id that the session says it belongs to."""
        return (await self._session.signed_in()).user_id

    # -- lists ---------------------------------------------------------------------------------------------------------
    async def members(self, email: str | None = None) -> list[Member]:
        """All active members, or those with this address.

        Somebody removed may stay in the list with a `deactivated_time`, and is no member. A member whose address a
        privacy setting hides cannot be matched.

        Raises:
            Unexpected: the address finds only members whose address is hidden.
        """
        if email is None:
            return await self._list_members("")
        searched = await self._can_search()
        listed = await self._list_members(email if searched else "")
        return with_address(email, listed, searched=searched)

    async def current(self, member: Member) -> Member | None:
        """The member as listed: there is no other way to look."""
        return member

    async def member(self, user_id: str, *, email: str) -> Member | None:
        """The member with this id: by the address first, which is one short read, then anywhere in the list."""
        for address in (email, None):
            for member in await self.members(address):
                if member.id == user_id:
                    return member
        return None

    async def _can_search(self) -> bool:
        """Whether the lists' `query` finds people: believed once it has found the integration account.

        Taking "not found" on trust would let Usher believe that a member is gone.
        """
        if self._search_works is None:
            async with self._trying_search:
                if self._search_works is None:
                    own_id, listed = await both(self.own_id(), self._list_members(self._integration_email))
                    self._search_works = any(
                        member.id == own_id or wire.same_address(member.email, self._integration_email)
                        for member in listed
                    )
        return self._search_works

    async def _list_members(self, query: str) -> list[Member]:
        call = Call(what="read the members", writes=False, need=_READ)
        listed = await self._list(call, "users", wire.Page[wire.WireMember], query)
        return [
            Member(
                id=member.id,
                email=member.email or member.verified_email,
                role=wire.role_word(member.role),
                seat_type=wire.seat_word(member.seat_type),
                pending_seat_type=wire.seat_word(member.pending_seat_type) if member.pending_seat_type else "",
                since=member.created_time,
                scim_managed=member.is_scim_managed,
            )
            for member in listed
            if member.deactivated_time is None
        ]

    async def invites(self, email: str | None = None) -> list[PendingInvite]:
        """All pending invites, one per address, or the one to this address."""
        call = Call(what="read the invites", writes=False, need=_READ)
        query = email if email is not None and await self._can_search() else ""
        listed = await self._list(call, "invites", wire.Page[wire.WireInvite], query)
        return [
            PendingInvite(
                id=invite.id,
                email=invite.email_address,
                role=wire.role_word(invite.role),
                seat_type=wire.seat_word(invite.seat_type),
                since=invite.created_time,
                scim_managed=invite.is_scim_managed,
            )
            for invite in wire.newest_per_address(listed)
            if not invite.is_over and (email is None or wire.same_address(invite.email_address, email))
        ]

    async def _list(self, call: Call, name: str, page: type[wire.Page[wire.Item]], query: str) -> list[wire.Item]:
        async def read(offset: int) -> wire.Page[wire.Item]:
            params = {"offset": str(offset), "limit": str(PAGE), "query": query}
            return parse(call, page, await self._session.call(call, "GET", f"{self._account}/{name}", params=params))

        return await everything(read)

    # -- changes -------------------------------------------------------------------------------------------------------
    async def invite(self, *, email: str, role: str, seat_type: str, key: str) -> None:
        """Invites the address, or renews its pending invite. The same key twice has one effect.

        Raises:
            NoFreeSeat, Refused: for this address, although the call as a whole was answered with 200.
            UnknownOutcome: the answer does not mention the address, and no invite is listed.
        """
        call = Call(what=f"invite {email}", writes=True, need=CAPABILITIES.permissions["invite"])
        body = {
            "email_addresses": [email],
            "role": wire.role_on_the_wire(role),
            "seat_type": wire.seat_on_the_wire(seat_type),
            "resend_emails": True,
            "flow_id": str(uuid4()),
            "submission_id": _attempt(f"invite:{email}:{role}:{seat_type}", key),
        }
        answer = parse(call, wire.InviteAnswer, await self._session.call(call, "POST", self._invites, body=body))
        if answer.invited(email):
            return
        reason = answer.reason_against(email)
        if reason is not None:
            raise refusal(call, reason)
        if not await self.invites(email):
            raise UnknownOutcome(f"ChatGPT took the call to invite {email}, but its answer does not mention them.")

    async def resend(self, *, email: str, role: str, seat_type: str) -> None:
        """Sends the pending invite again: the same call as an invite's, never with a key that was used."""
        await self.invite(email=email, role=role, seat_type=seat_type, key=str(uuid4()))

    async def cancel_invite(self, invite: PendingInvite) -> bool:
        """Takes an invite back, by its address: the id of an invite is not what this call wants."""
        call = Call(
            what=f"take back the invite of {invite.email}",
            writes=True,
            need=CAPABILITIES.permissions["cancel_invite"],
            answers=_GONE,
        )
        answer = await self._session.call(call, "DELETE", self._invites, body={"email_address": invite.email})
        return answer.status not in _GONE

    async def remove(self, user_id: str) -> bool:
        """Removes a member from the workspace; their OpenAI account stays."""
        call = Call(what="remove a member", writes=True, need=CAPABILITIES.permissions["remove"], answers=_GONE)
        answer = await self._session.call(call, "DELETE", self._user(user_id))
        return answer.status not in _GONE

    async def set_role(self, user_id: str, role: str) -> bool:
        """Gives a member another role. The role stands alone in the body."""
        call = Call(
            what=f"give a member the role {role}",
            writes=True,
            need=CAPABILITIES.permissions["set_role"],
            answers=_GONE,
        )
        body = {"role": wire.role_on_the_wire(role)}
        answer = await self._session.call(call, "PATCH", self._user(user_id), body=body)
        return answer.status not in _GONE

    async def set_seat_type(self, user_id: str, seat_type: str, *, key: str) -> bool:
        """Puts a member on another seat; by the older call where the server does not know the newer one."""
        newer_call_missing = frozenset({404, 405})
        call = Call(
            what=f"put a member on a {seat_type} seat",
            writes=True,
            need=CAPABILITIES.permissions["set_seat_type"],
            answers=newer_call_missing,
        )
        seat = wire.seat_on_the_wire(seat_type)
        body = {
            "operation": "switch",
            "seat_type": seat,
            "flow_id": str(uuid4()),
            "mutation_attempt_id": _attempt(f"seat:{user_id}:{seat}", key),
        }
        answer = await self._session.call(call, "POST", f"{self._user(user_id)}/seat/update", body=body)
        if answer.status in newer_call_missing:
            answer = await self._session.call(call, "PATCH", self._user(user_id), body={"seat_type": seat})
        return answer.status not in newer_call_missing

    @property
    def _invites(self) -> str:
        return f"{self._account}/invites"

    def _user(self, user_id: str) -> str:
        return f"{self._account}/users/{user_id}"

    # -- seats and health ----------------------------------------------------------------------------------------------
    async def seats(self) -> SeatPool | None:
        """Members, pending invites and paid seats per seat type, as far as ChatGPT tells; None if it tells nothing.

        Codex seats are there where somebody has one, or where the workspace says that they can be had.
        """
        counts, (subscription, pending) = await both(
            _if_told(self._seat_counts()), both(_if_told(self._subscription()), _if_told(self.invites()))
        )
        if counts is None and subscription is None:
            return None
        by_type = {}
        for word, name in wire.SEAT_TYPES.items():
            used = None if counts is None else counts.seat_type_counts.get(name) or 0
            paid = subscription.paid(name) if subscription else None
            waiting = None if pending is None else sum(invite.seat_type == word for invite in pending)
            if used or paid or waiting or word == wire.STANDARD_SEAT or await self._may_have(word):
                by_type[word] = Seats(used=used, invited=waiting, paid=paid)
        until = subscription.active_until if subscription else None
        return SeatPool(by_type=by_type, renews_on=until.date() if until else None)

    async def _may_have(self, seat_type: str) -> bool:
        workspace = await _if_told(self._workspace()) if seat_type == wire.CODEX_SEAT else None
        return workspace is not None and workspace.is_usage_based_seat_enabled

    async def _seat_counts(self) -> wire.SeatCounts:
        call = Call(what="count the seats", writes=False, need=_READ)
        answer = await self._session.call(call, "GET", f"{self._account}/users/seat_type_counts")
        return parse(call, wire.SeatCounts, answer)

    async def _subscription(self) -> wire.Subscription:
        call = Call(what="read the subscription", writes=False, need=_READ)
        params = {"account_id": self._workspace_id}
        answer = await self._session.call(call, "GET", "/backend-api/subscriptions", params=params)
        return parse(call, wire.WrappedSubscription, answer).root

    async def _workspace(self) -> wire.WireWorkspace | None:
        call = Call(what="look the workspace up", writes=False, need="membership of the workspace")
        params = {"timezone_offset_min": "0"}
        path = "/backend-api/accounts/check/v4-2023-04-27"
        answer = await self._session.call(call, "GET", path, params=params)
        return parse(call, wire.AccountsCheck, answer).workspace(self._workspace_id)

    async def check(self) -> tuple[Condition, ...]:
        """Signs in, looks the workspace up, reads members and seats. Stops where going on makes no sense.

        That it is reachable is said after a call that was answered: a sign-in may be missing, or be an earlier one.
        """
        try:
            signed_in = await self._session.signed_in()
        except SignInAgain as error:
            return (health.failed("Signed in", error),)
        except ConnectorError as error:
            return (health.failed("Reachable", error),)
        account = health.signed_in(signed_in.email, expected=self._integration_email)
        try:
            workspace = await self._workspace()
        except ConnectorError as error:
            return (account, health.failed("Workspace", error))
        reachable = Condition(name="Reachable", ok=True, detail=f"{self._base_url} answers.")
        found = (reachable, account, *health.workspace(workspace, workspace_id=self._workspace_id))
        if not all(condition.ok for condition in found):
            return found
        try:
            members, pool = await both(self.members(), self.seats())
        except ConnectorError as error:
            return (*found, health.failed("Members", error))
        listed = Condition(name="Members", ok=True, detail=f"{len(members)} in the list.")
        return (*found, listed, health.seats(pool))


async def _if_told(read: Awaitable[Found]) -> Found | None:
    """What was read, or None where this one thing is not told."""
    try:
        return await read
    except (SignInAgain, Blocked):
        raise
    except ConnectorError:
        return None


def _attempt(what: str, key: str) -> str:
    """The id by which ChatGPT recognises a repeated call: the same for the same key and the same thing asked."""
    return str(uuid5(NAMESPACE_URL, f"usher:{what}:{key}"))
