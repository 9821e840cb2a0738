"""A company in the database, with people who have connected ChatGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import SlackPerson, upsert_people
from storage.database import Database
from tests.support.mcp_app import Served, served

CATALOG = """
policies:
  default:
    approve: [{manager: any}]
    fallback: [app_admins]
    decide_within: 3d
  open: {auto_approve: Everybody may have this}
applications:
  - key: chatgpt
    name: ChatGPT
    description: Chat, data analysis, and the Codex agent that writes code
    tags: [ai, writing, coding]
    owner: noor@harbour.example
    admins: [noor@harbour.example]
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    durations: [7d, 14d, 30d, unlimited]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      integration_email: it@harbour.example
      secret: session
  - key: figma
    name: Figma
    description: Draw screens and prototypes together
    tags: [design, prototyping]
    owner: noor@harbour.example
    admins: [noor@harbour.example]
    durations: [30d, unlimited]
    connector: {type: manual}
  - {key: handbook, name: Handbook, policy: open, durations: [30d], connector: {type: manual},
     description: How we work here, tags: [reading]}
"""


def somebody(id_: str, name: str, manager: str | None = None, **more: bool) -> SlackPerson:
    """A person as Slack describes them."""
    return SlackPerson(
        id=id_, name=name, email=f"{name.split(maxsplit=1)[0].lower()}@harbour.example", title="", timezone="UTC",
        manager_id=manager, is_bot=more.get("is_bot", False), is_guest=more.get("is_guest", False),
        active=more.get("active", True),
    )  # fmt: skip


PEOPLE = (
    somebody("ULENA", "Lena Fischer", "UMAYA"),
    somebody("UTOM", "Tom Okafor", "UMAYA"),
    somebody("UMAYA", "Maya Lindqvist"),
    somebody("UNOOR", "Noor Haddad"),
    somebody("UGUEST", "Gus Guest", "UMAYA", is_guest=True),
)


@pytest.fixture
async def company(database: Database) -> Database:
    """The database with people and a catalogue in it."""
    await database.write(upsert_people, PEOPLE, complete=True)
    await database.write(apply_catalog, catalog=catalog_file.read(CATALOG, "catalog.yml"), actor="shell:test")
    return database


@pytest.fixture
async def app(company: Database) -> AsyncIterator[Served]:
    """The company's Usher, served."""
    async with served(company) as running:
        yield running
