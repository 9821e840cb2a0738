"""What the pages about security say is shown by a test, is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("security.md", "asvs.md")


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page: str) -> None:
    """File and function: who doubts a line can run its test."""
    named = set(re.findall(r"`((?:[\w]+/)*test_\w+\.py)::(test_\w+)`", _text(page)))
    assert len(named) > 10
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (there := ROOT / "tests" / file).exists() or f"def {test}(" not in there.read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_threat_names_its_test() -> None:
    """A row without one would be a promise."""
    table = _text("security.md").partition("## Who could do what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    assert [row for row in rows if "::test_" not in row] == []


def test_what_is_met_names_its_test_or_where_it_is_enforced() -> None:
    """Every item has one of three states; what is met can be looked at."""
    rows = [line.split(" | ") for line in _text("asvs.md").splitlines() if re.match(r"\| \d", line)]
    assert {row[2] for row in rows} == {"met", "partly", "not met"}
    assert [
        row[0] for row in rows if row[2] == "met" and "::test_" not in row[3] and "`make check`" not in row[3]
    ] == []
