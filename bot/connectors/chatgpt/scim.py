"""The `scim` transport: a SCIM directory of Usher's own, which a ChatGPT Enterprise or Edu workspace follows.

A directory says who is to be in the workspace, and nothing else: OpenAI invites whoever is new in it and removes
whoever is gone, in its own time. So what is observed here is the directory. Whether an invite was accepted, which role
and which seat somebody has, and whether they were there before, SCIM does not tell. WorkOS serves the endpoint; its
rules are those of its "SCIM requirements".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx

from bot.connectors.chatgpt import health
from bot.connectors.chatgpt import scim_wire as wire
from bot.connectors.chatgpt.calls import parse, send, token_headers
from bot.connectors.chatgpt.errors import Access, Answer, Call, failure
from bot.connectors.chatgpt.paging import PAGE, everything
from bot.connectors.chatgpt.transport import List, Member, PendingInvite
from bot.connectors.chatgpt.wire import written
from bot.connectors.config import ChatGPTScim
from bot.connectors.contract import (
    Blocked,
    Capabilities,
    Change,
    Condition,
    ConnectorError,
    Credential,
    ManagedElsewhere,
    Refused,
    SeatPool,
    SignInAgain,
    TryLater,
)

_TOKEN_OF_THE_DIRECTORY: Final = "the token of this very directory"  # noqa: S105  # names a permission
_INSTEAD: Final = "use transport: admin_api (Enterprise, Edu) or web_admin"

CAPABILITIES: Final = Capabilities(
    roles=tuple(wire.ROLES),
    seat_types=tuple(wire.SEAT_TYPES),
    observes=True,
    sees_invites=False,
    sees_members=False,
    resends=False,
    sees_seats=False,
    permissions=dict.fromkeys(("observe", "accounts", "invite", "cancel_invite", "remove"), _TOKEN_OF_THE_DIRECTORY),
    if_locked_out="In ChatGPT open Workspace settings, Members: is {email} there, or invited, and is a seat free? Then "
    "open Identity & Provisioning, Directory Sync (SCIM), and look at the directory's own page (WorkOS's, or your "
    "identity provider's) whether {email} is held back (“Validating”) or could not be synchronised. Try again writes "
    "{email} into the directory once more, which ChatGPT follows within 40 minutes or so.",
    no_others="SCIM can choose neither role nor seat type: ChatGPT invites everybody as member, with the workspace's "
    f"default seat type. To choose, {_INSTEAD}",
)

_ACCESS: Final = Access(
    credential="the directory's SCIM token",
    renew="In ChatGPT's workspace settings open Identity & Provisioning, Directory Sync (SCIM), make a new token for "
    "Usher's directory, and hand it over with `usher secret set`.",
    allow="Check in ChatGPT's workspace settings (Identity & Provisioning, Directory Sync) that the directory accepts "
    "a bearer token, and hand {need} over with `usher secret set`.",
    workspace="a SCIM directory at base_url",
    find="Check base_url in the catalogue: it is the endpoint that ChatGPT shows for the directory (Identity & "
    "Provisioning, Directory Sync), such as https://api.workos.com/scim/v2.0/…, without /Users.",
    not_found=frozenset({404}),
    conflicts_pass=False,
    place="directory",
)
_GONE: Final = frozenset({404})
_THERE: Final = frozenset({409})


class Scim:
    """Implements `Transport` over a SCIM 2.0 directory. Touches only users that nobody else has written."""

    def __init__(self, config: ChatGPTScim, *, http: httpx.AsyncClient, credential: Credential) -> None:
        self._http = http
        self._credential = credential
        self._base_url = config.base_url

    @property
    def capabilities(self) -> Capabilities:
        """What SCIM can do."""
        return CAPABILITIES

    @property
    def members_page(self) -> int:
        """As long as is asked for."""
        return PAGE

    def is_scarce(self, what: List) -> bool:  # noqa: ARG002
        """No: no limit is known."""
        return False

    def pause(self, change: Change) -> timedelta:  # noqa: ARG002
        """Not at all: no limit is known."""
        return timedelta()

    async def own_id(self) -> str | None:
        """None: a token acts, and not a person."""
        return None

    # -- who is in the directory ---------------------------------------------------------------------------------------
    async def members(self, email: str | None = None) -> list[Member]:
        """The active users of the directory, or those with this address. They may still have to accept an invite."""
        return [user.member() for user in await self._users(email) if user.active]

    async def current(self, member: Member) -> Member | None:
        """The member: a directory is what it shows."""
        return member

    async def member(self, user_id: str, *, email: str) -> Member | None:  # noqa: ARG002  (an id is enough)
        """The active user with this id. A 404 is also what a wrong directory gets, so that must be there."""
        call = _call("read a user", answers=_GONE)
        answer = await self._send(call, "GET", user_id)
        if answer.status in _GONE:
            await self._page(1, count=1)
            return None
        user = parse(call, wire.WireUser, answer)
        return user.member() if user.active else None

    async def _users(self, email: str | None = None) -> list[wire.WireUser]:
        """Everybody, or whoever has this address; a server may ignore filters."""
        only = {} if email is None else {"filter": wire.filter_by(email)}
        users = await everything(lambda offset: self._page(offset + 1, count=PAGE, **only))
        return [user for user in users if email is None or user.has_address(email)]

    async def _page(self, start: int, *, count: int, **only: str) -> wire.Page:
        call = _call("read the directory")
        params = {**only, "startIndex": str(start), "count": str(count)}
        return parse(call, wire.Page, await self._send(call, "GET", params=params))

    # -- coming and going ----------------------------------------------------------------------------------------------
    async def invite(self, *, email: str, role: str, seat_type: str, key: str) -> None:  # noqa: ARG002  (no such thing here)
        """Puts the address into the directory, or brings back who is inactive in it.

        Raises:
            Refused: for this address; or a role or seat type that SCIM cannot choose.
            ManagedElsewhere: another system has written it, and left it inactive.
        """
        written(wire.ROLES, role, "role")
        written(wire.SEAT_TYPES, seat_type, "seat type")
        call = _call(f"put {email} into the directory", writes=True, answers=_THERE)
        answer = await self._send(call, "POST", body=wire.new_user(email))
        if answer.status not in _THERE:
            return
        there = await self._users(email)
        if any(user.active for user in there):
            return
        if not there:  # another entry may have the address without being known by it
            raise failure(replace(call, answers=frozenset()), answer) or Refused(f"{email} is taken in the directory.")
        if there[0].foreign:
            raise ManagedElsewhere(f"Another system has {email} in this directory, inactive.")
        back = _call(f"bring {email} back in the directory", writes=True)
        await self._send(back, "PATCH", there[0].id, body=wire.activation())

    async def send_again(self, email: str) -> bool:
        """Writes whom Usher has in the directory once more, which frees a user whom WorkOS holds as Validating.

        Returns:
            False: Usher has nobody active with this address in it.
        """
        own = [user for user in await self._users(email) if user.active and not user.foreign]
        call = _call(f"write {email} into the directory again", writes=True)
        for user in own:
            await self._send(call, "PUT", user.id, body={**wire.new_user(email), "id": user.id})
        return bool(own)

    async def remove(self, user_id: str) -> bool:
        """Deletes the user from the directory; ChatGPT removes the member, or takes the invite back.

        DELETE and not `active: false`: OpenAI does the same on both, and this one leaves nothing about the person
        behind, and no entry that would stand in the way when they come back.
        """
        call = _call("take somebody out of the directory", writes=True, answers=_GONE)
        return (await self._send(call, "DELETE", user_id)).status not in _GONE

    # -- what SCIM cannot do -------------------------------------------------------------------------------------------
    async def invites(self, email: str | None = None) -> list[PendingInvite]:  # noqa: ARG002  (they are not told)
        """None: who still has to accept looks like everybody else."""
        return []

    async def cancel_invite(self, invite: PendingInvite) -> bool:
        """As `remove`: an invite is a user of the directory like any other."""
        return invite.id is not None and await self.remove(invite.id)

    async def resend(self, *, email: str, role: str, seat_type: str) -> None:  # noqa: ARG002
        """Writes them into the directory again, for a workspace that has not followed.

        An invite that ChatGPT has sent it does not send again, not even by hand (OpenAI's "SCIM integration FAQ").

        Raises:
            Refused: Usher has nobody with this address in the directory.
        """
        if await self.send_again(email):
            return
        raise Refused(
            f"ChatGPT does not send an invite again that came by SCIM, so {email} gets no other.",
            remedy="Ask them to look for the first one, or to sign in at chatgpt.com with that address.",
        )

    async def set_role(self, user_id: str, role: str) -> bool:  # noqa: ARG002
        """SCIM gives no role."""
        raise Refused(f"SCIM cannot give anybody the role {role}.", remedy=f"To choose roles, {_INSTEAD}.")

    async def set_seat_type(self, user_id: str, seat_type: str, *, key: str) -> bool:  # noqa: ARG002
        """SCIM gives no seat type."""
        raise Refused(f"SCIM cannot put anybody on a {seat_type} seat.", remedy=f"To choose seat types, {_INSTEAD}.")

    async def seats(self) -> SeatPool | None:
        """None: not told."""
        return None

    # -- health --------------------------------------------------------------------------------------------------------
    async def check(self) -> tuple[Condition, ...]:
        """Reads the directory. Whether the workspace follows it cannot be seen from here, and that is said."""
        reachable = Condition(name="Reachable", ok=True, detail="The directory's endpoint answers.")
        accepted = Condition(name="SCIM token", ok=True, detail="Accepted.")
        try:
            users = await self._users()
        except SignInAgain as error:
            return (health.failed("SCIM token", error),)  # there may be none, so that nothing was called
        except (TryLater, Blocked) as error:
            return (health.failed("Reachable", error),)
        except ConnectorError as error:
            return (reachable, health.failed("Directory", error))
        return (reachable, accepted, _directory(users), _INVITES, _ROLES)

    # -- calls ---------------------------------------------------------------------------------------------------------
    async def _send(
        self,
        call: Call,
        method: str,
        user_id: str | None = None,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        """Makes one call, about the users or about one of them. Any 2xx will do, with a body or without.

        Raises:
            ConnectorError: what went wrong.
        """
        headers = await token_headers(self._credential, _ACCESS, accept="application/scim+json, application/json")
        if body is not None:
            headers["Content-Type"] = "application/scim+json"
        url = f"{self._base_url}/Users" + (f"/{quote(user_id, safe='')}" if user_id is not None else "")
        answer = await send(self._http, call, method, url, headers=headers, params=params, body=body)
        error = failure(call, answer)
        if error is not None:
            raise error
        return answer


def _call(what: str, *, writes: bool = False, answers: frozenset[int] = frozenset()) -> Call:
    return Call(what=what, writes=writes, need=_TOKEN_OF_THE_DIRECTORY, answers=answers, access=_ACCESS)


def _directory(users: list[wire.WireUser]) -> Condition:
    active = sum(user.active for user in users)
    foreign = sum(user.foreign for user in users)
    return Condition(
        name="Directory",
        ok=not foreign,
        detail=f"{active} active in it" + (f", {foreign} written by another system." if foreign else "."),
        remedy="Make a directory for Usher alone (Custom SCIM v2.0), and give it to Usher: a directory has one source, "
        "and two would undo each other's work."
        if foreign
        else "",
    )


_INVITES: Final = Condition(
    name="Invites",
    ok=True,
    detail="SCIM does not tell who has accepted: Usher says Active as soon as somebody is in the directory. ChatGPT "
    "follows within 40 minutes or so.",
)
_ROLES: Final = Condition(
    name="Roles and seats",
    ok=True,
    detail="Everybody comes as member, with the workspace's default seat type; who was there before keeps what they "
    "had, and is removed when their time is over.",
)
