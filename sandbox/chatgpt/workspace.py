"""The simulated ChatGPT workspace: one state, its rules, and the log of what was asked of it.

Whoever acts is a `Member`, and the powers of their role hold. `None` is somebody at the sandbox's page, who acts
by hand with an owner's powers. Every verb raises a `Refusal` and then has changed nothing.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from sandbox.chatgpt.admin_keys import AdminKeys, Limiter
from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.changes import Changes
from sandbox.chatgpt.directory import Directory
from sandbox.chatgpt.faults import Fault, Faults
from sandbox.chatgpt.powers import require_inviter, require_owner, require_remover
from sandbox.chatgpt.profile import Profile
from sandbox.chatgpt.refusals import (
    SEAT_NEEDED,
    AddressRefused,
    AlreadyMember,
    LastOwner,
    NoSuchInvite,
    NoSuchMember,
    SeatNeeded,
    SeatsExhausted,
    SeatTypeClosed,
    Yourself,
)
from sandbox.chatgpt.roster import (
    BOUGHT_SEATS,
    CODEX_SEAT,
    OWNER,
    SEAT_TYPES,
    Invite,
    Member,
    Roster,
    address,
)
from sandbox.chatgpt.sessions import Sessions

BILLING_PERIOD: Final = timedelta(days=30)  # the sandbox's months are all alike
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

Hook = Callable[[Call], Awaitable[None]]
ListName = Literal["users", "invites"]


class Clock(Protocol):
    """What tells the sandbox's time: aware, in UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in the workspace, in words."""

    at: datetime
    what: str


def user_id(email: str) -> str:
    """The id of the person behind the address. It is theirs for life, so it survives leaving and coming back."""
    return f"user-{hashlib.sha256(address(email).encode()).hexdigest()[:24]}"


