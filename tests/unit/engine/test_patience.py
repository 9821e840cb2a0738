"""While what cannot wait is begun, what can is begun at intervals."""

from __future__ import annotations

from bot.engine.patience import BETWEEN, INSTANT, Patience
from storage.task_queue import ClaimedTask


def task(*, patient: bool) -> ClaimedTask:
    return ClaimedTask(
        id=1, kind="any", key="1", payload={}, attempt=1, failures=0, lock_key=None, patient=patient
    )  # fmt: skip


CARDS, ACCOUNT = task(patient=True), task(patient=False)


def test_where_nothing_is_urgent_there_is_room_for_all() -> None:
    """Cards after an outage go out side by side."""
    patience = Patience()
    assert (patience.room(0), patience.more_room_at(0)) == (None, None)
    patience.began(CARDS, 0)
    assert (patience.room(0), patience.more_room_at(0)) == (None, None)


def test_beside_what_is_urgent_one_is_begun_at_a_time() -> None:
    """The next one has to wait, for as long as urgent ones keep coming."""
    patience = Patience()
    patience.began(ACCOUNT, 0)
    assert patience.room(0.01) == 1
    patience.began(CARDS, 0.01)
    for urgent_at in (0.05, 0.12, 0.2):
        patience.began(ACCOUNT, urgent_at)
        assert patience.room(urgent_at) == 0
    assert patience.more_room_at(0.2) == 0.01 + BETWEEN
    assert patience.room(0.01 + BETWEEN) == 1


def test_an_instant_after_the_last_urgent_one_there_is_room_again() -> None:
    """And the worker knows when to look, though nothing wakes it."""
    patience = Patience()
    patience.began(ACCOUNT, 0)
    patience.began(CARDS, 0.05)
    assert patience.more_room_at(0.06) == INSTANT
    assert (patience.room(INSTANT), patience.more_room_at(INSTANT)) == (None, None)
