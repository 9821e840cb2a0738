"""usher db and usher audit, and what the other commands say where there is no usable database."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli import house
from tests.integration.cli.conftest import Shell

COMMANDS_PAGE = Path(__file__).parents[3] / "docs/commands.md"


async def test_upgrade_makes_a_private_database(nowhere: Shell) -> None:
    """`usher db upgrade` makes the file of the default setting, for its owner only, and may be run again."""
    for _ in range(2):
        assert (await nowhere("db", "upgrade")).code == 0
    assert stat.S_IMODE((nowhere.directory / "usher.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["requests", "audit verify"])
async def test_a_missing_database_is_not_made_by_reading(nowhere: Shell, command: str) -> None:
    """A mistyped USHER_DATABASE_URL is a sentence, not a new empty database that looks as if all were lost."""
    outcome = await nowhere(*command.split())
    assert outcome.code == 1
    assert "There is no database" in outcome.err
    assert list(nowhere.directory.iterdir()) == []


async def test_another_schema_is_refused(nowhere: Shell) -> None:
    """A database of another version is not touched, and the message says what to do."""
    nowhere.write("usher.db", "")
    outcome = await nowhere("grants")
    assert (outcome.code, "usher db upgrade" in outcome.err) == (1, True)
    nowhere.write("usher.db", "this is not a database" * 100)
    outcome = await nowhere("grants")
    assert (outcome.code, "not a database" in outcome.err) == (1, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://root@db/usher", "USHER_DATABASE_URL is wrong"),
        ("postgresql+psycopg://usher@127.0.0.1:1/usher", "could not be reached"),
        ("sqlite+aiosqlite:////nowhere/at/all/usher.db", "There is no database"),
    ],
)
async def test_a_wrong_address_is_explained(nowhere: Shell, url: str, why: str) -> None:
    """An address that leads nowhere is a sentence."""
    outcome = await nowhere("grants", variables={"USHER_DATABASE_URL": url})
    assert (outcome.code, why in outcome.err) == (1, True), outcome


async def test_backup(furnished: Shell) -> None:
    """A backup is a whole database for its owner only, and never replaces a file."""
    assert (await furnished("db", "backup", "copy.db")).code == 0
    copy = furnished.directory / "copy.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    restored = await furnished("grants", "--json", variables={"USHER_DATABASE_URL": f"sqlite+aiosqlite:///{copy}"})
    assert len(restored.rows) == 2
    again = await furnished("db", "backup", "copy.db")
    assert (again.code, "exists already" in again.err) == (1, True)


async def test_restore_and_copy(furnished: Shell) -> None:
    """A backup takes the place of the database, which is set aside, and the whole of it can move to another file."""
    await furnished("db", "backup", "copy.db")
    refused = await furnished("db", "restore", "copy.db")
    assert (refused.code, "--replace" in refused.err) == (1, True)
    restored = await furnished("db", "restore", "copy.db", "--replace")
    assert (restored.code, "usher.db.before-" in restored.out) == (0, True), restored
    again = await furnished("db", "look-again")
    assert "1 account again" in again.out
    moved = {"USHER_DATABASE_URL": "sqlite+aiosqlite:///moved.db"}
    copied = await furnished("db", "copy", "--to", moved["USHER_DATABASE_URL"], "--json")
    assert {"id": "grants", "state": "copied", "rows": 2} in copied.rows
    told = [json.loads(line) for line in (await furnished("audit", "export", variables=moved)).out.splitlines()]
    assert [(line["event"], json.loads(line["data"])["backup"]) for line in told] == [
        ("database.restored", "copy.db"), ("database.restored", None),
    ]  # fmt: skip


async def test_prune(furnished: Shell) -> None:
    """What has been over for long is counted, then deleted; less than a day is no "long"."""
    assert (await furnished("db", "prune", "--older-than", "8h")).code == 2
    counted = await furnished("db", "prune", "--older-than", "7d", "--dry-run", "--json")
    assert {"id": "requests", "state": "to_delete", "rows": 1} in counted.rows
    assert len((await furnished("requests", "--json")).rows) == 3
    deleted = await furnished("db", "prune", "--older-than", "7d")
    assert re.search(r"requests +1\b", deleted.out)
    assert {row["id"] for row in (await furnished("requests", "--json")).rows} == {house.PENDING, house.APPROVED}


async def test_export(furnished_postgresql: Shell) -> None:
    """The ledger comes out as JSON lines or CSV with the same content, and the page's own program accepts it."""
    usher = furnished_postgresql
    for _ in range(2):
        await usher("grant", "revoke", house.ACTIVE, "--reason", "Contract ended")
    export = (await usher("audit", "export")).out
    lines = [json.loads(line) for line in export.splitlines()]
    assert [line["event"] for line in lines] == ["grant.ending"]
    assert json.loads(lines[0]["data"])["note"] == "Contract ended"
    rows = list(csv.DictReader(io.StringIO((await usher("audit", "export", "--format", "csv")).out)))
    assert rows == [{key: str(value) for key, value in line.items()} for line in lines]
    [program] = re.findall(r"```python\n(.*?)```", COMMANDS_PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], input=export.encode(), check=True)
    assert len((await usher("audit", "export", "--since", "1h")).out.splitlines()) == 1
    assert (await usher("audit", "export", "--since", "2999-01-01")).out == ""
    assert (await usher("audit", "export", "--since", "yesterday")).code == 2


