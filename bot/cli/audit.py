"""usher audit: export, verify"""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.audit import Line, Mark

app = typer.Typer(help="The ledger: who did what, when.")

_COLUMNS = ("seq", "at", "actor", "event", "subject", "data", "previous", "hash", "salt", "seals")


class Format(StrEnum):
    """How the ledger is written out."""

    JSONL = "jsonl"
    CSV = "csv"


@app.command(epilog="Example: usher audit export --since 30d --format csv > audit.csv")
def export(
    since: Annotated[
        str | None, typer.Option(help="From when: 2026-11-01, 2026-11-01T08:00:00Z, or 30d for the last 30 days.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="One JSON object a line, or CSV.")] = Format.JSONL,
) -> None:
    """Writes the ledger out, oldest line first.

    `data` is text, exactly as it was hashed; docs/commands.md says how to check an export without Usher.
    """
    from bot.cli.shell import open_database, run
    from storage import audit

    start = moment(since) if since is not None else None

    async def write() -> None:
        rows = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
        if format_ is Format.CSV:
            rows.writeheader()
        async with open_database() as database, database.read() as session:
            async for line in audit.export(session, start):
                row = _row(line)
                if format_ is Format.CSV:
                    rows.writerow(row)
                else:
                    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")

    run(write())


@app.command(epilog="Example: usher audit verify --known 1042:9f2c…")
def verify(
    known: Annotated[
        str | None,
        typer.Option(
            metavar="SEQ:HASH", help="A line noted at an earlier verify, which must still be there unchanged."
        ),
    ] = None,
) -> None:
    """Checks that nobody changed the ledger.

    No line may be changed, taken out, put in or moved. Needs nothing but the database. Note the last line it names:
    given to the next verify, it proves that no lines were cut off the end either.
    """
    from bot.cli.shell import open_database, run, say
    from storage import audit
    from storage.errors import LedgerBroken

    mark = _mark(known) if known is not None else None

    async def check() -> audit.VerifyResult:
        async with open_database() as database, database.read() as session:
            return await audit.verify(session, known=mark)

    result = run(check())
    if result.problem is not None:
        raise LedgerBroken(result.problem.rstrip("."))
    if result.head is None:
        say("The ledger is intact: it has no lines yet.")
        return
    count = f"{result.lines} line{'' if result.lines == 1 else 's'}"
    if result.erased:
        count += f" ({result.erased} with values that were erased with a person)"
    say(f"The ledger is intact: {count}, the last is {result.head.seq}:{result.head.hash}")


def _row(line: Line) -> dict[str, object]:
    # the time as it was hashed, to the microsecond
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {name: at if name == "at" else getattr(line, name) or "" for name in _COLUMNS}


def moment(text: str, *, option: str = "--since") -> datetime:
    """The time that `--since`, or another option, means: a date, a time, or so long ago."""
    from bot.access.durations import parse_duration

    now = datetime.now(UTC)
    try:
        seconds = parse_duration(text)
    except ValueError:
        try:
            written = datetime.fromisoformat(text)
        except ValueError:
            raise typer.BadParameter(
                f"“{text}” is neither a date nor a duration: write 2026-11-01 or 30d", param_hint=option
            ) from None
        return written if written.tzinfo else written.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC) if seconds is None else now - timedelta(seconds=seconds)


def _mark(text: str) -> Mark:
    from storage.audit import Mark

    found = re.fullmatch(r"(\d+):((?:2\.)?[0-9a-f]{64})", text.strip())
    if found is None:
        raise typer.BadParameter("write it as `usher audit verify` printed it: number:hash", param_hint="--known")
    return Mark(seq=int(found[1]), hash=found[2])
