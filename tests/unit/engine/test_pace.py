"""At most one message a second for each recipient, and nobody waits behind somebody else's line."""

from __future__ import annotations

from bot.engine.pace import GAP, Pace


def test_a_line_before_one_person_is_served_in_its_order() -> None:
    """A second for each, and who comes back at their turn is let through."""
    pace = Pace()
    assert [pace.pause("U1", message, 10.0) for message in "abc"] == [0.0, GAP, 2 * GAP]
    assert pace.pause("U1", "c", 10.0 + GAP) == GAP
    assert pace.pause("U1", "b", 10.0 + GAP) == 0.0
    assert pace.pause("U1", "c", 10.0 + 2 * GAP) == 0.0


def test_coming_back_early_costs_nothing() -> None:
    """A turn that was given stays, however often somebody asks for it."""
    pace = Pace()
    pace.pause("U1", "a", 0.0)
    assert [pace.pause("U1", "b", 0.5), pace.pause("U1", "b", 0.75), pace.pause("U1", "c", 0.75)] == [0.5, 0.25, 1.25]


def test_another_recipient_is_another_line() -> None:
    """The admin who approves for all keeps no requester waiting."""
    pace = Pace()
    for message in range(100):
        pace.pause("ADMIN", str(message), 0.0)
    assert pace.pause("U1", "status", 0.0) == 0.0


def test_turns_that_nobody_took_are_forgotten() -> None:
    """What was decided before it was asked of somebody is never posted; its turn is not kept for ever."""
    pace = Pace()
    for message in range(3000):
        pace.pause("ADMIN", str(message), 0.0)
    pace.pause("ADMIN", "new", 5000.0)
    pace.pause("ADMIN", "newer", 5000.0)
    assert len(pace._turns) < 3000


def test_a_clock_that_is_set_back_makes_nobody_wait() -> None:
    """Turns of a time that will come again mean nothing."""
    pace = Pace()
    pace.pause("U1", "a", 3600.0)
    assert pace.pause("U1", "b", 0.0) == 0.0
