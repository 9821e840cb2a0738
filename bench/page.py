"""Tables on a terminal, and the same in docs/performance.md: each between its two marks, so that one can be renewed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What came out of a measurement."""

    name: str  # of its place on the page
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def show(console: Console, table: Table) -> None:
    """Prints it."""
    shown = RichTable(title=table.title)
    for number, column in enumerate(table.columns):
        shown.add_column(column, justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


def write(page: Path, table: Table) -> None:
    """Puts it into its place on the page.

    Raises:
        ValueError: the page has no such place.
    """
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {table.name} -->\n", f"<!-- /{table.name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{page} has no place for the table “{table.name}”")
    new = f"{begin}{table.title}.\n\n{_markdown(table)}\n{end}"
    page.write_text(re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: new, text, flags=re.DOTALL), "utf-8")


def _markdown(table: Table) -> str:
    lines = [
        " | ".join(table.columns),
        "|".join("---" for _ in table.columns),
        *(" | ".join(row) for row in table.rows),
    ]
    return "\n".join(f"| {line} |" for line in lines)
