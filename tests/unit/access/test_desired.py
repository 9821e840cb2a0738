"""What account a person should have: never less than before Usher, and what the living grants say together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.access.desired import Claim, Entitlement, desired_account

ROLES, SEATS = ("member", "admin", "owner"), ("chatgpt", "codex")
START = datetime(2030, 1, 1, tzinfo=UTC)

entitlements = st.builds(Entitlement, role=st.sampled_from(ROLES), seat_type=st.sampled_from(SEATS))
claims = st.lists(
    st.builds(Claim, entitlement=entitlements, starts_at=st.integers(0, 99).map(lambda n: START + timedelta(hours=n))),
    max_size=4,
    unique_by=lambda claim: claim.starts_at,
)


def desired(baseline: Entitlement | None, held: list[Claim]) -> Entitlement | None:
    return desired_account(baseline, held, roles=ROLES, seat_types=SEATS)


@given(st.none() | entitlements)
def test_without_grants_everything_is_as_before_usher(baseline: Entitlement | None) -> None:
    """Nothing for most people; for somebody who was a member, what they had."""
    assert desired(baseline, []) == baseline


@given(st.none() | entitlements, claims.filter(bool))
def test_the_highest_role_and_the_latest_seat_win(baseline: Entitlement | None, held: list[Claim]) -> None:
    """A role that somebody had, or was granted, is not lowered by another grant."""
    wanted = desired(baseline, held)
    assert wanted is not None
    roles = [claim.entitlement.role for claim in held] + ([baseline.role] if baseline else [])
    assert wanted.role == max(roles, key=ROLES.index)
    assert wanted.seat_type == max(held, key=lambda claim: claim.starts_at).entitlement.seat_type


@given(st.none() | entitlements, claims.filter(lambda held: len(held) > 1))
def test_one_grant_less_never_takes_what_another_gives(baseline: Entitlement | None, held: list[Claim]) -> None:
    """When the shorter of two grants ends, whoever still holds one keeps an account with at least its role."""
    left = desired(baseline, held[1:])
    assert left is not None
    assert all(ROLES.index(left.role) >= ROLES.index(claim.entitlement.role) for claim in held[1:])


@given(claims.filter(bool))
def test_what_usher_does_not_know_is_kept(held: list[Claim]) -> None:
    """A role and a seat that could not be given back are not taken."""
    unknown = Entitlement(role="analytics-viewer", seat_type="prolite")
    assert desired(unknown, held) == unknown


def test_the_order_of_grants_does_not_matter() -> None:
    """Only when they started does."""
    early = Claim(entitlement=Entitlement(role="admin", seat_type="chatgpt"), starts_at=START)
    late = Claim(entitlement=Entitlement(role="member", seat_type="codex"), starts_at=START + timedelta(days=1))
    assert desired(None, [early, late]) == desired(None, [late, early]) == Entitlement(role="admin", seat_type="codex")