class Workspace:
    """Members, invites and seats, the rules over them, and who called.

    `calls` holds every call in the order of arrival. The hooks in `before_effect` are awaited when a call is about
    to act, those in `before_answer` when it has acted and is about to be answered (or, with a fault, not).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        profile: Profile,
        members: Iterable[Member] = (),
        names: Mapping[str, str] | None = None,
        faults: Iterable[Fault] = (),
        directory: Directory | None = None,
    ) -> None:
        """`names` are the names that people have given their own OpenAI accounts, by address."""
        self.clock = clock
        self._first = (profile, Roster(members={member.user_id: member for member in members}))
        self.profile, self.roster = self._first
        self.sessions = Sessions()
        self.admin_keys = AdminKeys()
        self.limiter = Limiter()  # of the Admin API
        self.directory = directory or Directory()
        self.changes = Changes()
        self.calls: list[Call] = []
        self.events: list[Event] = []
        #: the addresses of whoever has ever accepted an invite
        self.accepted: list[str] = []
        self.before_effect: list[Hook] = []
        self.before_answer: list[Hook] = []
        self._names = {address(email): name for email, name in (names or {}).items()}
        self._old: dict[ListName, tuple[Roster, int]] = {}
        self.faults = Faults(self, faults)

    def reset(self) -> None:
        """Back to the first day: people, seats, no faults, an empty log. Sessions stay signed in, keys live on."""
        self.faults.clear()
        profile, self.roster = self._first
        now = self.clock.now()
        self.profile = replace(profile, renews_at=max(profile.renews_at, now + BILLING_PERIOD))
        self.calls.clear()
        self.events.clear()
        self.accepted.clear()
        self._old.clear()
        self.limiter.forget()
        self.directory.clear()
        self.changes.bump()

    @property
    def first_profile(self) -> Profile:
        """What the workspace was like on the first day."""
        return self._first[0]

    # Reading

    def listed(self, name: ListName) -> Roster:
        """The roster as the lists show it: behind the truth for as many reads as `lag` said."""
        roster, reads = self._old.get(name, (self.roster, 0))
        if reads == 0:
            return self.roster
        self._old[name] = (roster, reads - 1)
        return roster

    def lag(self, roster: Roster, *, reads: int) -> None:
        """Let the next `reads` reads of each list show this older roster."""
        self._old = {"users": (roster, reads), "invites": (roster, reads)}

    def member(self, user_id: str) -> Member:
        """The active member with this id. Raises NoSuchMember."""
        member = self.roster.members.get(user_id)
        if member is None or not member.active:
            raise NoSuchMember("User not found in this workspace")
        return member

    def free(self, seat_type: str) -> int:
        """How many bought seats of this type nobody holds and no invite is out for. Can be below zero."""
        taken = self.roster.used(seat_type) + self.roster.invited(seat_type)
        return self.profile.paid.get(seat_type, 0) - taken

    def settle(self) -> None:
        """Let the renewals happen that are due by the clock: pending seats begin, removed members are forgotten."""
        if self.clock.now() < self.profile.renews_at:
            return
        periods = (self.clock.now() - self.profile.renews_at) // BILLING_PERIOD + 1
        self.profile = replace(self.profile, renews_at=self.profile.renews_at + periods * BILLING_PERIOD)
        self.roster = replace(
            self.roster,
            members={
                member.user_id: replace(
                    member,
                    seat_type=member.pending_seat_type or member.seat_type,
                    pending_seat_type=None,
                )
                for member in self.roster.active()
            },
        )
        self.note("The subscription was renewed")

    # Changing

    def invite(
        self,
        email: str,
        *,
        role: str,
        seat_type: str | None = None,
        by: Member | None = None,
        send_email: bool = True,
        managed_by_scim: bool = False,
    ) -> Invite:
        """Invite the address, or renew its open invite with this role and seat type (None: the default one).

        Raises NotAllowed, AlreadyMember, AddressRefused, SeatTypeClosed, SeatNeeded or SeatsExhausted.
        """
        seat = seat_type or self.profile.default_seat_type
        require_inviter(by, role=role, seat_type=seat, default_seat_type=self.profile.default_seat_type)
        email = email.strip()
        self._require_invitable(email)
        earlier = self.roster.invite(email)
        if earlier is None and self._heads() >= self.profile.maximum_seats:
            raise SeatsExhausted("You have reached maximum number of seats")
        self._take_seat(seat, instead_of=earlier.seat_type if earlier else None)
        invite = Invite(
            id=earlier.id if earlier else str(uuid.uuid4()),
            email=email,
            role=role,
            seat_type=seat,
            created_time=self.clock.now(),
            is_scim_managed=managed_by_scim,
        )
        self.roster = self.roster.with_invite(invite)
        mail = "an invite was sent to" if send_email else "an invite without an e-mail is open for"
        self.note(f"{_name(by)}: {mail} {email} ({role}, {seat})")
        return invite

    def accept(self, email: str) -> Member:
        """The person accepts their invite and becomes a member. Raises NoSuchInvite."""
        invite = self.roster.invite(email)
        if invite is None:
            raise NoSuchInvite(f"There is no open invite to {email}")
        known = self._names.get(address(email)) or email.partition("@")[0].replace(".", " ").title()
        member = Member(
            user_id=user_id(email),
            email=invite.email,
            name=known,
            role=invite.role,
            seat_type=invite.seat_type,
            created_time=self.clock.now(),
            is_scim_managed=invite.is_scim_managed,
            creation_source=invite.creation_source,
        )
        self.roster = self.roster.without_invite(email).with_member(member)
        self.accepted.append(email)
        self.note(f"{email} accepted the invite")
        return member

    def cancel_invite(self, email: str, *, by: Member | None = None) -> None:
        """Take an open invite back. Raises NotAllowed or NoSuchInvite."""
        require_remover(by, target_role=None)
        if self.roster.invite(email) is None:
            raise NoSuchInvite("Invite not found")
        self.roster = self.roster.without_invite(email)
        self.note(f"{_name(by)}: the invite to {email} was cancelled")

    def remove(self, user_id: str, *, by: Member | None = None) -> None:
        """Remove a member. The number of paid seats stays. Raises NotAllowed, NoSuchMember, LastOwner, Yourself."""
        member = self.member(user_id)
        require_remover(by, target_role=member.role)
        if by is not None and by.user_id == user_id:
            raise Yourself("You cannot remove yourself from the workspace")
        if member.role == OWNER and self.roster.owners() == 1:
            raise LastOwner("A workspace must have at least one owner")
        seat = member.seat_type if member.seat_type in BOUGHT_SEATS else None
        self.roster = (
            self.roster.with_member(
                replace(
                    member,
                    deactivated_time=self.clock.now(),
                    pending_seat_type=None,
                    reclaimable_seat_type=seat,
                )
            )
            if self.profile.removed_linger
            else self.roster.without_member(user_id)
        )
        self.note(f"{_name(by)}: {member.email} was removed")

    def set_role(self, user_id: str, role: str, *, by: Member | None = None) -> Member:
        """Give a member another role. Raises NotAllowed, NoSuchMember or LastOwner."""
        require_owner(by)
        member = self.member(user_id)
        if member.role == OWNER and role != OWNER and self.roster.owners() == 1:
            raise LastOwner("A workspace must have at least one owner")
        return self._put(replace(member, role=role), f"{_name(by)}: {member.email} became {role}")

    def set_seat(self, user_id: str, seat_type: str, *, by: Member | None = None) -> Member:
        """Give a member another seat, at once or, where the workspace says so, from the renewal.

        Raises NotAllowed, NoSuchMember, SeatTypeClosed or SeatNeeded.
        """
        require_owner(by)
        member = self.member(user_id)
        if member.seat_type == seat_type:
            same = replace(member, pending_seat_type=None)
            return self._put(same, f"{_name(by)}: {member.email} keeps the seat {seat_type}")
        cheaper = SEAT_TYPES.index(seat_type) < SEAT_TYPES.index(member.seat_type)
        if cheaper and self.profile.downgrades_wait:
            later = replace(member, pending_seat_type=seat_type)
            return self._put(later, f"{_name(by)}: {member.email} gets the seat {seat_type} at the renewal")
        self._take_seat(seat_type, instead_of=member.seat_type)
        now = replace(member, seat_type=seat_type, pending_seat_type=None)
        return self._put(now, f"{_name(by)}: {member.email} got the seat {seat_type}")

    def set_default_seat_type(self, seat_type: str, *, by: Member | None = None) -> None:
        """The seat type of an invite that names none. Raises NotAllowed."""
        require_owner(by)
        self.profile = replace(self.profile, default_seat_type=seat_type)
        self.note(f"{_name(by)}: {seat_type} became the default seat type")

    def hand_to_scim(self, email: str) -> bool:
        """From now on SCIM manages the member or open invite with this address. False: there is neither."""
        member, invite = self.roster.member_by_email(email), self.roster.invite(email)
        if member is not None and not member.is_scim_managed:
            self._put(replace(member, is_scim_managed=True), f"SCIM manages {member.email} from now on")
        elif invite is not None and not invite.is_scim_managed:
            self.roster = self.roster.with_invite(replace(invite, is_scim_managed=True))
            self.note(f"SCIM manages the invite to {invite.email} from now on")
        return member is not None or invite is not None

    def note(self, what: str) -> None:
        """Write into the log what happened."""
        self.events.append(Event(at=self.clock.now(), what=what))
        self.changes.bump()

    # Rules and bookkeeping

    def _require_invitable(self, email: str) -> None:
        if not _ADDRESS.fullmatch(email):
            raise AddressRefused("Invalid email domain")
        domain = address(email).partition("@")[2]
        if self.profile.allowed_domains and domain not in self.profile.allowed_domains:
            raise AddressRefused("domain is not allowed for this workspace")
        if self.roster.member_by_email(email) is not None:
            raise AlreadyMember("User is already a member of this workspace")

    def _take_seat(self, seat_type: str, *, instead_of: str | None) -> None:
        """Make sure that a seat of this type is there for one more, buying it where the workspace does so."""
        if seat_type == CODEX_SEAT and not self.profile.usage_based_enabled:
            raise SeatTypeClosed("This seat type is not available for this workspace")
        if seat_type not in BOUGHT_SEATS or seat_type == instead_of or self.free(seat_type) > 0:
            return
        # Premium seats are only ever bought by hand.
        if not self.profile.auto_true_up or seat_type != BOUGHT_SEATS[0]:
            raise SeatNeeded(SEAT_NEEDED)
        self.profile = replace(self.profile, paid={**self.profile.paid, seat_type: self.profile.paid[seat_type] + 1})
        self.note(f"One more seat ({seat_type}) was bought")

    def _heads(self) -> int:
        return len(self.roster.invites) + sum(1 for _ in self.roster.active())

    def _put(self, member: Member, what: str) -> Member:
        self.roster = self.roster.with_member(member)
        self.note(what)
        return member


def _name(by: Member | None) -> str:
    return by.email if by else "By hand"
