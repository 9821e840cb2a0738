"""The Admin API's JSON as models, and its words for roles and seats.

OpenAI publishes that the calls exist and little of what stands in them: the fields of users are known from examples,
those of invites and all role words are guesses. So only what an account cannot do without is required, a field is
found under each name that it may have, and unknown words are carried verbatim and never written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AliasChoices, BeforeValidator, Field

from bot.connectors.chatgpt.transport import Member, PendingInvite
from bot.connectors.chatgpt.wire import Flag, Text, Time, Wire, role_word, same_address, says_over, seat_word

ROLES: Final[Mapping[str, str]] = {role: role for role in ("member", "admin", "owner")}  # in rank order
SEAT_TYPES: Final[Mapping[str, str]] = {seat_type: seat_type for seat_type in ("chatgpt", "codex")}

_INACTIVE: Final = frozenset({"inactive", "deactivated", "disabled", "suspended", "removed", "deleted"})


def _maybe(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


class WireUser(Wire):
    """A `workspace.user`. Only `id` is certain: the address and the name can be null."""

    id: str
    email: Text = None
    role: Text = None
    seat_type: Text = None
    pending_seat_type: Text = None
    status: Text = None
    is_active: Annotated[bool | None, BeforeValidator(_maybe)] = None
    deactivated_at: Any = Field(default=None, validation_alias=AliasChoices("deactivated_at", "deactivated_time"))
    since: Time = Field(default=None, validation_alias=AliasChoices("created_at", "created_time"))
    scim_managed: Flag = Field(default=False, validation_alias=AliasChoices("is_scim_managed", "scim_managed"))

    @property
    def key(self) -> str:
        """What makes it one item on two pages."""
        return self.id

    @property
    def active(self) -> bool:
        """The list is one of active members; a user counts unless it says otherwise."""
        told_inactive = self.is_active is False or self.deactivated_at is not None
        return not told_inactive and (self.status or "").lower() not in _INACTIVE

    def member(self) -> Member:
        """In the product's words."""
        return Member(
            id=self.id,
            email=self.email,
            role=role_word(self.role),
            seat_type=seat_word(self.seat_type),
            pending_seat_type=seat_word(self.pending_seat_type) if self.pending_seat_type else "",
            since=self.since,
            scim_managed=self.scim_managed,
        )


class WireInvite(Wire):
    """A `workspace.invite`. All of it is a guess but that it has an address."""

    email: str = Field(validation_alias=AliasChoices("email", "email_address"))
    id: Text = Field(default=None, validation_alias=AliasChoices("id", "invite_id"))
    role: Text = None
    seat_type: Text = None
    status: Text = None
    since: Time = Field(default=None, validation_alias=AliasChoices("created_at", "created_time"))
    scim_managed: Flag = Field(default=False, validation_alias=AliasChoices("is_scim_managed", "scim_managed"))

    @property
    def key(self) -> str:
        """What makes it one item on two pages."""
        return self.id or self.email.casefold()

    @property
    def pending(self) -> bool:
        """An invite counts unless it says that it is over."""
        return not says_over(self.status)

    def invite(self) -> PendingInvite:
        """In the product's words."""
        return PendingInvite(
            id=self.id,
            email=self.email,
            role=role_word(self.role),
            seat_type=seat_word(self.seat_type),
            since=self.since,
            scim_managed=self.scim_managed,
        )


Item = TypeVar("Item", WireUser, WireInvite)


class Page(Wire, Generic[Item]):
    """A page of a list. Users are walked through by the last id; directory groups, a sibling, have a cursor."""

    data: list[Item]
    has_more: Annotated[bool | None, BeforeValidator(_maybe)] = None
    last_id: Text = None
    cursor: Text = Field(default=None, validation_alias=AliasChoices("cursor", "next_cursor"))

    def following(self) -> dict[str, str]:
        """The query that asks for what comes after this page."""
        if self.cursor:
            return {"cursor": self.cursor}
        after = self.last_id or next((item.id for item in reversed(self.data) if item.id), None)
        return {"after": after} if after else {}


def newest_per_address(pending: Iterable[PendingInvite], email: str | None) -> list[PendingInvite]:
    """One invite per address, or the one to this address: a list may repeat them."""
    oldest_first = sorted(pending, key=lambda invite: invite.since or datetime.min.replace(tzinfo=UTC))
    newest = {invite.email.casefold(): invite for invite in oldest_first}
    return [invite for invite in newest.values() if email is None or same_address(invite.email, email)]


# -- the answer to an invite -------------------------------------------------------------------------------------------
_NO: Final = ("error", "errors", "reason")


def said_of(body: bytes, email: str) -> tuple[bool, str | None]:
    """Whether the answer to an invite mentions the address, and the reason against it where it gives one.

    One invite, a list of them or lists by outcome: whatever the shape, the entry with the address says what came of it.
    """
    try:
        parsed = json.loads(body)
    except ValueError:
        return False, None
    for entry in _entries(parsed):
        if any(isinstance(entry.get(name), str) and same_address(entry[name], email) for name in _ADDRESS):
            reason = next((entry[name] for name in _NO if entry.get(name)), None)
            return True, None if reason is None else _text(reason)
    return False, None


_ADDRESS: Final = ("email", "email_address")


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _entries(part)


def _text(reason: Any) -> str:
    if isinstance(reason, list) and reason:
        return _text(reason[0])
    if isinstance(reason, dict):
        return f"{reason.get('code') or ''} {reason.get('message') or ''}".strip()
    return reason if isinstance(reason, str) else ""
