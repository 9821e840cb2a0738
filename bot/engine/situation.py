"""What is known about one person's account in one application, read in one go; and what should be. Mostly pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.catalog import ApplicationEntry
from bot.access.catalog_store import load_application
from bot.access.desired import Claim, Entitlement, desired_account
from bot.access.operations.incidents import CANNOT_GET_IN
from bot.connectors.contract import Account as Observed
from bot.connectors.contract import Capabilities, Resend
from bot.connectors.registry import capabilities_of
from storage.fixed import fixed
from storage.rows import Rows, as_object, objects
from storage.tables import Account, AccountStatus, EndReason, Grant, GrantState, Incident, Person, table_of

#: first look after an invite was sent; the gap then grows with the invite's age
FIRST_LOOK = timedelta(seconds=5)
LONGEST_GAP = timedelta(hours=1)
#: even an account that nothing happens to is looked at this often
ROUTINE_LOOK = timedelta(days=1)

# Built once: this is read between every Approve and its invite. States stand in them for the partial indexes.
_PERSON = fixed(sa.select(table_of(Person)).where(Person.id == sa.bindparam("person_id")))
_ACCOUNT = fixed(
    sa.select(table_of(Account)).where(
        Account.application == sa.bindparam("application"), Account.person_id == sa.bindparam("person_id")
    )
)
_LIVING = fixed(
    sa.select(table_of(Grant))
    .where(
        Grant.beneficiary_id == sa.bindparam("person_id"),
        Grant.application == sa.bindparam("application"),
        Grant.state != sa.literal_column("'ended'"),
    )
    .order_by(Grant.starts_at, Grant.id)
)
_OPEN_INCIDENTS = fixed(
    sa.select(table_of(Incident)).where(
        Incident.scope.in_(sa.bindparam("scopes", expanding=True)), Incident.state == sa.literal_column("'open'")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLook:
    """When an account is looked at next, and whether that is for nothing but to see how it is."""

    after: timedelta
    can_wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One account, as far as Usher knows, and the grants that are about it."""

    entry: ApplicationEntry
    person: Person
    account: Account | None
    grants: tuple[Grant, ...]  # living, oldest first
    outage: Incident | None  # open, and hits everybody in this application
    trouble: Incident | None  # open, and about this account alone
    now: datetime
    #: no seat is free for what waits: meanwhile the account is to be as the other grants say
    in_line: bool = False

    def copied(self) -> Situation:
        """With grants of its own, to be changed in a transaction: one that PostgreSQL undoes is run again as it was."""
        return replace(self, grants=tuple(as_object(Grant, vars(grant)) for grant in self.grants))

    @property
    def holding(self) -> tuple[Grant, ...]:
        """The grants that are given, or being given."""
        return tuple(grant for grant in self.grants if grant.state in lifecycle.HOLDING)

    @property
    def counting(self) -> tuple[Grant, ...]:
        """The grants that say what the account should be now: not what another one takes the place of."""
        replaced = {grant.replaces_id for grant in self.holding if grant.state in lifecycle.TAKING_PLACE}
        return tuple(grant for grant in self.holding if grant.id not in replaced and not self.is_in_line(grant))

    def is_in_line(self, grant: Grant) -> bool:
        """Does the account have to do without this grant for the time being?"""
        return self.in_line and grant.state is GrantState.WAITING

    @property
    def ending(self) -> tuple[Grant, ...]:
        """The grants that are being taken back."""
        return tuple(grant for grant in self.grants if grant.state is GrantState.ENDING)

    @property
    def email(self) -> str | None:
        """The address that the account is under: the one it was made for, even if the directory knows a newer one."""
        if self.account is not None and self.account.baseline is not None:
            return self.account.email
        return self.person.email

    def baseline(self, observed: Observed) -> Entitlement | None:
        """What the person had before Usher first touched the account."""
        if self.account is None or self.account.baseline is None:
            return observed.entitlement
        return Entitlement(**self.account.baseline) if self.account.baseline else None

    def desired(self, observed: Observed, capabilities: Capabilities) -> Entitlement | None:
        """What the account should be now."""
        claims = (
            Claim(entitlement=Entitlement(role=grant.role, seat_type=grant.seat_type), starts_at=grant.starts_at)
            for grant in self.counting
        )
        return desired_account(
            self.baseline(observed),
            claims,
            roles=capabilities.roles or self.entry.roles,
            seat_types=capabilities.seat_types or self.entry.seat_types or ("",),
        )

    @property
    def counts_seats(self) -> bool:
        """Does the provider say how many seats there are?"""
        return capabilities_of(self.entry.connector).sees_seats

    @property
    def looking(self) -> Incident | None:
        """The incident of which an admin says that it was done by hand: what is there counts, nothing is changed."""
        return next((one for one in (self.outage, self.trouble) if one is not None and one.looking), None)

    @property
    def locked_out(self) -> bool:
        """Does its person say that they cannot get in, which nobody but they can see?"""
        return (
            self.trouble is not None
            and self.trouble.cause == CANNOT_GET_IN
            and not capabilities_of(self.entry.connector).sees_members
            and any(grant.state is GrantState.ACTIVE for grant in self.grants)
        )

    def times_sent(self, change: str) -> int:
        """How often a change, by its name, was sent without having been seen."""
        if self.account is None or self.account.last_change != change:
            return 0
        return self.account.last_change_sent or 0

    def due(self) -> tuple[list[Grant], list[tuple[Grant, EndReason]]]:
        """The grants whose time has come: those that start, and those that are over, with why."""
        over = [(grant, why) for grant in self.grants if (why := self._over(grant)) is not None]
        ending = {grant.id for grant, _ in over}
        starting = [
            grant
            for grant in self.grants
            if grant.state is GrantState.SCHEDULED and grant.starts_at <= self.now and grant.id not in ending
        ]
        return starting, over

    def _over(self, grant: Grant) -> EndReason | None:
        if grant.state in (GrantState.ENDING, GrantState.ENDED):
            return None
        if grant.ends_at is not None and grant.ends_at <= self.now:
            return EndReason.EXPIRED
        if grant.state is GrantState.INVITED and grant.invited_at is not None:
            return EndReason.NOT_ACCEPTED if self._given_up(grant.invited_at) else None
        return None

    def _given_up(self, invited_at: datetime) -> bool:
        """Was the invite still open when its time was over? Who accepts between the last look and then is let in."""
        _, given_up_at = self._about_the_invite(invited_at)
        seen_at = self.account.observed_at if self.account is not None else None
        return seen_at is not None and given_up_at <= seen_at

    def resend(self, observed: Observed) -> Resend | None:
        """The invite once more, when its person has left it unanswered for so long. Once for each invite.

        Likewise what is there for all that can be seen, when an admin wants it tried again for who cannot get in.
        """
        if self.locked_out and observed.entitlement is not None:
            again = self.account is not None and self.account.invite_resent_at is None
            return Resend(email=observed.email, entitlement=observed.entitlement) if again else None
        invited = [grant.invited_at for grant in self.holding if grant.state is GrantState.INVITED and grant.invited_at]
        if (
            observed.status != AccountStatus.INVITED
            or observed.entitlement is None
            or not invited
            or self.looking is not None
            or (self.account is not None and self.account.invite_resent_at is not None)
            or self.now < min(invited) + timedelta(seconds=self.entry.invites.resend_after)
        ):
            return None
        return Resend(email=observed.email, entitlement=observed.entitlement)

    def next_look(self, grants: Iterable[Grant], now: datetime) -> NextLook | None:
        """When the account should be looked at again: at the next start or end, for an invite soon; None for never.

        Args:
            grants: those that are living now.
            now: the time.
        """
        appointed: list[datetime] = []
        moments: list[datetime] = []
        for grant in grants:
            if grant.ends_at is not None:
                appointed.append(grant.ends_at)
            if grant.state is GrantState.SCHEDULED:
                appointed.append(grant.starts_at)
            elif grant.state is GrantState.WAITING:
                moments.append(now + _growing(now - (grant.waiting_since or now)))
            elif grant.state is GrantState.INVITED and grant.invited_at is not None:
                moments.append(now + _growing(now - grant.invited_at))
                resent_at, given_up_at = self._about_the_invite(grant.invited_at)
                moments += [max(given_up_at, now), *([resent_at] if resent_at > now else [])]
            else:
                moments.append(now + ROUTINE_LOOK)
        if not appointed and not moments:
            return None
        at = min(appointed + moments)
        return NextLook(after=max(at - now, timedelta()), can_wait=at not in appointed)

    def _about_the_invite(self, invited_at: datetime) -> tuple[datetime, datetime]:
        rules = self.entry.invites
        return invited_at + timedelta(seconds=rules.resend_after), invited_at + timedelta(seconds=rules.cancel_after)


def _growing(age: timedelta) -> timedelta:
    """The gap to the next look, the longer the longer nothing has happened."""
    return min(max(age / 4, FIRST_LOOK), LONGEST_GAP)


async def read_situation(rows: Rows, application: str, person_id: str, *, now: datetime) -> Situation | None:
    """Reads what is known; None when the application or the person is not."""
    entry = await load_application(rows, application)
    people = await objects(rows, Person, _PERSON, {"person_id": person_id})
    if entry is None or not people:
        return None
    own = subjects.account(application, person_id)
    key = {"application": application, "person_id": person_id}
    found = await objects(rows, Incident, _OPEN_INCIDENTS, {"scopes": [application, own]})
    incidents = {incident.scope: incident for incident in found}
    return Situation(
        entry=entry,
        person=people[0],
        account=next(iter(await objects(rows, Account, _ACCOUNT, key)), None),
        grants=tuple(await objects(rows, Grant, _LIVING, key)),
        outage=incidents.get(application),
        trouble=incidents.get(own),
        now=now,
    )
