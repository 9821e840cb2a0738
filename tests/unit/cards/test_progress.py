"""How far a request is on its way to access."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.access.story import Story
from bot.cards.progress import Stand, progress
from storage.tables import EndReason, GrantState
from tests.support.stories import DAY, NOW, approved, granted, stories

SHORT = {Stand.DONE: "✓", Stand.NOW: "…", Stand.NEXT: "", Stand.STOPPED: "✕"}


def way(story: Story) -> str:
    """`Request✓ Approval…`"""
    return " ".join(step.name + SHORT[step.stand] for step in progress(story))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pending", "Request✓ Approval… Invite Access"),
        ("pending, has access already", "Request✓ Approval… Access"),
        ("denied", "Request✓ Approval✕"),
        ("cancelled", "Request✓ Approval✕"),
        ("expired", "Request✓ Approval✕"),
        ("granting by hand", "Request✓ Approval✓ Access…"),
        ("invited", "Request✓ Approval✓ Invite… Access"),
        ("failed", "Request✓ Approval✓ Invite✕ Access"),
        ("active", "Request✓ Approval✓ Invite✓ Access✓"),
        ("ending", "Request✓ Approval✓ Invite✓ Access✓ End…"),
        ("ended", "Request✓ Approval✓ Invite✓ Access✓ End✓"),
        ("pending, emergency, active", "Request✓ Approval… Invite✓ Access✓"),
        ("emergency, denied", "Request✓ Approval✕ Invite✓ Access✓ End✓"),
    ],
)
def test_each_step_says_where_it_stands(name: str, expected: str) -> None:
    """Done, under way, to come, or where it stopped; what cannot follow any more is not named."""
    assert way(stories()[name]) == expected


def test_access_that_never_came_about_is_no_step() -> None:
    """An invite that nobody accepted stopped there, and then it was over."""
    grant = {"active_at": None, "end_reason": EndReason.NOT_ACCEPTED}
    assert way(granted(GrantState.ENDED, grant=grant)) == "Request✓ Approval✓ Invite✕ End✓"


def test_an_approval_whose_account_is_not_begun_is_on_its_way() -> None:
    """There may be no grant yet; whoever is let in without an invite has access next."""
    assert way(approved()) == "Request✓ Approval✓ Invite… Access"
    assert way(replace(approved(), by_hand=True)) == "Request✓ Approval✓ Access…"


def test_steps_say_when_they_came_about() -> None:
    """As far as that is known: what is to come has no time."""
    at = NOW + DAY / 120
    assert [step.at for step in progress(stories()["active"])] == [NOW, at, at, at]
    assert [step.at for step in progress(stories()["pending"])] == [NOW, None, None, None]
