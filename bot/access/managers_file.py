"""Who manages whom, as an admin hands it over: a CSV with the columns `email` and `manager_email`. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.nearest import nearest

_COLUMNS = ("email", "manager_email")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerRow:
    """One line of the file. Addresses are lower case; an empty manager takes an earlier word back."""

    line: int  # counted from 1, the header included
    email: str
    manager_email: str


class ImportProblems(Exception):
    """The file cannot be taken as it is; nothing was changed. `str()` is one problem a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read_managers(text: str, name: str) -> tuple[ManagerRow, ...]:
    """The rows of the file, empty lines left out. Separated by commas or, as some spreadsheets write it, semicolons.

    Args:
        name: the file's name, for the problems.

    Raises:
        ImportProblems: a column is missing, or a row has not as many fields as the header.
    """
    text = text.removeprefix("\ufeff")
    header_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in header_line else ",", strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                rows.append((reader.line_num, [field.strip() for field in fields]))  # noqa: PERF401 - line_num moves
    except csv.Error as error:
        raise ImportProblems([f"{name}:{reader.line_num}: this is not CSV: {error}"]) from error
    if not rows:
        raise ImportProblems([f"{name}: the file is empty: its first line is {','.join(_COLUMNS)}"])

    (line, header), *body = rows
    columns = [column.lower() for column in header]
    absent = [column for column in _COLUMNS if column not in columns]
    if absent:
        raise ImportProblems(
            [
                f"{name}:{line}: there is no column “{column}”: the first line is {','.join(_COLUMNS)}"
                for column in absent
            ]
        )
    short = [
        f"{name}:{line}: {len(fields)} fields where the first line has {len(columns)}: quote what holds a comma"
        for line, fields in body
        if len(fields) != len(columns)
    ]
    if short:
        raise ImportProblems(short)
    email, manager = (columns.index(column) for column in _COLUMNS)
    return tuple(
        ManagerRow(line=line, email=fields[email].lower(), manager_email=fields[manager].lower())
        for line, fields in body
    )


def check_managers(
    rows: Sequence[ManagerRow], name: str, *, active: Collection[str], inactive: Collection[str]
) -> list[str]:
    """What is wrong with the rows, one problem each, for a directory with these addresses."""
    problems: list[str] = []
    first: dict[str, int] = {}
    for row in rows:
        where = f"{name}:{row.line}:"
        if not row.email:
            problems.append(f"{where} no e-mail address: say whose manager this is")
            continue
        if row.email not in active and row.email not in inactive:
            problems.append(f"{where} {_nobody(row.email, active)}")
        if row.email in first:
            problems.append(f"{where} “{row.email}” is already on line {first[row.email]}: keep one")
        first.setdefault(row.email, row.line)
        if not row.manager_email:
            continue
        if row.manager_email == row.email:
            problems.append(f"{where} “{row.email}” cannot be their own manager: name another, or leave it empty")
        elif row.manager_email in inactive:
            problems.append(f"{where} “{row.manager_email}” has left: name another manager")
        elif row.manager_email not in active:
            problems.append(f"{where} {_nobody(row.manager_email, active)}")
    return problems


def _nobody(email: str, active: Collection[str]) -> str:
    near = nearest(email, active, alike=0.8)
    hint = f"did you mean {near}?" if near else "run `usher people sync` if they are new to Slack"
    return f"nobody in the directory has the address “{email}”: {hint}"
