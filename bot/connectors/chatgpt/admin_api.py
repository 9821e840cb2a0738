"""The `admin_api` transport: OpenAI's Admin API for ChatGPT Enterprise and Edu, with an Admin key of the workspace.

OpenAI documents which calls there are, what they are for and what they are allowed; much of what stands in them is not
public. What is a guess here is read so that it may be wrong (`admin_api_wire`), and is never believed: after a change
the lists are read again.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from bot.connectors.chatgpt import admin_api_wire as wire
from bot.connectors.chatgpt import health
from bot.connectors.chatgpt.admin_api_rights import (
    ADMIN_KEY,
    CAPABILITIES,
    OWNERS_KEY,
    READ_INVITES,
    READ_USERS,
    WRITE_INVITES,
    WRITE_USERS,
)
from bot.connectors.chatgpt.calls import both, parse, send, token_headers
from bot.connectors.chatgpt.errors import Answer, Call, Said, failure, refusal
from bot.connectors.chatgpt.pace import Pace
from bot.connectors.chatgpt.paging import walked
from bot.connectors.chatgpt.search import with_address
from bot.connectors.chatgpt.transport import List, Member, PendingInvite
from bot.connectors.chatgpt.wire import written
from bot.connectors.config import ChatGPTAdminApi
from bot.connectors.contract import (
    Blocked,
    CancelInvite,
    Capabilities,
    Change,
    Condition,
    ConnectorError,
    Credential,
    Invite,
    Remove,
    Resend,
    SeatPool,
    Seats,
    SetRole,
    SetSeatType,
    SignInAgain,
    TryLater,
    Unexpected,
    UnknownOutcome,
)

#: "100 requests per minute" for each method and path of a workspace (OpenAI's Admin API reference)
LIMIT: Final = 100
PER: Final = timedelta(minutes=1)

_USERS_PAGE: Final = 1000  # the longest that the reference allows
_INVITES_PAGE: Final = 100  # nothing is known; the longest page of directory groups, a sibling
_PLENTY: Final = 0.1  # of the limit: so much is for whoever comes first, the rest is shared
#: by which route a change is made
_ROUTES: Final[Mapping[type[Change], str]] = {
    Invite: "POST invites",
    Resend: "POST invites/{}/resend",
    CancelInvite: "DELETE invites/{}",
    SetRole: "POST users/{}",
    SetSeatType: "POST users/{}",
    Remove: "DELETE users/{}",
}
_GONE: Final = frozenset({404})
_PERHAPS_THERE: Final = frozenset({400, 409})  # how an invite may be answered that is there already

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    """What reads have been seen to find somebody who is there. Only those are believed when they find nobody."""

    search: bool = False  # the list, narrowed to an address in other capitals
    by_id: bool = False  # one user by their id


class AdminApi:
    """Implements `Transport` over https://api.chatgpt.com/v1."""

    def __init__(
        self, config: ChatGPTAdminApi, *, http: httpx.AsyncClient, credential: Credential, pace: Pace | None = None
    ) -> None:
        self._http = http
        self._credential = credential
        self._base_url = config.base_url
        self._workspace = f"{config.base_url}/manage/workspaces/{config.workspace_id}"
        self._pace = pace or Pace(limit=LIMIT, per=PER)
        self._known: _Proven | None = None  # not tried yet
        self._behind: set[str] = set()  # ids of users whom the list may still show as they were before a change
        self._trying = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """What the Admin API can do."""
        return CAPABILITIES

    @property
    def members_page(self) -> int:
        """The longest that the reference allows."""
        return _USERS_PAGE

    def is_scarce(self, what: List) -> bool:
        """When a tenth of the limit is used up."""
        return self._pace.spent(f"GET {what}") > _PLENTY

    def pause(self, change: Change) -> timedelta:
        """While the calls of its route are used up."""
        return self._pace.pause(_ROUTES[type(change)], change.email)

    async def own_id(self) -> str | None:
        """None: a key acts. Whose key it is, is not told."""
        return None

    # -- members -------------------------------------------------------------------------------------------------------
    async def members(self, email: str | None = None) -> list[Member]:
        """All active members, or those with this address, as the list shows them.

        Raises:
            Unexpected: the address finds only members whose address is hidden.
        """
        if email is None:
            return [user.member() for user in await self._list_users() if user.active]
        proven = await self._proven()
        listed = await self._list_users(**({"email": email} if proven.search else {}))
        return with_address(email, (user.member() for user in listed if user.active), searched=proven.search)

    async def current(self, member: Member) -> Member | None:
        """The list lags behind. So whom Usher has changed is looked at by their id, which does not, until the list
        shows them alike; and so is whoever the list shows without a role.
        """
        if (member.role and member.id not in self._behind) or not (await self._proven()).by_id:
            return member
        user = await self._user(member.id)
        if user is None or not user.active:
            return None
        told = {name: value for name, value in asdict(user.member()).items() if value and name != "email"}
        now = replace(member, **told)
        if now == member:
            self._behind.discard(member.id)
        return now

    async def member(self, user_id: str, *, email: str) -> Member | None:
        """The member with this id: by the id, where that has been seen to work, else by the lists.

        A 404 is also what a wrong workspace and a plan without the API get, so it needs a list that can be read.
        """
        if (await self._proven()).by_id:
            user = await self._user(user_id)
            if user is None:
                await self._users_after({"limit": "1"})
            return user.member() if user is not None and user.active else None
        for address in (email, None):
            for member in await self.members(address):
                if member.id == user_id:
                    return member
        return None

    async def _proven(self) -> _Proven:
        """Tries the reads that find one person on somebody who is there, once."""
        async with self._trying:
            if self._known is None:
                first = await self._users_after({"limit": "100"})
                somebody = next((user for user in first.data if user.email and user.active), None)
                if somebody is None:
                    return _Proven()
                search, by_id = await both(
                    _if_usable(self._list_users(email=(somebody.email or "").swapcase())),
                    _if_usable(self._user(somebody.id)),
                )
                self._known = _Proven(
                    search=any(user.id == somebody.id for user in search or ()),
                    by_id=by_id is not None and by_id.id == somebody.id,
                )
            return self._known

    async def _list_users(self, **narrowed: str) -> list[wire.WireUser]:
        return await walked(lambda after: self._users_after({"limit": str(_USERS_PAGE)} | narrowed | after))

    async def _users_after(self, params: dict[str, str]) -> wire.Page[wire.WireUser]:
        call = _call("read the users", need=READ_USERS)
        return parse(call, wire.Page[wire.WireUser], await self._send(call, "GET", "users", params=params))

    async def _user(self, user_id: str) -> wire.WireUser | None:
        call = _call("read a user", need=READ_USERS, answers=_GONE)
        answer = await self._send(call, "GET", "users/{}", user_id)
        return None if answer.status in _GONE else parse(call, wire.WireUser, answer)

    async def remove(self, user_id: str) -> bool:
        """Removes a member from the workspace; their OpenAI account stays."""
        call = _call("remove a member", need=WRITE_USERS, writes=True, answers=_GONE)
        self._behind.add(user_id)
        return (await self._send(call, "DELETE", "users/{}", user_id)).status not in _GONE

    async def set_role(self, user_id: str, role: str) -> bool:
        """Gives a member another role. The role stands alone in the body: only what changes is sent."""
        return await self._update(user_id, f"give a member the role {role}", role=written(wire.ROLES, role, "role"))

    async def set_seat_type(self, user_id: str, seat_type: str, *, key: str) -> bool:  # noqa: ARG002  (no such thing here)
        """Puts a member on another seat. OpenAI documents idempotency keys for other calls only, so none is sent."""
        seat = written(wire.SEAT_TYPES, seat_type, "seat type")
        return await self._update(user_id, f"put a member on a {seat_type} seat", seat_type=seat)

    async def _update(self, user_id: str, what: str, **fields: str) -> bool:
        call = _call(what, need=OWNERS_KEY, writes=True, answers=_GONE)
        self._behind.add(user_id)
        return (await self._send(call, "POST", "users/{}", user_id, body=fields)).status not in _GONE

    # -- invites -------------------------------------------------------------------------------------------------------
    async def invites(self, email: str | None = None) -> list[PendingInvite]:
        """All pending invites, the newest of each address, or the one to this address."""
        call = _call("read the invites", need=READ_INVITES)

        async def read(after: dict[str, str]) -> wire.Page[wire.WireInvite]:
            params = {"limit": str(_INVITES_PAGE)} | after
            return parse(call, wire.Page[wire.WireInvite], await self._send(call, "GET", "invites", params=params))

        pending = [invite.invite() for invite in await walked(read) if invite.pending]
        return wire.newest_per_address(pending, email)

    async def invite(self, *, email: str, role: str, seat_type: str, key: str) -> None:  # noqa: ARG002  (no such thing here)
        """Invites the address. How the API answers for somebody who is there already is not known, so it is looked up.

        Raises:
            NoFreeSeat, Refused: for this address, even where the call as a whole was answered with 2xx.
            UnknownOutcome: the answer does not mention the address, and no invite is listed.
        """
        call = _call(f"invite {email}", need=WRITE_INVITES, writes=True, answers=_PERHAPS_THERE)
        body = {
            "email": email,
            "role": written(wire.ROLES, role, "role"),
            "seat_type": written(wire.SEAT_TYPES, seat_type, "seat type"),
        }
        answer = await self._send(call, "POST", "invites", body=body)
        if answer.status in _PERHAPS_THERE:
            error = failure(replace(call, answers=frozenset()), answer)
            if error is not None and not await self._is_there(email) and not _says_already(answer):
                raise error
            return
        mentioned, reason = wire.said_of(answer.body, email)
        if reason is not None:
            raise refusal(call, reason)
        if not mentioned and not await self._is_there(email):
            raise UnknownOutcome(f"ChatGPT took the call to invite {email}, but its answer does not mention them.")

    async def _is_there(self, email: str) -> bool:
        members, invites = await both(self.members(email), self.invites(email))
        return bool(members or invites)

    async def resend(self, *, email: str, role: str, seat_type: str) -> None:  # noqa: ARG002  (the invite keeps both)
        """Sends the pending invite of the address again.

        Raises:
            TryLater: there is none any more.
            ManagedElsewhere: SCIM made it.
        """
        pending = await self.invites(email)
        call = _call(f"send the invite of {email} again", need=WRITE_INVITES, writes=True, answers=_GONE)
        if pending:
            answer = await self._send(call, "POST", "invites/{}/resend", _id_of(pending[0]))
        if not pending or answer.status in _GONE:
            raise TryLater(f"There is no pending invite of {email} any more.")

    async def cancel_invite(self, invite: PendingInvite) -> bool:
        """Takes an invite back, by its id."""
        call = _call(f"take back the invite of {invite.email}", need=WRITE_INVITES, writes=True, answers=_GONE)
        return (await self._send(call, "DELETE", "invites/{}", _id_of(invite))).status not in _GONE

    # -- seats and health ----------------------------------------------------------------------------------------------
    async def seats(self) -> SeatPool | None:
        """Members and pending invites per seat type; how many seats are paid for is not told."""
        members, invites = await both(self.members(), self.invites())
        return _pool(members, invites)

    async def check(self) -> tuple[Condition, ...]:
        """Reads the users and the invites. Whether the key may change them shows only when it does."""
        reachable = Condition(name="Reachable", ok=True, detail=f"{self._base_url} answers.")
        accepted = Condition(name="Admin key", ok=True, detail="Accepted.")
        workspace = Condition(name="Workspace", ok=True, detail="Found, and its plan has the Admin API.")
        try:
            members = await self.members()
        except SignInAgain as error:
            return (health.failed("Admin key", error),)  # there may be none, so that nothing was called
        except (TryLater, Blocked) as error:
            return (health.failed("Reachable", error),)
        except ConnectorError as error:
            if getattr(error, "need", None) == READ_USERS or isinstance(error, Unexpected):
                return (reachable, accepted, health.failed("Users", error))
            return (reachable, accepted, health.failed("Workspace", error))
        users = Condition(
            name="Users", ok=True, detail=f"{len(members)} in the list. To change them the key needs {OWNERS_KEY}."
        )
        found = (reachable, accepted, workspace, users)
        try:
            invites = await self.invites()
        except ConnectorError as error:
            return (*found, health.failed("Invitations", error))
        pending = f"{len(invites)} pending. To send and cancel them the key needs {WRITE_INVITES}."
        listed = Condition(name="Invitations", ok=True, detail=pending)
        return (*found, listed, health.seats(_pool(members, invites)))

    # -- calls ---------------------------------------------------------------------------------------------------------
    async def _send(
        self,
        call: Call,
        method: str,
        path: str,
        *ids: str,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        """Makes one call when its route has a free slot. `path` has a {} for each of the ids.

        Raises:
            ConnectorError: what went wrong.
        """
        headers = await token_headers(self._credential, ADMIN_KEY, accept="application/json")
        url = f"{self._workspace}/{path.format(*(quote(each, safe='') for each in ids))}"
        route = f"{method} {path}"
        async with self._pace.turn(route):
            answer = await send(self._http, call, method, url, headers=headers, params=params, body=body)
        error = failure(call, answer)
        if answer.status == 429 and isinstance(error, TryLater) and error.after is not None:
            self._pace.hold(route, error.after)
        if error is not None:
            raise error
        return answer


def _says_already(answer: Answer) -> bool:
    """Whether a conflict is with what was asked for itself; the lists may not show it yet."""
    return answer.status == 409 and bool(re.search(r"already|exists\b", Said.in_body(answer.body).heard, re.IGNORECASE))


def _call(what: str, *, need: str, writes: bool = False, answers: frozenset[int] = frozenset()) -> Call:
    return Call(what=what, writes=writes, need=need, answers=answers, access=ADMIN_KEY)


def _id_of(invite: PendingInvite) -> str:
    if not invite.id:
        raise Unexpected(f"ChatGPT lists the invite of {invite.email} without an id, by which it could be changed.")
    return invite.id


async def _if_usable(read: Awaitable[Found]) -> Found | None:
    """What was read; None where this way of reading does not work here."""
    try:
        return await read
    except (SignInAgain, Blocked, TryLater):
        raise
    except ConnectorError:
        return None


def _pool(members: list[Member], invites: list[PendingInvite]) -> SeatPool:
    used = Counter(member.seat_type for member in members)
    invited = Counter(invite.seat_type for invite in invites)
    types = dict.fromkeys((*wire.SEAT_TYPES, *used, *invited))
    return SeatPool(by_type={word: Seats(used=used[word], invited=invited[word]) for word in types})
