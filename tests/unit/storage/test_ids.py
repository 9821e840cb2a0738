"""Ids."""

from __future__ import annotations

from uuid import UUID

from storage.ids import new_id


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    """Also within a millisecond, and none comes twice."""
    made = [new_id() for _ in range(2000)]
    assert made == sorted(set(made))
    assert UUID(made[0]).version == 7
