"""What an approver may give instead of what stands: never more of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import TypeVar

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement, Terms
from bot.access.durations import say_duration
from bot.access.request_rules import asked_terms, terms_of
from bot.access.story import Leeway
from bot.access.wish import WrongWish
from bot.connectors.registry import capabilities_of
from storage.tables import AccessRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an approver chose; None, and `...` for the duration, where it stays as it stands."""

    role: str | None = None
    seat_type: str | None = None
    duration_seconds: int | EllipsisType | None = ...  # None is a choice: no end date

    def of(self, stands: Terms) -> Terms:
        """What they make of what stands."""
        role, seat_type, seconds = self.role, self.seat_type, self.duration_seconds
        return Terms(
            entitlement=Entitlement(
                role=stands.entitlement.role if role is None else role,
                seat_type=stands.entitlement.seat_type if seat_type is None else seat_type,
            ),
            duration_seconds=stands.duration_seconds if isinstance(seconds, EllipsisType) else seconds,
        )


def leeway(request: AccessRequest, entry: ApplicationEntry | None) -> Leeway:
    """What an approver may make of a request.

    A lower role and a shorter time than what stands, and another seat type: of those, none is more than another, so
    whoever changes it settles it. An extension goes on with what there is, only shorter; what is given first, as in an
    emergency, is judged as it was given.

    Args:
        request: with what earlier approvers made of it.
        entry: its application, with what it offers now; None where it offers nothing any more.
    """
    stands = terms_of(request)
    role, seat_type = stands.entitlement.role, stands.entitlement.seat_type
    if entry is None or request.emergency:
        return Leeway(roles=(role,), seat_types=(seat_type,), durations=(stands.duration_seconds,))
    shorter = sorted((each for each in entry.durations if _lasts(each) < _lasts(stands.duration_seconds)), key=_lasts)
    durations = (stands.duration_seconds, *reversed(shorter))
    if request.extends_id is not None:
        return Leeway(roles=(role,), seat_types=(seat_type,), durations=durations)
    ranked = capabilities_of(entry.connector).roles  # lowest first
    lower = [each for each in ranked[: ranked.index(role)] if each in entry.roles] if role in ranked else []
    settled = seat_type != asked_terms(request).entitlement.seat_type
    others = [each for each in entry.seat_types if each != seat_type and not settled]
    return Leeway(roles=(role, *reversed(lower)), seat_types=(seat_type, *others), durations=durations)


def demand_within(limits: Leeway, terms: Terms) -> None:
    """Raises `WrongWish` for terms that an approver may not give."""
    found = {
        "role": _unless_among(limits.roles, terms.entitlement.role, str),
        "seat_type": _unless_among(limits.seat_types, terms.entitlement.seat_type, str),
        "duration": _unless_among(limits.durations, terms.duration_seconds, say_duration),
    }
    wrong = {field: problem for field, problem in found.items() if problem}
    if wrong:
        raise WrongWish(wrong)


def _lasts(seconds: int | None) -> float:
    return float("inf") if seconds is None else seconds


def _unless_among(possible: Sequence[T], chosen: T, say: Callable[[T], str]) -> str | None:
    if chosen in possible:
        return None
    known = ", ".join(say(each) for each in possible if each != "")
    return f"Choose one of: {known}." if known else "There is no choice here."
