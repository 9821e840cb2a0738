"""A company in the database: Lena and Tom, their manager Maya, and Noor, who administers ChatGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import SlackPerson, upsert_people
from storage import audit
from storage.database import Database

CATALOG = """
policies:
  default:
    approve: [{manager: any}]
    fallback: [app_admins]
    decide_within: 3d
  either: {approve: [{users: [maya@harbour.example, noor@harbour.example]}]}
  both_stages: {approve: [{manager: any}, {app_admins: any}]}
  twice: {approve: [{manager: any}, {users: [maya@harbour.example], fresh: true}]}
  everybody: {approve: [{users: {all: [maya@harbour.example, noor@harbour.example]}}]}
  open: {auto_approve: Everybody may have this}
applications:
  - &chatgpt
    key: chatgpt
    name: ChatGPT
    admins: [noor@harbour.example]
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    durations: [7d, 30d, unlimited]
    connector: &workspace
      type: chatgpt
      transport: web_admin
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      integration_email: it@harbour.example
      secret: session
  - key: either
    name: Either
    policy: either
    durations: [7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e1a}
  - key: staged
    name: Staged
    policy: both_stages
    admins: [noor@harbour.example]
    durations: [7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e1b}
  - key: twice
    name: Twice
    policy: twice
    durations: [7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e1c}
  - key: everybody
    name: Everybody
    policy: everybody
    durations: [7d]
    connector: {<<: *workspace, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e1d}
  - {key: figma, name: Figma, admins: [noor@harbour.example], durations: [30d], connector: {type: manual}}
  - {key: open, name: Open, policy: open, durations: [7d], connector: {type: manual}}
"""


def somebody(id_: str, name: str, manager: str | None = None, **more: bool) -> SlackPerson:
    return SlackPerson(
        id=id_, name=name, email=f"{name.lower()}@harbour.example", title="", timezone="UTC", manager_id=manager,
        is_bot=more.get("is_bot", False), is_guest=more.get("is_guest", False), active=more.get("active", True),
    )  # fmt: skip


@pytest.fixture
async def company(database: Database) -> AsyncIterator[Database]:
    """The database with people and a catalogue in it; whatever a test does, its ledger is whole in the end."""
    people = [
        somebody("ULENA", "Lena", "UMAYA"),
        somebody("UTOM", "Tom", "UMAYA"),
        somebody("UMAYA", "Maya"),
        somebody("UNOOR", "Noor"),
        somebody("UGUEST", "Guest", "UMAYA", is_guest=True),
        somebody("UBOT", "Bot", is_bot=True),
    ]
    await database.write(upsert_people, people, complete=True)
    await database.write(apply_catalog, catalog=catalog_file.read(CATALOG, "catalog.yml"), actor="shell:test")
    yield database
    async with database.read() as session:
        checked = await audit.verify(session)
    assert checked.intact, checked.problem
