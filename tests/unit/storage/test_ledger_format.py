"""The ledger's format: what an auditor recomputes without Usher."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from storage.audit import canonical, line_hash
from storage.tables import LedgerLine


def test_a_lines_hash_is_sha256_of_its_canonical_json() -> None:
    """Written out by hand, so that the format cannot change unnoticed."""
    line = LedgerLine(
        seq=2, at=datetime(2030, 1, 7, 9, 0, 0, 5, UTC), actor="U1", event="request.approved", subject="request:1",
        data='{"stage":0}', previous="ab" * 32, hash="",
    )  # fmt: skip
    written = (
        '["' + "ab" * 32 + '",2,"2030-01-07T09:00:00.000005Z","U1","request.approved","request:1","{\\"stage\\":0}"]'
    )
    assert line_hash(line) == hashlib.sha256(written.encode()).hexdigest()


def test_the_same_content_has_one_form() -> None:
    """Keys in any order, a time in any zone: the same text."""
    berlin = timezone(timedelta(hours=1))
    assert (
        canonical({"b": 1, "a": datetime(2030, 1, 7, 10, tzinfo=berlin)}) == '{"a":"2030-01-07T09:00:00.000000Z","b":1}'
    )


def test_durations_sets_and_enums_have_a_form() -> None:
    """Operations record what they have, without spelling it out each time."""

    class Colour(StrEnum):
        RED = "red"

    assert canonical({"for": timedelta(days=7), "who": {"U2", "U1"}, "is": Colour.RED}) == (
        '{"for":604800.0,"is":"red","who":["U1","U2"]}'
    )


def test_what_has_no_form_is_refused() -> None:
    """An object's repr in an audit log would say nothing, or too much."""
    with pytest.raises(TypeError, match="object cannot stand in the ledger"):
        canonical({"a": object()})