async def test_somebody_is_shown_and_erased(furnished: Shell) -> None:
    """Who left is erased on an explicit yes; the ledger still proves itself, and its export to the page's program."""
    usher, who = furnished, "maya@harbour.example"
    usher.write("managers.csv", f"email,manager_email\nlena@harbour.example,{who}\n")
    await usher("people", "import", "managers.csv")
    assert {row["kind"] for row in (await usher("people", "export", who, "--json")).rows} == {
        "person", "request", "grant", "ledger",
    }  # fmt: skip
    assert house.PAST in (await usher("people", "export", house.MAYA)).out
    unsure = await usher("people", "erase", who)
    assert (unsure.code, "say --yes" in unsure.err) == (1, True)
    active = await usher("people", "erase", who, "--yes")
    assert (active.code, "active in Slack" in active.err) == (1, True)
    with sqlite3.connect(usher.variables["USHER_DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("UPDATE people SET active = 0 WHERE id = ?", [house.MAYA])

    erased = await usher("people", "erase", who, "--yes")
    [pseudonym] = re.findall(r"erased-[0-9a-f]{12}", erased.out)
    assert "Nobody in the directory" in (await usher("people", "export", who)).err
    assert "2 lines (1 with values that were erased" in (await usher("audit", "verify")).out
    export = (await usher("audit", "export")).out
    assert pseudonym in export
    assert house.MAYA not in export
    [program] = re.findall(r"```python\n(.*?)```", COMMANDS_PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    for text, is_whole in ((export, True), (export.replace(pseudonym, house.LENA), False)):
        ran = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", program], input=text.encode(), capture_output=True, check=False
        )
        assert (ran.returncode == 0) is is_whole, ran.stderr


async def test_verify(furnished: Shell) -> None:
    """An intact ledger names its last line; one that was changed or cut is a failure that says where."""
    usher = furnished
    url = usher.variables["USHER_DATABASE_URL"]
    await usher("grant", "revoke", house.ACTIVE, "--reason", "Contract ended")
    intact = await usher("audit", "verify")
    assert intact.code == 0
    mark = intact.out.split()[-1]
    assert (await usher("audit", "verify", "--known", mark)).code == 0
    assert (await usher("audit", "verify", "--known", "1:abc")).code == 2

    with sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("UPDATE ledger SET actor = 'somebody else' WHERE seq = 1")
    changed = await usher("audit", "verify")
    assert (changed.code, "Line 1 was changed" in changed.err) == (1, True)

    with sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("DELETE FROM ledger")
    assert (await usher("audit", "verify")).code == 0
    cut = await usher("audit", "verify", "--known", mark)
    assert (cut.code, "Line 1 is missing" in cut.err) == (1, True)
