"""usher requests, grants, tasks, incidents, as they are typed."""

from __future__ import annotations

import re

import pytest

from tests.integration.cli import house
from tests.integration.cli.conftest import Shell

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELDS = {
    "requests": "id state requester beneficiary application role seat_type duration granted reason channel "
    "created_at expires_at decided_at decided_by decision_reason",
    "grants": "id state request beneficiary application role seat_type starts_at ends_at active_at ended_at end_reason",
    "tasks": "id state kind key run_at attempt failures error incident created_at finished_at",
    "incidents": "id state cause application person explanation remedy count opened_at seen_at resolved_at waiting",
}


@pytest.mark.parametrize("command", FIELDS)
async def test_json_has_the_promised_fields(furnished: Shell, command: str) -> None:
    """Programs rely on the names of the fields, and on times in UTC with Z."""
    rows = (await furnished(command, "--json")).rows
    assert rows
    for row in rows:
        assert set(FIELDS[command].split()) <= set(row)
        times = {key: value for key, value in row.items() if key.endswith("_at") and value is not None}
        assert all(UTC_TIME.fullmatch(value) for value in times.values()), times


async def test_an_empty_house_shows_nothing(usher: Shell) -> None:
    """Nothing to show is no mistake: an empty array for a program, a sentence for a person."""
    assert (await usher("grants", "--json")).rows == []
    outcome = await usher("grants")
    assert (outcome.code, outcome.out) == (0, "There is nothing to show.\n")


async def test_filters_are_options(furnished: Shell) -> None:
    """--state (more than once), --person and --app reach the list together."""
    words = "requests --state pending --state approved --person lena@harbour.example --app chatgpt --json"
    assert [row["id"] for row in (await furnished(*words.split())).rows] == [house.APPROVED]


async def test_a_state_that_is_none_is_wrong_usage(nowhere: Shell) -> None:
    """The message names the states that there are."""
    outcome = await nowhere("grants", "--state", "asleep")
    assert outcome.code == 2
    assert "choose from scheduled, granting" in outcome.err


async def test_a_person_who_is_nobody_is_explained(furnished: Shell) -> None:
    """It did not work, and the message says what may help."""
    outcome = await furnished("grants", "--person", "nobody@harbour.example")
    assert (outcome.code, "usher people sync" in outcome.err) == (1, True)


async def test_a_table_is_for_people(furnished: Shell) -> None:
    """People read how far a time is, and are told what a limit left out."""
    outcome = await furnished("grants", "--limit", "1")
    assert house.ACTIVE in outcome.out
    assert "(3 d ago)" in outcome.out
    assert house.ENDED not in outcome.out
    assert "1 older one: --limit 0 shows all" in outcome.err


async def test_a_request_has_a_story(furnished: Shell) -> None:
    """`usher trace` tells it in a table, or row by row; of an id that is none, what to do instead."""
    rows = (await furnished("trace", house.PENDING, "--json")).rows
    assert all(set(row) == {"id", "at", "source", "what", "who", "trace", "details"} for row in rows)
    outcome = await furnished("trace", "nothing-like-it")
    assert (outcome.code, "usher requests" in outcome.err) == (1, True)
