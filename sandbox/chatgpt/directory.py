"""A SCIM directory: the list of people that a company hands over, and that the workspace follows.

OpenAI lets WorkOS keep it. The rules for an entry are those of WorkOS's "SCIM requirements"; what the workspace makes
of it is OpenAI's "SCIM integration FAQ".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.chatgpt.refusals import Refusal
from sandbox.chatgpt.roster import MEMBER, OWNER, Member, address

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

#: Who acts, in the workspace's log. OpenAI does not say with which powers; nothing that it does is refused for them.
SCIM: Final = Member(
    user_id="scim", email="SCIM", name="SCIM", role=OWNER, created_time=datetime(1970, 1, 1, tzinfo=UTC)
)


class Unacceptable(Refusal):
    """The directory does not take this. `scim_type` is RFC 7644's word for why, where it has one."""

    def __init__(self, status: int, detail: str = "", scim_type: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.scim_type = scim_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A user of the directory. `held` (WorkOS: Validating) is not passed on to the workspace, although it was taken."""

    id: str
    attributes: Mapping[str, Any]  # as the client wrote them, checked
    created: datetime
    modified: datetime
    held: bool = False

    @property
    def user_name(self) -> str:
        """The name that the directory tells people apart by."""
        return str(self.attributes["userName"])

    @property
    def active(self) -> bool:
        """Whether the person is to be in the workspace."""
        return bool(self.attributes.get("active", True))

    @property
    def email(self) -> str | None:
        """The primary address: the one that says so, else the first for work, else the first for home."""
        emails = self.attributes["emails"]
        ranks = ([e for e in emails if e.get("primary")], *([e for e in emails if e.get("type") == t] for t in _TYPES))
        found = next((str(ranked[0]["value"]) for ranked in ranks if ranked), "")
        return found if "@" in found else None


_TYPES: Final = ("work", "home")


@dataclass(slots=True, kw_only=True)
class Directory:
    """One directory, behind an address with a key in it, and a token. Every change raises Unacceptable or happens."""

    key: str = ""
    token: str = field(default="", repr=False)
    entries: dict[str, Entry] = field(default_factory=dict)
    soft_deletes: bool = False  # a deleted user stays, inactive
    holds: bool = False  # new and changed users wait as Validating
    late: bool = False  # the workspace does not hear of changes
    followed: frozenset[str] = frozenset()  # the addresses that the workspace was last told
    known: frozenset[str] = frozenset()  # all that it was ever told: whoever comes back gets no e-mail

    def clear(self) -> None:
        """An empty directory, at the same address."""
        self.entries.clear()
        self.followed = self.known = frozenset()

    def addresses(self) -> frozenset[str]:
        """Who is to be in the workspace."""
        wanted = (entry for entry in self.entries.values() if entry.active and not entry.held)
        return frozenset(address(entry.email) for entry in wanted if entry.email)

    def entry(self, id_: str) -> Entry:
        """The user with this id."""
        if id_ not in self.entries:
            raise Unacceptable(404, "User not found")
        return self.entries[id_]

    def create(self, attributes: Mapping[str, Any], *, now: datetime) -> Entry:
        """A new user."""
        if not attributes.get("active", True) and not self.soft_deletes:
            raise Unacceptable(400)
        id_ = f"directory_user_{uuid.uuid4().hex}"
        return self._put(Entry(id=id_, attributes=attributes, created=now, modified=now, held=self.holds))

    def change(self, id_: str, attributes: Mapping[str, Any], *, now: datetime) -> Entry:
        """Other attributes for a user. Sending a held user again repairs it."""
        return self._put(replace(self.entry(id_), attributes=attributes, modified=now, held=self.holds))

    def delete(self, id_: str, *, now: datetime) -> None:
        """No such user any more."""
        entry = self.entry(id_)
        if self.soft_deletes:
            self.change(id_, {**entry.attributes, "active": False}, now=now)
        else:
            del self.entries[id_]

    def _put(self, entry: Entry) -> Entry:
        for other in self._others(entry):
            if address(other.user_name) == address(entry.user_name):
                taken = f"Another user already exists with this username '{entry.user_name}'"
                raise Unacceptable(409, taken, "uniqueness")
            if entry.active and other.active and entry.email and address(other.email or "") == address(entry.email):
                raise Unacceptable(409, f"Another user already exists with this email '{entry.email}'", "uniqueness")
        self.entries[entry.id] = entry
        return entry

    def _others(self, entry: Entry) -> Iterator[Entry]:
        return (other for other in self.entries.values() if other.id != entry.id)


def follow(workspace: Workspace) -> None:
    """The workspace becomes what its directory says: who is new is invited, who is gone loses the seat.

    It also undoes what was done by hand to those who are in the directory. OpenAI does it every 30 to 40 minutes; here
    it happens at each change, unless the directory is `late`.
    """
    directory = workspace.directory
    if directory.late:
        return
    wanted = directory.addresses()
    for email in sorted(directory.followed - wanted):
        _withdraw(workspace, email)
    for email in sorted(wanted):
        _provide(workspace, email, silent=email in directory.known)
    directory.followed = wanted
    directory.known |= wanted


def _provide(workspace: Workspace, email: str, *, silent: bool) -> None:
    """Whoever is there keeps role and seat; anybody else is invited as a member, with the default seat type."""
    if workspace.hand_to_scim(email):
        return
    try:
        workspace.invite(email, role=MEMBER, by=SCIM, send_email=not silent, managed_by_scim=True)
    except Refusal as refusal:
        workspace.note(f"SCIM: {email} could not be invited: {refusal}")


def _withdraw(workspace: Workspace, email: str) -> None:
    member = workspace.roster.member_by_email(email)
    try:
        if member is not None:
            workspace.remove(member.user_id, by=SCIM)
        if workspace.roster.invite(email) is not None:
            workspace.cancel_invite(email, by=SCIM)
    except Refusal as refusal:
        workspace.note(f"SCIM: {email} could not be removed: {refusal}")
