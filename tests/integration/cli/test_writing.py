"""The commands that change something: grant revoke, task retry, secret, catalog, people import."""

from __future__ import annotations

import base64
import os

import pytest

from tests.integration.cli import house
from tests.integration.cli.conftest import Shell

CATALOG = """\
applications:
  - key: figma
    name: Figma
    owner: maya@harbour.example
    connector: {type: manual}
"""


def _key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


# -- grants and tasks --------------------------------------------------------------------------------------------------
async def test_revoke(furnished: Shell) -> None:
    """A revoked grant is ending, its account is to be looked at now, and the ledger says who did it and why."""
    outcome = await furnished("grant", "revoke", house.ACTIVE, "--reason", "Contract ended")
    assert outcome.code == 0
    [grant] = (await furnished("grants", "--app", "chatgpt", "--json")).rows
    assert (grant["state"], grant["end_reason"]) == ("ending", "revoked")
    [account] = (await furnished("tasks", "--app", "chatgpt", "--state", "open", "--json")).rows[:1]
    assert account["run_at"] < grant["ends_at"]
    ledger = (await furnished("audit", "export")).out
    assert "Contract ended" in ledger
    assert '"actor": "shell:' in ledger


@pytest.mark.parametrize(("grant", "why"), [(house.ENDED, "over already"), ("nonsense", "There is no grant nonsense")])
async def test_revoke_what_cannot_be(furnished: Shell, grant: str, why: str) -> None:
    """What is over or was never there cannot be revoked, and nothing is written."""
    outcome = await furnished("grant", "revoke", grant, "--reason", "x")
    assert outcome.code == 1
    assert why in outcome.err
    assert (await furnished("audit", "export")).out == ""


async def test_revoke_wants_a_reason(furnished: Shell) -> None:
    """Nobody loses access without a word."""
    assert (await furnished("grant", "revoke", house.ACTIVE)).code == 2
    assert (await furnished("grant", "revoke", house.ACTIVE, "--reason", " ")).code == 2


async def test_retry(furnished: Shell) -> None:
    """A task that waits for an incident, or for next month, is due now, with its failures forgotten."""
    parked, *_, planned, _ = before = (await furnished("tasks", "--json")).rows
    assert (parked["state"], planned["key"]) == ("parked", f"chatgpt:{house.LENA}")
    for task in (parked, planned):
        assert (await furnished("task", "retry", str(task["id"]))).code == 0
    after = {row["id"]: row for row in (await furnished("tasks", "--json")).rows}
    assert [row["id"] for row in before] != list(after)
    for task in (after[parked["id"]], after[planned["id"]]):
        assert (task["state"], task["failures"], task["incident"]) == ("open", 0, None)
    assert after[planned["id"]]["run_at"] < planned["run_at"]
    assert (await furnished("audit", "export")).out.count('"task.retried"') == 2


async def test_retry_what_cannot_be(furnished: Shell) -> None:
    """What is done needs no retry, and what is not there cannot have one."""
    [done] = (await furnished("tasks", "--state", "done", "--json")).rows
    outcome = await furnished("task", "retry", str(done["id"]))
    assert (outcome.code, "is done" in outcome.err) == (1, True)
    outcome = await furnished("task", "retry", "4711")
    assert (outcome.code, "There is no task 4711" in outcome.err) == (1, True)


# -- secrets -----------------------------------------------------------------------------------------------------------
async def test_secrets(usher: Shell) -> None:
    """A value goes in by standard input and never comes out: `list` shows the name and the age."""
    usher.variables["USHER_SECRET_KEYS"] = _key()
    stored = await usher("secret", "set", "chatgpt-session", stdin="s3ssion-value\n")
    assert (stored.code, "s3ssion-value" in stored.out + stored.err) == (0, False)
    listed = await usher("secret", "list")
    assert "chatgpt-session" in listed.out
    assert "s3ssion-value" not in listed.out
    [row] = (await usher("secret", "list", "--json")).rows
    assert (row["id"], row["state"]) == ("chatgpt-session", "database")
    ledger = (await usher("audit", "export")).out
    assert "secret.stored" in ledger
    assert "s3ssion-value" not in ledger
    assert (await usher("secret", "remove", "chatgpt-session")).code == 0
    assert (await usher("secret", "list", "--json")).rows == []
    again = await usher("secret", "remove", "chatgpt-session")
    assert (again.code, "There is no secret chatgpt-session" in again.err) == (1, True)


