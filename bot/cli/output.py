"""Tables for people, one JSON array for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

Row = Mapping[str, object]

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table for people."""

    #: the row's key
    key: str
    title: str
    #: how a value is said; what is None stays empty
    say: Callable[[object], str] = str
    #: never broken over lines, so that it can be copied
    whole: bool = False


def show(rows: Sequence[Row], columns: Sequence[Column], *, as_json: bool, nothing: str, limit: int = 0) -> None:
    """Prints rows: every key of them as JSON, or these columns as a table.

    Args:
        rows: newest first.
        columns: of the table.
        as_json: for a program; then `limit` does not count.
        nothing: what a person reads where there are no rows.
        limit: how many rows a person gets; 0 is all.
    """
    if as_json:
        write_json(rows)
        return
    shown = rows[:limit] if limit else rows
    if not rows:
        sys.stdout.write(f"{nothing}\n")
        return
    _table(shown, columns)
    if len(shown) < len(rows):
        left = len(rows) - len(shown)
        sys.stderr.write(f"… and {left} older one{'' if left == 1 else 's'}: --limit 0 shows all.\n")


def write_json(rows: Sequence[Row]) -> None:
    """One array, an object a line, times as ISO 8601 in UTC with Z."""
    lines = (json.dumps(row, ensure_ascii=False, default=plain) for row in rows)
    sys.stdout.write("[" + ",\n ".join(lines) + "]\n")


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with Z, to the millisecond: 2026-11-23T19:05:00.000Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say_when(value: object) -> str:
    """A time as the reader's clock shows it, and how far it is: `23 Nov 19:05 (2 h ago)`."""
    if not isinstance(value, datetime):
        return ""
    local = value.astimezone()
    year = "" if local.year == datetime.now(UTC).astimezone().year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M} ({_distance(value)})"


def say_moment(value: object) -> str:
    """A time to the second, as the reader's clock shows it: `23 Nov 19:05:09`."""
    if not isinstance(value, datetime):
        return ""
    local = value.astimezone()
    return f"{local.day} {local:%b} {local:%H:%M:%S}"


def say_ago(value: object) -> str:
    """How far a time is: `2 h ago`, `in 6 d`."""
    return _distance(value) if isinstance(value, datetime) else ""


def say_number(value: object) -> str:
    """A count of which none needs no mention."""
    return str(value) if value else ""


def _distance(at: datetime) -> str:
    seconds = (at - datetime.now(UTC)).total_seconds()
    size, unit = next(((size, unit) for size, unit in _UNITS if abs(seconds) >= size), (0, ""))
    if not size:
        return "now"
    amount = f"{int(abs(seconds) // size)} {unit}"
    return f"in {amount}" if seconds > 0 else f"{amount} ago"


def plain(value: object) -> object:
    """What JSON has no form for, as text."""
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.title, no_wrap=column.whole)
    for row in rows:
        cells = ("" if row[column.key] is None else column.say(row[column.key]) for column in columns)
        table.add_row(*(Text(" ".join(cell.split())) for cell in cells))
    console = Console(file=sys.stdout, soft_wrap=False)
    # As wide as whole cells need, wider than the terminal if must be: a cut id is of no use to anybody. A row that goes
    # to a file or a program keeps to one line.
    needed = Measurement.get(console, console.options.update(max_width=100_000), table)
    console.width = max(console.width, needed.minimum) if console.is_terminal else needed.maximum
    console.print(table, crop=False, overflow="ignore")
