"""The pages are held to the code: every state and every error has its words, the index names every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.connectors import contract
from storage import tables

ROOT = Path(__file__).parents[2]
STATES = (
    tables.RequestState, tables.GrantState, tables.EndReason, tables.TaskState, tables.IncidentState, tables.StepState,
    tables.DeliveryState,
)  # fmt: skip


@pytest.mark.parametrize("words", STATES, ids=lambda words: words.__name__)
def test_every_state_is_explained(words: type[tables.RequestState]) -> None:
    """Whoever meets a state in a table or in JSON finds it in docs/states.md."""
    page = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    assert [word.value for word in words if f"`{word.value}`" not in page] == []


def test_every_error_of_a_connector_is_explained() -> None:
    """What Usher saw, what it does, what the admin should do: a row for each error of the closed set."""
    page = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    errors = [error.__name__ for error in contract.ConnectorError.__subclasses__()]
    assert errors
    assert [error for error in errors if f"| `{error}` |" not in page] == []


@pytest.mark.parametrize(("index", "folder"), [("docs/llms.txt", ""), ("README.md", "docs/")])
def test_every_page_is_in_the_index(index: str, folder: str) -> None:
    """The README and llms.txt name every page of the documentation."""
    text = (ROOT / index).read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"({folder}{page.name})" not in text] == []
