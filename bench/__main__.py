"""`python -m bench`: how fast Usher is, each figure beside its floor in the same run."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from bench import chatgpt_app, ends, growth, presses, replicas, screens, startup
from bench.page import Table, show, write

#: what can be measured, and what it is called while it is
SECTIONS: Final[Mapping[str, tuple[str, Callable[[], Awaitable[list[Table]]]]]] = {
    "presses": ("Pressing buttons, one at a time and many", presses.tables),
    "growth": ("Pressing buttons with nothing stored and with much", growth.tables),
    "ends": (f"Letting {ends.GRANTS:,} grants end in the same minute, with a limit and without", ends.tables),
    "startup": ("Starting with nobody having access, and with many", startup.tables),
    "replicas": ("Running one to four replicas on PostgreSQL", replicas.tables),
    "screens": ("Opening the biggest screens of a big company", screens.tables),
    "tools": ("Calling the tools of the ChatGPT app", chatgpt_app.tables),
}
#: columns that the tables need where there is no terminal to say how many it has
WIDTH: Final = 170


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="How fast Usher is, each figure beside its floor in the same run.",
        epilog="Example: make bench ARGS='presses ends --write docs/performance.md'. All of it takes about an hour.",
    )
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all, if none is named"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into their places on this page, too")
    chosen = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    if unknown := set(chosen.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    for name in chosen.sections or SECTIONS:
        words, measure = SECTIONS[name]
        console.print(f"{words} …", style="dim")
        with Progress(SpinnerColumn(), TimeElapsedColumn(), console=console, transient=True) as shown:
            shown.add_task(words, total=None, visible=console.is_terminal)
            tables = asyncio.run(_measure(measure))
        for table in tables:
            show(console, table)
            if chosen.write:
                write(chosen.write, table)


async def _measure(measure: Callable[[], Awaitable[list[Table]]]) -> list[Table]:
    return await measure()


if __name__ == "__main__":
    main()
