"""usher requests, grants, tasks, incidents"""

from __future__ import annotations

import re

import pytest

from tests.integration.cli import house
from tests.integration.cli.conftest import Shell

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELDS = {
    "requests": "id state requester beneficiary application role seat_type duration reason channel created_at "
    "expires_at decided_at decided_by decision_reason",
    "grants": "id state request beneficiary application role seat_type starts_at ends_at active_at ended_at end_reason",
    "tasks": "id state kind key run_at attempt failures error incident created_at finished_at",
    "incidents": "id state cause application person explanation remedy count opened_at seen_at resolved_at waiting",
}


@pytest.fixture
async def furnished(usher: Shell) -> Shell:
    await house.furnish(usher.variables["USHER_DATABASE_URL"])
    return usher


@pytest.mark.parametrize("command", FIELDS)
async def test_json_has_the_promised_fields(furnished: Shell, command: str) -> None:
    """Programs rely on the names of the fields, and on times in UTC with Z."""
    rows = (await furnished(command, "--json")).rows
    assert rows
    for row in rows:
        assert set(FIELDS[command].split()) <= set(row)
        times = {key: value for key, value in row.items() if key.endswith("_at") and value is not None}
        assert all(UTC_TIME.fullmatch(value) for value in times.values()), times


@pytest.mark.parametrize("command", FIELDS)
async def test_an_empty_house_shows_nothing(usher: Shell, command: str) -> None:
    """Nothing to show is no mistake: an empty array for a program, a sentence for a person."""
    assert (await usher(command, "--json")).rows == []
    outcome = await usher(command)
    assert (outcome.code, outcome.out) == (0, "There is nothing to show.\n")


async def test_requests(furnished: Shell) -> None:
    """Requests come newest first, with people by their address or, without one, by their Slack id."""
    rows = (await furnished("requests", "--json")).rows
    assert [row["id"] for row in rows] == [house.PENDING, house.APPROVED, house.PAST]
    pending, approved, _ = rows
    assert (pending["state"], pending["requester"], pending["beneficiary"]) == (
        "pending",
        house.BOT,
        "lena@harbour.example",
    )
    assert (pending["duration"], pending["decided_by"]) == ("30d", None)
    assert approved["decided_by"] == "maya@harbour.example"


async def test_grants(furnished: Shell) -> None:
    """Grants say for whom, until when, and why they ended."""
    active, ended = (await furnished("grants", "--json")).rows
    assert (active["id"], active["state"], active["request"]) == (house.ACTIVE, "active", house.APPROVED)
    assert (ended["id"], ended["end_reason"]) == (house.ENDED, "expired")


async def test_tasks(furnished: Shell) -> None:
    """What is still to be done comes before what is done, the earliest first."""
    rows = (await furnished("tasks", "--json")).rows
    assert [(row["state"], row["kind"]) for row in rows] == [
        ("parked", "account"),
        ("open", "cards"),
        ("open", "account"),
        ("done", "directory"),
    ]
    assert rows[0]["incident"] == house.INCIDENT


async def test_incidents(furnished: Shell) -> None:
    """An incident names everybody who waits on it."""
    [row] = (await furnished("incidents", "--json")).rows
    assert (row["cause"], row["count"], row["waiting"]) == ("SignInAgain", 2, ["maya@harbour.example"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("requests --state pending", [house.PENDING]),
        ("requests --state pending --state approved --app chatgpt", [house.APPROVED]),
        ("requests --person maya@harbour.example", [house.PAST]),
        ("requests --person LENA@harbour.example", [house.PENDING, house.APPROVED]),
        (f"requests --person {house.BOT}", [house.PENDING]),
        ("requests --state expired", []),
        ("grants --state active", [house.ACTIVE]),
        (f"grants --person {house.MAYA} --app figma", [house.ENDED]),
        ("grants --app figma --state active", []),
        ("incidents --state open --app figma", [house.INCIDENT]),
        ("incidents --person maya@harbour.example", [house.INCIDENT]),
        ("incidents --person lena@harbour.example", []),
        ("incidents --state resolved", []),
    ],
)
async def test_filters(furnished: Shell, words: str, found: list[str]) -> None:
    """--state, --person and --app narrow a list, alone and together."""
    assert [row["id"] for row in (await furnished(*words.split(), "--json")).rows] == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--state parked", [f"figma:{house.MAYA}"]),
        (f"--person {house.LENA}", [f"request:{house.PENDING}", f"chatgpt:{house.LENA}"]),
        ("--person maya@harbour.example", [f"figma:{house.MAYA}"]),
        ("--app figma", [f"figma:{house.MAYA}", f"request:{house.PENDING}"]),
        ("--app chatgpt --state open", [f"chatgpt:{house.LENA}"]),
    ],
)
async def test_task_filters(furnished: Shell, words: str, found: list[str]) -> None:
    """Tasks are found by the person and the application that they are about."""
    assert [row["key"] for row in (await furnished("tasks", *words.split(), "--json")).rows] == found


@pytest.mark.parametrize("command", FIELDS)
async def test_unknown_words_are_explained(furnished: Shell, command: str) -> None:
    """A state that is none is wrong usage; a person or application that is not there did not work."""
    wrong_state = await furnished(command, "--state", "asleep")
    assert wrong_state.code == 2
    assert "choose from" in wrong_state.err
    nobody = await furnished(command, "--person", "nobody@harbour.example")
    assert nobody.code == 1
    assert "usher people sync" in nobody.err
    nothing = await furnished(command, "--app", "fogma")
    assert nothing.code == 1
    assert "chatgpt, figma" in nothing.err


@pytest.mark.parametrize("columns", ["40", "80", "200"])
async def test_ids_can_be_copied_from_a_table(furnished: Shell, columns: str) -> None:
    """However narrow the window, an id stands whole in one line."""
    for command, id_ in (("grants", house.ACTIVE), ("incidents", house.INCIDENT), ("tasks", house.INCIDENT)):
        assert id_ in (await furnished(command, variables={"COLUMNS": columns})).out


async def test_a_table_is_in_a_persons_words(furnished: Shell) -> None:
    """People read how far a time is, not only when it is."""
    outcome = await furnished("grants", "--state", "active")
    assert "(3 d ago)" in outcome.out
    assert "(in 26 d)" in outcome.out


async def test_a_limit_is_for_people_only(furnished: Shell) -> None:
    """A table is cut and says so; a program always gets everything."""
    outcome = await furnished("requests", "--limit", "1")
    assert house.PENDING in outcome.out
    assert house.PAST not in outcome.out
    assert "2 older ones" in outcome.err
    assert len((await furnished("requests", "--limit", "1", "--json")).rows) == 3
