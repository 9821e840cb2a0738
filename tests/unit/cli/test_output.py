"""Tables for people, JSON for programs."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.cli.output import Column, iso, say_ago, show

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
ROWS = [
    {"id": f"01936b2e-7c1d-7e3a-9d53-6f0f4b6a2c{number:02}", "reason": "to try the new agent " * 12, "at": AT}
    for number in range(3)
]
COLUMNS = [Column("id", "id", whole=True), Column("reason", "reason")]


def test_json_is_an_array_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    """A program gets everything, whatever the table shows and however long it is."""
    show(ROWS, COLUMNS, as_json=True, nothing="-", limit=1)
    read = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in read] == [row["id"] for row in ROWS]
    assert read[0]["at"] == "2026-03-01T10:30:15.123Z"


def test_no_rows_are_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to show is still JSON for a program, and a sentence for a person."""
    show([], COLUMNS, as_json=True, nothing="Nothing.")
    assert json.loads(capsys.readouterr().out) == []
    show([], COLUMNS, as_json=False, nothing="Nothing.")
    assert capsys.readouterr().out == "Nothing.\n"


def test_ids_are_whole_and_rows_are_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes to another program keeps a row to a line, with the id as the first word."""
    show(ROWS, COLUMNS, as_json=False, nothing="-")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(ROWS)
    assert [line.split()[0] for line in lines[1:]] == [row["id"] for row in ROWS]


@pytest.mark.parametrize("columns", [20, 60, 200])
def test_ids_are_whole_in_a_narrow_window(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """However narrow the terminal, an id stands whole in one line, to be copied; other text is broken over lines."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    master, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stdout, contextlib.redirect_stdout(stdout):
        show(ROWS[:1], COLUMNS, as_json=False, nothing="-")
        stdout.flush()
        shown = os.read(master, 100_000).decode()
    os.close(master)
    assert ROWS[0]["id"] in shown
    assert len(shown.splitlines()) > 2


def test_a_long_table_says_that_it_was_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows beyond the limit are counted beside the table, not in it."""
    show(ROWS, COLUMNS, as_json=False, nothing="-", limit=1)
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert "2 older ones" in captured.err


def test_text_from_people_cannot_draw(capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and line ends in a reason are text, and stay in their row."""
    show([{"id": "1", "reason": "[red]a[/red]\n:tada: b"}], COLUMNS, as_json=False, nothing="-")
    assert "[red]a[/red] :tada: b" in capsys.readouterr().out


def test_times_for_programs_are_utc() -> None:
    """Times are ISO 8601 in UTC with Z, whatever zone they came in."""
    assert iso(AT) == "2026-03-01T10:30:15.123Z"


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(days=-3, hours=-1), "3 d ago"),
        (timedelta(hours=-2, minutes=-1), "2 h ago"),
        (timedelta(seconds=61), "in 1 min"),
        (timedelta(days=6, hours=1), "in 6 d"),
        (timedelta(), "now"),
    ],
)
def test_times_for_people_say_how_far_they_are(distance: timedelta, said: str) -> None:
    """At three in the morning nobody wants to subtract times."""
    assert say_ago(datetime.now(UTC) + distance) == said
