"""What account a person should have, from what they had before and the grants that are alive now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What somebody has, or should have, in an application. "" where the application knows no such thing."""

    role: str
    seat_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody is to be given: exactly one of what an application offers, and for how long."""

    entitlement: Entitlement
    duration_seconds: int | None  # None: no end date


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A living grant, as far as it says something about the account."""

    entitlement: Entitlement
    starts_at: datetime


def desired_account(
    baseline: Entitlement | None, claims: Iterable[Claim], *, roles: Sequence[str], seat_types: Sequence[str]
) -> Entitlement | None:
    """The account a person should have now: none, or this role on this seat.

    The highest role wins, in the connector's order (`roles`, lowest first); of several seat types the one of the most
    recently started claim wins. What the person had before Usher (the baseline) is never taken away.

    Args:
        baseline: what the person had before Usher first touched the account; None for nothing.
        claims: the grants that hold at this moment.
        roles: the connector's roles in rank order, lowest first. One that is not among them ranks highest: what we do
            not know we could not give back.
        seat_types: the seat types that the connector can set. A baseline on another one keeps it, likewise.
    """
    latest = sorted(claims, key=lambda claim: claim.starts_at)
    if not latest:
        return baseline
    rank = {role: index for index, role in enumerate(roles)}
    held = [claim.entitlement for claim in latest] + ([baseline] if baseline else [])
    keeps_seat = baseline is not None and baseline.seat_type not in seat_types
    return Entitlement(
        role=max((entitlement.role for entitlement in held), key=lambda role: rank.get(role, len(rank))),
        seat_type=baseline.seat_type if baseline and keeps_seat else latest[-1].entitlement.seat_type,
    )
