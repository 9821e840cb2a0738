"""Adding one application, as the assistant does it, is what `usher catalog apply` does."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from bot.access import catalog_file, subjects
from bot.access.catalog_store import load_catalog, load_offered
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.ask_for_check import ask_for_check
from bot.access.operations.put_application import put_application
from bot.access.queries import load_application_story, load_applications
from bot.access.refusals import Refusal
from bot.access.set_up import WrongSetUp, read_entry
from bot.connectors.contract import Condition
from bot.engine.health import BAD_FOR, GOOD_FOR, enqueue_due_checks, keep_report
from storage.database import Database
from storage.tables import Application, Card, HealthReport, Incident, Task
from tests.integration.operations.asking import lines, refusal, rows
from tests.integration.operations.conftest import CATALOG
from tests.support.clock import MovableClock

DESIGN: dict[str, Any] = {
    "name": "ChatGPT Design",
    "roles": ["member", "admin"],
    "seat_types": ["codex"],
    "durations": ["7d", "unlimited"],
    "policy": "either",
    "owner": "maya@harbour.example",
    "admins": ["noor@harbour.example"],
    "connector": {
        "type": "chatgpt",
        "transport": "web_admin",
        "workspace_id": "7c1f0f0e-52a5-4d0b-9d53-0a4a3f6b2c18",
        "integration_email": "it-design@harbour.example",
    },
}
#: the same in the file
IN_YAML = """
  - key: chatgpt-design
    name: ChatGPT Design
    roles: [member, admin]
    seat_types: [codex]
    durations: [7d, unlimited]
    policy: either
    owner: maya@harbour.example
    admins: [noor@harbour.example]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: 7c1f0f0e-52a5-4d0b-9d53-0a4a3f6b2c18
      integration_email: it-design@harbour.example
      secret: chatgpt-design-session
