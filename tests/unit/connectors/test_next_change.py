"""The next single change: it always leads to what is desired, and stops there."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.access.desired import Entitlement
from bot.connectors.contract import (
    Account,
    CancelInvite,
    Change,
    Invite,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
    next_change,
)

ADA = "ada@example.com"
entitlements = st.builds(
    Entitlement, role=st.sampled_from(["member", "admin", "owner"]), seat_type=st.sampled_from(["chatgpt", "codex"])
)
# Also what only others write: a role and a seat type that are unknown here.
found = st.builds(
    Entitlement,
    role=st.sampled_from(["member", "admin", "owner", "account-observer"]),
    seat_type=st.sampled_from(["chatgpt", "codex", "galactic"]),
)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    status = draw(st.sampled_from(["absent", "invited", "member"]))
    if status == "absent":
        return Account(email=ADA, status=status)
    has = draw(found)
    return Account(
        email=ADA,
        status=status,
        role=has.role,
        seat_type=has.seat_type,
        provider_id="user-1" if status == "member" else draw(st.none() | st.just("invite-1")),
        pending_seat_type=draw(st.sampled_from(["", "chatgpt", "codex"])) if status == "member" else "",
    )


def made(account: Account, change: Change) -> Account:
    """What a provider that does what it is told shows afterwards."""
    match change:
        case Invite(entitlement=entitlement):
            return Account(email=ADA, status="invited", role=entitlement.role, seat_type=entitlement.seat_type)
        case CancelInvite() | Remove():
            return Account(email=ADA, status="absent")
        case SetRole(role=role):
            return replace(account, role=role)
        case SetSeatType(seat_type=seat_type):
            return replace(account, seat_type=seat_type, pending_seat_type="")
        case Resend():
            return account


@given(accounts(), st.none() | entitlements)
def test_it_leads_to_what_is_desired_in_at_most_two_changes(account: Account, desired: Entitlement | None) -> None:
    """Whatever is there: cancel and invite, or role and seat, and it is done."""
    for _ in range(2):
        change = next_change(account, desired, key="k")
        if change is None:
            break
        account = made(account, change)
    assert account.entitlement == desired
    assert next_change(account, desired, key="k") is None


@given(accounts(), st.none() | entitlements)
def test_nothing_is_changed_that_is_as_desired(account: Account, desired: Entitlement | None) -> None:
    """A change is asked for exactly where what is there and what should be differ."""
    assert (next_change(account, desired, key="k") is None) == (account.entitlement == desired)


@given(accounts(), st.none() | entitlements)
def test_nobody_with_a_right_is_ever_removed(account: Account, desired: Entitlement | None) -> None:
    """A member keeps their membership while anything is desired for them; only an invite may be made anew."""
    change = next_change(account, desired, key="k")
    if isinstance(change, Remove):
        assert desired is None
        assert account.status == "member"
    if isinstance(change, CancelInvite):
        assert account.status == "invited"
    if isinstance(change, Invite):
        assert account.status == "absent"


def test_a_scheduled_seat_counts_as_the_seat() -> None:
    """A downgrade that waits for the renewal is not asked for again and again."""
    waiting = Account(
        email=ADA, status="member", role="member", seat_type="chatgpt", pending_seat_type="codex", provider_id="user-1"
    )
    assert next_change(waiting, Entitlement(role="member", seat_type="codex"), key="k") is None
