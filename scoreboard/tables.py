"""The results as a table, beside what open-source peers make of the same trial, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bench.page import Table
from scoreboard.trial import Result

TITLE: Final = "What was tried, and what was lost"
COLUMNS: Final = ("trial", "database", "must be", "trials", "losses", "seconds", "counted")


def table(results: Sequence[Result]) -> Table:
    """A row for each trial and database."""
    rows = [
        (
            result.trial.words, str(result.kind), result.trial.must, f"{result.trials:,}", f"{len(result.losses):,}",
            f"{result.seconds:,.0f}", result.counted,
        )
        for result in results
    ]  # fmt: skip
    return Table(name="scoreboard", title=TITLE, columns=COLUMNS, rows=rows)


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """An object for each trial and database."""
    return [
        {
            "trial": result.trial.name,
            "database": result.kind.name.lower(),
            "must_be": result.trial.must,
            "trials": result.trials,
            "losses": result.losses,
            "seconds": round(result.seconds, 1),
            "counted": result.counted,
        }
        for result in results
    ]