async def test_rotation(usher: Shell) -> None:
    """After `rotate` the new key alone opens every secret; before, both are needed."""
    old, new = _key(), _key()
    await usher("secret", "set", "one", stdin="1", variables={"USHER_SECRET_KEYS": old})
    lost = await usher("secret", "rotate", variables={"USHER_SECRET_KEYS": new})
    assert (lost.code, "USHER_SECRET_KEYS" in lost.err) == (1, True)
    rotated = await usher("secret", "rotate", variables={"USHER_SECRET_KEYS": f"{new},{old}"})
    assert rotated.out == "1 secret encrypted with the first key.\n"
    rotated = await usher("secret", "rotate", variables={"USHER_SECRET_KEYS": new})
    assert (rotated.code, rotated.out) == (0, "0 secrets encrypted with the first key.\n")


async def test_secrets_that_cannot_be_stored(usher: Shell) -> None:
    """No key, a key that is none, no value, or a name that is taken: each is a sentence, and nothing is stored."""
    for variables, name, stdin, why in (
        ({}, "one", "1", "USHER_SECRET_KEYS"),
        ({"USHER_SECRET_KEYS": "too-short"}, "one", "1", "32 bytes"),
        ({"USHER_SECRET_KEYS": _key()}, "one", "\n", "Nothing came on standard input"),
        ({"USHER_SECRET_KEYS": _key()}, "keys", "1", "not a name"),
    ):
        outcome = await usher("secret", "set", name, stdin=stdin, variables=variables)
        assert (outcome.code, why in outcome.err) == (1, True), outcome
    assert (await usher("secret", "list", "--json")).rows == []


async def test_secrets_of_the_environment_are_listed(usher: Shell) -> None:
    """What is given as USHER_SECRET_<NAME> is listed by its name, also when it stands in a .env file."""
    usher.write(".env", "USHER_SECRET_FIGMA=x1y2z3\n")
    outcome = await usher("secret", "list", "--json")
    assert [(row["id"], row["state"]) for row in outcome.rows] == [("figma", "environment")]
    assert "x1y2z3" not in outcome.out


# -- catalogue and people ----------------------------------------------------------------------------------------------
async def test_catalogue(furnished: Shell) -> None:
    """`apply` prints what it changed; the same again changes nothing; `export` is what `apply` takes."""
    furnished.write("catalog.yml", CATALOG)
    assert (
        await furnished("catalog", "validate", "catalog.yml")
    ).out == "catalog.yml is right: 1 application, 1 policy.\n"
    first = await furnished("catalog", "apply", "catalog.yml")
    assert first.code == 0
    assert "application chatgpt retired" in first.out
    assert (await furnished("catalog", "apply", "catalog.yml")).out.startswith("Nothing to change")
    exported = await furnished("catalog", "export")
    furnished.write("catalog.yml", exported.out)
    assert (await furnished("catalog", "apply", "catalog.yml")).out.startswith("Nothing to change")


async def test_a_wrong_catalogue_is_explained(nowhere: Shell) -> None:
    """Every problem has its file and line, and one that is not there is told apart. No settings are needed."""
    nowhere.write("catalog.yml", "applications:\n  - key: figma\n    nome: Figma\n")
    outcome = await nowhere("catalog", "validate", "catalog.yml")
    assert outcome.code == 1
    assert all(line.startswith("catalog.yml:") for line in outcome.err.splitlines())
    absent = await nowhere("catalog", "validate", "catalogue.yml")
    assert (absent.code, absent.err) == (1, "catalogue.yml: No such file or directory.\n")


async def test_import_of_managers(furnished: Shell) -> None:
    """Managers come from a CSV, all rows or none, and the problems name their lines."""
    furnished.write("managers.csv", "email,manager_email\nlena@harbour.example,maya@harbour.example\n")
    assert (await furnished("people", "import", "managers.csv")).out == "1 changed, 0 unchanged.\n"
    assert (await furnished("people", "import", "managers.csv")).out == "0 changed, 1 unchanged.\n"
    furnished.write("managers.csv", "email,manager_email\nlena@harbour.example,nobody@harbour.example\n")
    outcome = await furnished("people", "import", "managers.csv")
    assert outcome.code == 1
    assert outcome.err.startswith("managers.csv:2: ")
    furnished.write("managers.csv", "email,manager_email\nlené@x,\n".encode("latin-1"))
    assert "UTF-8" in (await furnished("people", "import", "managers.csv")).err
