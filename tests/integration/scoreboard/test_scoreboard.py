"""The scoreboard: a trial on the real thing, counted, and the tables that it writes."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from rich.console import Console

from bench.page import write
from scoreboard import doubles
from scoreboard.__main__ import run
from scoreboard.tables import tables
from scoreboard.trial import Count, Kind
from tests.support.usher_process import UsherProcess

PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"


async def test_a_trial_is_run_and_its_tables_have_their_places(tmp_path: Path) -> None:
    """Two approvers press at once: one trial of 200, no loss, and a row of it on the page."""
    [result] = await run([(doubles.PRESSES, Kind.SQLITE)], 1 / 200, Console(quiet=True))
    assert (result.trials, result.losses) == (1, ())
    page = Path(shutil.copy(PAGE, tmp_path))
    for table in tables([result]):
        write(page, table)
    text = await asyncio.to_thread(page.read_text, encoding="utf-8")
    assert "| Two approvers press at once | 0 double grants | SQLite | 1 | 0 |" in text


def test_a_demand_that_is_not_met_is_a_loss_and_the_next_trial_goes_on() -> None:
    """What was lost is told in words."""
    count = Count()
    for grants in (1, 2):
        with count.trial(f"person {grants}"):
            assert grants == 1, f"{grants} grants"
    [loss] = count.losses
    assert count.trials == 2
    assert loss.startswith("person 2: 2 grants")


async def test_the_last_words_of_a_process_are_part_of_a_loss(tmp_path: Path) -> None:
    """A start that fails is told with how it ended and all that it said."""
    count = Count()
    with count.part("the start"):
        await UsherProcess({}, tmp_path).start()
    [loss] = count.losses
    assert loss.startswith("the start: usher run ended with 1:\n")
    assert "SLACK_BOT_TOKEN" in loss
