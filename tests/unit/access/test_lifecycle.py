"""What may follow what: nothing comes back from its end, and everything that lives can end."""

from __future__ import annotations

import pytest

from bot.access import lifecycle
from storage.tables import GrantState, RequestState


def following(state: GrantState) -> set[GrantState]:
    return {to for to in GrantState if state in lifecycle.before_grant(to)}


def test_only_a_pending_request_changes() -> None:
    """A decision, a cancellation and an expiry are each the last word."""
    for to in RequestState:
        assert set(lifecycle.before_request(to)) <= {RequestState.PENDING}


@pytest.mark.parametrize("state", sorted(lifecycle.LIVING - {GrantState.ENDING}))
def test_every_living_grant_can_be_taken_back(state: GrantState) -> None:
    """Whatever is stuck can be ended by its time, its holder or an admin."""
    assert GrantState.ENDING in following(state)


def test_what_is_ending_only_ends() -> None:
    """A grant that is being taken back is not given again; that takes a new request."""
    assert following(GrantState.ENDING) == {GrantState.ENDED}
    assert following(GrantState.ENDED) == set()


def test_every_state_can_be_reached() -> None:
    """From the two in which a grant begins."""
    reached, last = {GrantState.SCHEDULED, GrantState.GRANTING}, set()
    while reached != last:
        last, reached = reached, reached | {to for state in reached for to in following(state)}
    assert reached == set(GrantState)


def test_what_holds_is_what_lives_now() -> None:
    """A grant that has not begun, or is being taken back, says nothing about the account."""
    assert lifecycle.LIVING - {GrantState.SCHEDULED, GrantState.ENDING} == lifecycle.HOLDING
