"""What the lists find, on both databases."""

from __future__ import annotations

import pytest

from bot.cli import rows
from bot.cli.shell import CommandError
from storage.database import Database, Transaction
from storage.tables import AccessRequest
from tests.integration.cli import house

READERS = {
    "requests": rows.requests, "grants": rows.grants, "tasks": rows.tasks, "incidents": rows.incidents,
}  # fmt: skip


@pytest.fixture
async def furnished(database: Database) -> Database:
    await database.write(house.furnish)
    return database


async def _find(
    database: Database, what: str, *states: str, person: str | None = None, app: str | None = None
) -> list[dict[str, object]]:
    async with database.read() as session:
        wanted = await rows.narrow(session, states=states, person=person, application=app)
        return [dict(row) for row in await READERS[what](session, wanted)]


async def test_requests(furnished: Database) -> None:
    """Requests come newest first, with people by their address or, without one, by their Slack id."""
    pending, approved, past = await _find(furnished, "requests")
    assert [row["id"] for row in (pending, approved, past)] == [house.PENDING, house.APPROVED, house.PAST]
    assert (pending["state"], pending["requester"], pending["beneficiary"]) == (
        "pending",
        house.BOT,
        "lena@harbour.example",
    )
    assert (pending["duration"], pending["decided_by"]) == ("30d", None)
    assert approved["decided_by"] == "maya@harbour.example"


async def test_what_an_approver_changed(furnished: Database) -> None:
    """What was asked for stands where it stood, and what is given beside it; null where that is the same."""
    await furnished.write(_change, house.APPROVED)
    pending, approved, _ = await _find(furnished, "requests")
    assert pending["granted"] is None
    assert approved["duration"] == "30d"
    assert approved["granted"] == {"role": "member", "seat_type": "codex", "duration": "7d"}


async def _change(tx: Transaction, request_id: str) -> None:
    request = await tx.session.get_one(AccessRequest, request_id)
    request.terms = {"role": "member", "seat_type": "codex", "duration_seconds": 7 * 86_400}


async def test_grants(furnished: Database) -> None:
    """Grants say for whom, by which request, and why they ended."""
    active, ended = await _find(furnished, "grants")
    assert (active["id"], active["state"], active["request"]) == (house.ACTIVE, "active", house.APPROVED)
    assert (ended["id"], ended["end_reason"]) == (house.ENDED, "expired")


async def test_tasks(furnished: Database) -> None:
    """What is still to be done comes before what is done, the earliest first."""
    found = await _find(furnished, "tasks")
    assert [(row["state"], row["kind"]) for row in found] == [
        ("parked", "account"),
        ("open", "cards"),
        ("open", "account"),
        ("done", "directory"),
    ]
    assert found[0]["incident"] == house.INCIDENT


async def test_incidents(furnished: Database) -> None:
    """An incident names everybody who waits on it."""
    [row] = await _find(furnished, "incidents")
    assert (row["cause"], row["count"], row["waiting"]) == ("SignInAgain", 2, ["maya@harbour.example"])


async def test_filters(furnished: Database) -> None:
    """States, a person and an application narrow a list, alone and together."""

    async def ids(what: str, *states: str, person: str | None = None, app: str | None = None) -> list[object]:
        return [row["id"] for row in await _find(furnished, what, *states, person=person, app=app)]

    assert await ids("requests", "pending") == [house.PENDING]
    assert await ids("requests", "pending", "approved", app="chatgpt") == [house.APPROVED]
    assert await ids("requests", person="maya@harbour.example") == [house.PAST]
    assert await ids("requests", person="LENA@harbour.example") == [house.PENDING, house.APPROVED]
    assert await ids("requests", person=house.BOT) == [house.PENDING]
    assert await ids("requests", "expired") == []
    assert await ids("grants", "active") == [house.ACTIVE]
    assert await ids("grants", person=house.MAYA, app="figma") == [house.ENDED]
    assert await ids("grants", "active", app="figma") == []
    assert await ids("incidents", "open", app="figma") == [house.INCIDENT]
    assert await ids("incidents", person="maya@harbour.example") == [house.INCIDENT]
    assert await ids("incidents", person="lena@harbour.example") == []
    assert await ids("incidents", "resolved") == []


async def test_task_filters(furnished: Database) -> None:
    """Tasks are found by the person and the application that they are about, through their keys."""

    async def keys(*states: str, person: str | None = None, app: str | None = None) -> list[object]:
        return [row["key"] for row in await _find(furnished, "tasks", *states, person=person, app=app)]

    assert await keys("parked") == [f"figma:{house.MAYA}"]
    assert await keys(person=house.LENA) == [f"request:{house.PENDING}", f"chatgpt:{house.LENA}"]
    assert await keys(person="maya@harbour.example") == [f"figma:{house.MAYA}"]
    assert await keys(app="figma") == [f"figma:{house.MAYA}", f"request:{house.PENDING}"]
    assert await keys("open", app="chatgpt") == [f"chatgpt:{house.LENA}"]


async def test_unknown_people_and_applications_are_explained(furnished: Database) -> None:
    """A list of nothing would look as if there were nothing, so a name that is unknown is said to be."""
    with pytest.raises(CommandError, match="usher people sync"):
        await _find(furnished, "grants", person="nobody@harbour.example")
    with pytest.raises(CommandError, match="chatgpt, figma"):
        await _find(furnished, "grants", app="fogma")
