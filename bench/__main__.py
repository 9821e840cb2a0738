"""`python -m bench`: how fast Usher is, each figure beside its floor in the same run."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from bench import chatgpt_app, ends, growth, presses, replicas, screens, startup
from bench.page import Table, show, write

#: what can be measured, and what it is called while it is
SECTIONS: dict[str, tuple[str, Callable[[], Awaitable[list[Table]]]]] = {
    "presses": ("Pressing buttons, one at a time and many", presses.tables),
    "growth": ("Pressing buttons with nothing stored and with much", growth.tables),
    "ends": (f"Letting {ends.GRANTS:,} grants end in the same minute, with a limit and without", ends.tables),
    "startup": ("Starting with nobody having access, and with many", startup.tables),
    "replicas": ("Running one to four replicas on PostgreSQL", replicas.tables),
    "screens": ("Opening the biggest screens of a big company", screens.tables),
    "tools": ("Calling the tools of the ChatGPT app", chatgpt_app.tables),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all, if none is named"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into their places on this page, too")
    chosen = parser.parse_args()
    console = Console()
    if unknown := set(chosen.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    for name in chosen.sections or SECTIONS:
        words, measure = SECTIONS[name]
        console.print(f"{words} …", style="dim")
        for table in asyncio.run(_measure(measure)):
            show(console, table)
            if chosen.write:
                write(chosen.write, table)


async def _measure(measure: Callable[[], Awaitable[list[Table]]]) -> list[Table]:
    return await measure()


if __name__ == "__main__":
    main()
