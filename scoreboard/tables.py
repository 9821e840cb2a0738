"""The results as tables, beside what open-source peers make of the same trials, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bench.page import Table
from scoreboard.peers import PEERS, SOURCES
from scoreboard.trial import Result

COLUMNS: Final = ("trial", "must be", "database", "trials", "losses", "seconds")


def tables(results: Sequence[Result]) -> list[Table]:
    """The score, what was counted for it, and the peers."""
    score = [
        (
            result.trial.words, result.trial.must, str(result.kind), f"{result.trials:,}", f"{len(result.losses):,}",
            f"{result.seconds:,.0f}",
        )
        for result in results
    ]  # fmt: skip
    counted = [(result.trial.words, str(result.kind), result.counted) for result in results]
    ours = {result.trial.name: _score(results, result.trial.name) for result in results}
    peers = [(peer.trial, *peer.measured.values(), ours.get(peer.name, "not tried")) for peer in PEERS]
    return [
        Table(name="score", title="What was tried, and what was lost", columns=COLUMNS, rows=score),
        Table(name="counted", title="What was counted", columns=("trial", "database", "counted"), rows=counted),
        Table(name="peers", title="The same trials with others", columns=("trial", *SOURCES, "Usher"), rows=peers),
    ]


def _score(results: Sequence[Result], name: str) -> str:
    """A trial's losses on all databases, in words."""
    found = [result for result in results if result.trial.name == name]
    return f"{sum(len(result.losses) for result in found):,} lost of {sum(result.trials for result in found):,}"


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
