"""`python -m scoreboard`: what goes wrong with Usher, tried again and again on the real thing, and counted."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.page import show, write
from scoreboard import answers, doubles, ends, kills, requests, slack, storage
from scoreboard.side_by_side import Place, run_side_by_side
from scoreboard.tables import as_json, tables
from scoreboard.trial import Count, Ground, Kind, Result, Trial

TRIALS: dict[str, Trial] = {
    trial.name: trial
    for trial in (
        doubles.PRESSES,
        doubles.SUBMISSIONS,
        kills.KILL,
        ends.ENDS,
        answers.ANSWERS,
        kills.REPLICA,
        slack.OUTAGE_OF_SLACK,
        storage.FAULTS,
        requests.REQUESTS,
    )
}


def main() -> None:
    arguments = _parser().parse_args()
    if unknown := set(arguments.trials) - set(TRIALS):
        _parser().error(f"there is no trial {', '.join(sorted(unknown))}; there are {', '.join(TRIALS)}")
    if arguments.write and (arguments.trials or len(arguments.on) < len(Kind)):
        _parser().error(
            "--write is for the whole scoreboard, so that no row of the page is from another run: name no trial"
        )
    chosen = [TRIALS[name] for name in arguments.trials or TRIALS]
    console = Console(stderr=arguments.json)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # of parts in here
    kinds = [Kind[name.upper()] for name in arguments.on]
    places = [(trial, kind) for trial in chosen for kind in trial.kinds if kind in kinds]
    if arguments.at_once > 1:
        results = asyncio.run(run_side_by_side(places, arguments.times, arguments.at_once, _say_to(console)))
    else:
        results = asyncio.run(run(places, arguments.times, console))
    if arguments.json:
        print(json.dumps(as_json(results), indent=2))
    else:
        for table in tables(results)[:1]:
            show(console, table)
        for result in results:
            console.print(f"{result.trial.name}, {result.kind}: {result.counted}", markup=False)
    if arguments.write:
        for table in tables(results):
            write(arguments.write, table)
    for result in results:
        for loss in result.losses:
            console.print(f"{result.trial.name}, {result.kind}: {loss}", style="red", markup=False)
    sys.exit(any(result.losses for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make scoreboard",
        description="Tries what can go wrong, again and again, and counts the losses. Ends with 1 if there is one.",
        epilog="For example: make scoreboard ARGS='presses kill --times 0.1'",
    )
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)}; all, if none is named")
    parser.add_argument(
        "--times", type=float, default=1.0, metavar="FACTOR", help="how many trials: 0.1 is a tenth of them; 1"
    )
    parser.add_argument(
        "--on",
        nargs="+",
        choices=[kind.name.lower() for kind in Kind],
        default=[kind.name.lower() for kind in Kind],
        help="only on this database; both",
    )
    parser.add_argument(
        "--at-once", type=int, default=1, metavar="COUNT", help="how many trials side by side, as processes; 1"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of the table")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into their places on this page, too")
    return parser


def _say_to(console: Console) -> Callable[[Result], None]:
    def say(result: Result) -> None:
        lost = f"{len(result.losses):,} lost of {result.trials:,}"
        console.print(f"{result.trial.words}, {result.kind}: {lost}, {result.seconds:,.0f} s", markup=False)
        for loss in result.losses:
            console.print(loss, style="red", markup=False)

    return say


async def run(places: Sequence[Place], factor: float, console: Console) -> list[Result]:
    """Runs them one after the other, where there is such a database here."""
    async with Ground.open({kind for _, kind in places}) as ground:
        if ground.server is None and any(kind is Kind.POSTGRESQL for _, kind in places):
            console.print("There is no PostgreSQL here (Debian: postgresql): its trials are left out.", style="yellow")
            places = [place for place in places if place[1] is not Kind.POSTGRESQL]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            return [await _run(ground, trial, kind, factor, progress) for trial, kind in places]


async def _run(ground: Ground, trial: Trial, kind: Kind, factor: float, progress: Progress) -> Result:
    times = trial.scaled(factor)
    bar = progress.add_task(f"{trial.words}, {kind}", total=times)
    count = Count(passed=lambda: progress.advance(bar))
    began = time.monotonic()
    counted = "it broke off before everything was counted"
    with count.part("in the end"):
        counted = await trial.run(ground, kind, times, count)
    return Result(
        trial=trial,
        kind=kind,
        trials=count.trials,
        losses=tuple(count.losses),
        counted=counted,
        seconds=time.monotonic() - began,
    )


if __name__ == "__main__":
    main()
