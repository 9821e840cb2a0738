"""What every connector promises, and the closed set of ways in which it may fail.

A connector observes accounts and makes single changes. It keeps no state that matters, decides nothing, and is never
believed: after a change the engine observes again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.access.desired import Entitlement


# -- what there is -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What exists at the provider for one e-mail address, as just observed."""

    email: str
    status: str  # storage.tables.AccountStatus as text: absent, invited, member
    role: str = ""  # the product's word, or the provider's own where it is unknown to us
    seat_type: str = ""
    provider_id: str | None = None  # what a change must address: never a name
    managed_elsewhere: str | None = None  # who manages it, in words ("SCIM"), where we must not
    since: datetime | None = None
    pending_seat_type: str = ""  # a seat change that the provider has scheduled
    protected: str | None = None  # why it must never be touched, in words (the integration account, the last owner)

    @property
    def entitlement(self) -> Entitlement | None:
        """What the person has, counting a pending invite; None when there is nothing."""
        if self.status == "absent":
            return None
        return Entitlement(role=self.role, seat_type=self.pending_seat_type or self.seat_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Seats of one type. None where the provider does not say."""

    used: int | None = None
    invited: int | None = None
    paid: int | None = None

    @property
    def free(self) -> int | None:
        if self.paid is None or self.used is None:
            return None
        return max(0, self.paid - self.used - (self.invited or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPool:
    """The seats of a workspace, by the product's seat types."""

    by_type: Mapping[str, Seats] = field(default_factory=dict)
    renews_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of a health check."""

    name: str  # "Signed in", "Role Owner"
    ok: bool
    detail: str  # what was found
    remedy: str = ""  # the exact next step when it is not ok


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `check()` found, in words for an admin."""

    conditions: tuple[Condition, ...]

    @property
    def ok(self) -> bool:
        return all(condition.ok for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do, and what it needs for that."""

    roles: tuple[str, ...]  # in rank order, lowest first
    seat_types: tuple[str, ...]
    observes: bool  # False: nobody but a human can say what is there
    sees_invites: bool
    sees_seats: bool
    permissions: Mapping[str, str]  # call -> the exact permission it needs
    #: does it see who is truly in, or only that the provider was told?
    sees_members: bool = True
    #: how long the provider may take to show a change; within this time it is neither sent again nor missed
    follows_within: timedelta = timedelta()
    #: can an invite be sent again?
    resends: bool = True
    #: where it does not see who is truly in: what an admin can look at when {email} cannot get in, in words
    if_locked_out: str = ""
    #: why there are no other roles and seat types, and what to use for them; for whoever asks in the catalogue
    no_others: str = ""


# -- what can be done --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Invite an address with a role on a seat."""

    email: str
    entitlement: Entitlement
    #: The same for every try whose outcome is unknown, another one after every definite answer: a provider that knows
    #: idempotency keys gets it, and would answer a spent key with its old answer.
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Send a pending invite again."""

    email: str
    entitlement: Entitlement


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelInvite:
    """Take a pending invite back."""

    email: str
    provider_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRole:
    """Give a member another role."""

    email: str
    provider_id: str
    role: str
    observed: Account | None = field(default=None, compare=False)  # a moment ago; None: to be looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSeatType:
    """Put a member on another seat."""

    email: str
    provider_id: str
    seat_type: str
    key: str
    observed: Account | None = field(default=None, compare=False)  # a moment ago; None: to be looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Remove a member from the workspace."""

    email: str
    provider_id: str
    observed: Account | None = field(default=None, compare=False)  # a moment ago; None: to be looked up


Change = Invite | Resend | CancelInvite | SetRole | SetSeatType | Remove


def next_change(observed: Account, desired: Entitlement | None, *, key: str) -> Change | None:
    """The next single change that brings what was observed towards what is desired; None when they agree. Pure.

    An invite with another role or seat than desired is cancelled first: providers do not edit invites.
    """
    if observed.entitlement == desired:
        return None
    email = observed.email
    if desired is None:
        if observed.status == "invited":
            return CancelInvite(email=email, provider_id=observed.provider_id)
        return Remove(email=email, provider_id=observed.provider_id or "", observed=observed)
    if observed.status == "absent":
        return Invite(email=email, entitlement=desired, key=key)
    if observed.status == "invited":
        return CancelInvite(email=email, provider_id=observed.provider_id)
    if observed.role != desired.role:
        return SetRole(email=email, provider_id=observed.provider_id or "", role=desired.role, observed=observed)
    return SetSeatType(
        email=email, provider_id=observed.provider_id or "", seat_type=desired.seat_type, key=key, observed=observed
    )


# -- how it can fail ---------------------------------------------------------------------------------------------------
class ConnectorError(Exception):
    """Something kept a connector from doing its work.

    Attributes:
        explanation: what happened, in words for an admin; never a secret, never a whole answer.
        remedy: what a human can do about it.
    """

    #: does the same cause fail everybody, or this account only?
    hits_everybody = False
    remedy = "Look at the explanation, then press Try again."

    def __init__(self, explanation: str, *, remedy: str | None = None) -> None:
        super().__init__(explanation)
        self.explanation = explanation
        if remedy is not None:
            self.remedy = remedy


class TryLater(ConnectorError):
    """The provider is busy or out of reach; the same call may work later.

    Attributes:
        after: how long the provider asked us to wait, or None.
    """

    remedy = "Nothing, unless it lasts: Usher keeps trying."

    def __init__(self, explanation: str, *, after: timedelta | None = None, remedy: str | None = None) -> None:
        super().__init__(explanation, remedy=remedy)
        self.after = after


class SignInAgain(ConnectorError):
    """The credential is missing, expired or was revoked."""

    hits_everybody = True
    remedy = "Sign in again as the integration account and hand the new credential over with `usher secret set`."


class NotPermitted(ConnectorError):
    """The credential works, but may not do this.

    Attributes:
        need: the exact permission that is missing.
    """

    hits_everybody = True

    def __init__(self, explanation: str, *, need: str, remedy: str | None = None) -> None:
        super().__init__(explanation, remedy=remedy or f"Give the integration account what it lacks: {need}.")
        self.need = need


class NoBrowser(NotPermitted):
    """The browser that the calls go through is not installed here, does not start, or is another process's."""


class NoFreeSeat(ConnectorError):
    """Every seat that is paid for is taken."""

    remedy = "Free a seat or buy one in the workspace's billing settings, then press Try again."


class Refused(ConnectorError):
    """The provider will not do this for this address."""

    remedy = "Read what the provider said; if it is a rule of the workspace, change the rule, then press Try again."


class ManagedElsewhere(ConnectorError):
    """Another system manages this account, and would undo what we do."""

    remedy = "Make the change where the account is managed, then press I did it by hand."


class Blocked(ConnectorError):
    """A bot challenge stood where the answer should be. Usher never tries to get around one."""

    hits_everybody = True
    remedy = (
        "Do the change by hand and press I did it by hand, or let Usher work in a browser in which you have signed in "
        "(via: browser in the catalogue; docs/connect-chatgpt.md says how)."
    )


class Unexpected(ConnectorError):
    """The provider answered something that Usher does not know."""

    remedy = "Report what came; until then make the change by hand and press I did it by hand."


class UnknownOutcome(ConnectorError):
    """A change was sent and no usable answer came: it may or may not have happened. Observe before anything else."""

    remedy = "Nothing: Usher looks what is there before it does anything else."


class ByHand(ConnectorError):
    """A human has to make this change; the explanation holds the steps."""


# -- the promise -------------------------------------------------------------------------------------------------------
class Connector(Protocol):
    """Observes and changes the accounts of one application. Every call may raise `ConnectorError`."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def check(self) -> Health:
        """Tries everything that a change will need, without changing anything. Never raises `ConnectorError`."""
        ...

    async def observe(self, email: str) -> Account:
        """What exists for this address (compared without regard to case)."""
        ...

    async def accounts(self) -> list[Account]:
        """Everything that exists, paged through and de-duplicated."""
        ...

    def pause(self, change: Change) -> timedelta:
        """For how long the change had better wait, to keep within the provider's limit of calls. Zero: not at all.

        Whoever heeds it keeps their place in line.
        """
        ...

    async def apply(self, change: Change) -> None:
        """Makes one change, once. Already there and already gone are successes.

        Raises:
            UnknownOutcome: it was sent and may have happened.
            ConnectorError: it did not happen.
        """
        ...

    async def seats(self) -> SeatPool | None:
        """How many seats there are and are taken; None where the provider does not say."""
        ...


class Credential(Protocol):
    """A secret that a connector uses, and may have to replace when the provider rotates it."""

    async def value(self) -> str:
        """The secret.

        Raises:
            SignInAgain: there is none.
        """
        ...

    async def replace(self, old: str, new: str) -> None:
        """Keeps `new` in the place of `old`, unless somebody was faster."""
        ...