"""
FINE = Condition(name="Reachable", ok=True, detail="It answers.")
WRONG = Condition(name="Role", ok=False, detail="Member.", remedy="Make it Owner.")


async def put(company: Database, by: str = "UNOOR", **changes: Any) -> None:
    await company.write(put_application, entry=read_entry({**DESIGN, **changes}), actor=by)


async def wrong(company: Database, **changes: Any) -> dict[str, str]:
    """What is said to be wrong, by field."""
    with pytest.raises(WrongSetUp) as raised:
        await put(company, **changes)
    return raised.value.fields


async def test_both_doors_write_the_same_lines(company: Database) -> None:
    """The assistant and `usher catalog apply`: the same events with the same data, and the same catalogue after it."""
    before = len(await lines(company, "catalog."))
    await put(company)
    by_assistant = (await lines(company, "catalog."))[before:]
    async with company.read() as session:
        in_force = await load_catalog(session)

    await company.write(apply_catalog, catalog=catalog_file.read(CATALOG, "catalog.yml"), actor="shell:test")
    before = len(await lines(company, "catalog."))
    written = catalog_file.read(CATALOG + IN_YAML.replace("chatgpt-design", "design"), "catalog.yml")
    await company.write(apply_catalog, catalog=written, actor="UNOOR")
    by_file = (await lines(company, "catalog."))[before:]
    [(event, actor, data)] = by_file
    data["after"]["key"] = "chatgpt-design"
    data["after"]["connector"]["secret"] = "chatgpt-design-session"
    assert by_assistant == [(event, actor, data)]
    assert in_force == catalog_file.read(CATALOG + IN_YAML, "catalog.yml")


async def test_the_same_again_changes_nothing(company: Database) -> None:
    """A redelivered submission adds no second application, no line, no card."""
    await put(company)
    before = await lines(company, "")
    await put(company)
    assert await lines(company, "") == before
    [card] = await rows(company, Card)
    assert (card.subject, card.slot, card.recipient) == ("application:chatgpt-design", "set_up:UNOOR", "UNOOR")


async def test_every_admin_who_adds_it_gets_the_steps(company: Database) -> None:
    """Two admins with the same answer are one application and two cards."""
    await put(company)
    await put(company, by="UMAYA")
    assert sorted(card.recipient for card in await rows(company, Card)) == ["UMAYA", "UNOOR"]


async def test_a_workspace_belongs_to_one_application(company: Database) -> None:
    """As `usher catalog apply` would refuse it; under its own key the same is no other."""
    await put(company)
    await put(company)
    assert "ChatGPT Design has this workspace already" in (await wrong(company, name="Design again"))["key"]


async def test_admins_who_add_at_once_lose_nothing(company: Database) -> None:
    """Each adds to the catalogue that the other left: none of them is taken out again."""
    of_their_own = [{**DESIGN["connector"], "workspace_id": str(UUID(int=number))} for number in range(6)]
    await asyncio.gather(
        *(put(company, name=f"Design {number}", connector=connector) for number, connector in enumerate(of_their_own))
    )
    async with company.read() as session:
        offered = {each.key for each in (await load_catalog(session)).applications}
    assert {f"design-{number}" for number in range(6)} <= offered
    assert "chatgpt" in offered
    assert not [line for line in await lines(company, "catalog.") if "retired" in line[0]]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"key": "figma"}, "key", "“figma” is the key of Figma already"),
        ({"name": "ChatGPT"}, "key", "“chatgpt” is the key of ChatGPT already"),
        ({"policy": "boss"}, "policy", "there is no policy “boss”"),
        ({"owner": "bot@harbour.example"}, "owner", "is a bot"),
        ({"admins": ["noor@harbour.example", "U0NOBODY"]}, "admins", "is not known to Usher"),
    ],
)
async def test_what_the_catalogue_cannot_take(company: Database, changes: Any, field: str, words: str) -> None:
    """It is said by field, and nothing is changed."""
    before = await lines(company, "")
    found = await wrong(company, **changes)
    assert list(found) == [field]
    assert words in found[field]
    assert await lines(company, "") == before
    assert await rows(company, Card) == []


async def test_a_key_that_was_retired_is_not_taken_over(company: Database) -> None:
    """Living grants still converge by what it said, so another workspace needs another key."""
    await company.write(apply_catalog, catalog=catalog_file.read("applications: []", "c.yml"), actor="shell:test")
    assert "key" in await wrong(company, key="figma", policy="default")


async def test_a_check_is_asked_for_once(company: Database) -> None:
    """Two presses are one task; an application that is not offered has none."""
    await put(company)
    for _ in range(2):
        await company.write(ask_for_check, application="chatgpt-design")
    [task] = await rows(company, Task, Task.kind == subjects.CHECK)
    assert (task.key, task.lock_key) == ("chatgpt-design", "check:chatgpt-design")
    assert await refusal(company, ask_for_check, application="nothing") is Refusal.GONE
    async with company.read() as session:
        assert await load_offered(session, "nothing") is None


async def test_what_a_check_found_is_kept(company: Database) -> None:
    """The last report is what the admins see, with what hits everybody there."""
    await company.write(keep_report, "chatgpt", (FINE,))
    await company.write(keep_report, "chatgpt", (FINE, WRONG))
    async with company.read() as session:
        story = await load_application_story(session, "chatgpt")
        every = await load_applications(session)
    assert story is not None
    assert story.findings == (FINE, WRONG)
    assert story.checked_at == company.clock.now()
    assert [each.checked_at is None for each in every] == [False, *[True] * (len(every) - 1)]
    assert len(await rows(company, HealthReport)) == 1


async def test_what_is_due_is_checked(company: Database, clock: MovableClock) -> None:
    """Once a day what works, once an hour what does not, at once what was never checked; nothing that is retired."""

    async def due() -> set[str]:
        async def done(tx: Any) -> None:
            await tx.session.execute(sa.delete(Task).where(Task.kind == subjects.CHECK))

        await company.write(done)
        await company.write(enqueue_due_checks)
        return {task.key for task in await rows(company, Task, Task.kind == subjects.CHECK)}

    every = {row.key for row in await rows(company, Application)}
    assert await due() == every
    for key in every:
        await company.write(keep_report, key, (FINE,))
    await company.write(keep_report, "figma", (FINE, WRONG))
    assert await due() == set()
    clock.advance(BAD_FOR)
    assert await due() == {"figma"}
    clock.advance(GOOD_FOR)
    await company.write(apply_catalog, catalog=catalog_file.read("applications: []", "c.yml"), actor="shell:test")
    assert await due() == set()
    assert await rows(company, Incident) == []
