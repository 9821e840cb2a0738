"""What much that is stored costs: the presses with 100,000 and 1,000,000 requests and grants, beside none.

The databases take turns, each of them first as often as the others. Each round's median stands beside that of the empty
database in the same turn, and what is reported is the median of these ratios: a machine that is slower for some seconds
is so for all three. As with the presses, all of it is done several times with new processes, because one may be quicker
than another for as long as it lives.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from bench.page import Table
from bench.presses import GOING_ON, RUNS, WARM_UP, WORDS, Kind, Stage, going_on, in_order, lifecycles, staged, warm_up

STORED: Final = (0, 100_000, 1_000_000)
#: presses at once, and for each how many rounds of how many presses in a run
LEVELS: Final[Mapping[int, tuple[int, int]]] = {1: (12, 1), 32: (6, 64), 128: (6, 128)}
#: rounds of so many approvals in a run, a hundred in a second
BUSY: Final = (6, 100)
PEOPLE: Final = WARM_UP + sum(rounds * size for rounds, size in (*LEVELS.values(), BUSY))
#: of the empty database's median
WANTED: Final = 1.15

TITLE: Final = "The same with much stored beside an empty database in the same run: median of the rounds' ratios"
COLUMNS: Final = ("what", "at once", *(f"{stored:,} stored" for stored in STORED[1:]), "wanted")

#: the median of each round, seconds, by what is stored
Rounds = Mapping[int, Sequence[float]]


async def measure() -> Mapping[tuple[Kind, int], Rounds]:
    """All runs over the databases."""
    found: dict[tuple[Kind, int], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(RUNS):
        await _run(found)
    return found


async def _run(found: Mapping[tuple[Kind, int], Mapping[int, list[float]]]) -> None:
    def note(stored: int, stage: Stage) -> None:
        for key, series in stage.usher.figures.items():
            found[key][stored].append(series.median)
        stage.usher.figures.clear()

    async with AsyncExitStack() as stack:
        stages = [(stored, await stack.enter_async_context(staged(stored, PEOPLE))) for stored in STORED]
        for _, stage in stages:
            await warm_up(stage)
        for level, (rounds, size) in LEVELS.items():
            for number in range(rounds):
                for stored, stage in _in_turns(stages, number):
                    await lifecycles(stage, level, size, (stage.usher,))
                    note(stored, stage)
        rounds, size = BUSY
        for number in range(rounds):
            for stored, stage in _in_turns(stages, number):
                await going_on(stage, size, (stage.usher,))
                note(stored, stage)


def _in_turns(stages: Sequence[tuple[int, Stage]], number: int) -> Sequence[tuple[int, Stage]]:
    first = number % len(stages)
    return [*stages[first:], *stages[:first]]


async def tables() -> list[Table]:
    """All runs, as a table."""
    return [Table(name="growth", title=TITLE, columns=COLUMNS, rows=rows(await measure()))]


def rows(found: Mapping[tuple[Kind, int], Rounds]) -> list[tuple[str, ...]]:
    """By `COLUMNS`."""
    return [
        (
            WORDS[kind],
            "" if level == GOING_ON else str(level),
            *(f"{_beside(medians[stored], medians[STORED[0]]):.2f}" for stored in STORED[1:]),
            f"≤ {WANTED}",
        )
        for (kind, level), medians in in_order(found)
    ]


def _beside(full: Sequence[float], empty: Sequence[float]) -> float:
    return statistics.median(with_much / with_none for with_much, with_none in zip(full, empty, strict=True))
