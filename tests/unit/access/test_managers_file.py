"""Who manages whom, as a CSV: read with the line of everything that is wrong."""

from __future__ import annotations

import pytest

from bot.access.managers_file import ImportProblems, ManagerRow, check_managers, read_managers


@pytest.mark.parametrize(
    "text",
    [
        "email,manager_email\nlena@example.com,maya@example.com\n",
        "\ufeffemail;manager_email\r\nLena@Example.com;Maya@Example.com\r\n",
        'name,Manager_Email,Email\n"Fischer, Lena",maya@example.com,lena@example.com\n\n',
    ],
    ids=["plain", "from a spreadsheet", "with other columns"],
)
def test_the_columns_are_found_by_name(text: str) -> None:
    """Commas or semicolons, any order, any further columns, any case."""
    [row] = read_managers(text, "m.csv")
    assert (row.line, row.email, row.manager_email) == (2, "lena@example.com", "maya@example.com")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "m.csv: the file is empty: its first line is email,manager_email"),
        (
            "email,manager\na@example.com,b@example.com\n",
            "m.csv:1: there is no column “manager_email”: the first line is email,manager_email",
        ),
        (
            "email,manager_email\na@example.com\n",
            "m.csv:2: 1 fields where the first line has 2: quote what holds a comma",
        ),
        ('email,manager_email\n"a@example.com,b@example.com\n', "m.csv:2: this is not CSV: unexpected end of data"),
    ],
    ids=["empty", "missing column", "missing field", "open quote"],
)
def test_a_file_that_is_no_such_table_is_refused(text: str, problem: str) -> None:
    """The problem names the line and what it should have been."""
    with pytest.raises(ImportProblems) as caught:
        read_managers(text, "m.csv")
    assert str(caught.value) == problem


def test_every_wrong_row_is_said() -> None:
    """All that is wrong with the rows is said at once."""
    rows = [
        ManagerRow(line=line, email=email, manager_email=manager)
        for line, (email, manager) in enumerate(
            [
                ("lena@example.com", "maya@example.com"),
                ("lena@example.com", ""),
                ("lina@example.com", "maya@example.com"),
                ("tom@example.com", "tom@example.com"),
                ("maya@example.com", "gone@example.com"),
                ("", "maya@example.com"),
                ("gone@example.com", "nobody@elsewhere.example"),
            ],
            start=2,
        )
    ]
    new = "run `usher people sync` if they are new to Slack"
    active = {"lena@example.com", "maya@example.com", "tom@example.com"}
    assert check_managers(rows, "m.csv", active=active, inactive={"gone@example.com"}) == [
        "m.csv:3: “lena@example.com” is already on line 2: keep one",
        "m.csv:4: nobody in the directory has the address “lina@example.com”: did you mean lena@example.com?",
        "m.csv:5: “tom@example.com” cannot be their own manager: name another, or leave it empty",
        "m.csv:6: “gone@example.com” has left: name another manager",
        "m.csv:7: no e-mail address: say whose manager this is",
        f"m.csv:8: nobody in the directory has the address “nobody@elsewhere.example”: {new}",
    ]
