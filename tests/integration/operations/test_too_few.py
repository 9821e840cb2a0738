"""Too few people who may decide: the admins are told, and told again when it is settled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.escalate import escalate
from bot.access.operations.people import upsert_people
from storage.database import Database
from storage.tables import Approval, Decision, Incident, IncidentState, RequestState
from tests.integration.operations.asking import approve, ask, count, deny, lines, rows, wish
from tests.integration.operations.conftest import CATALOG, somebody
from tests.support.clock import MovableClock

POLICIES = """\
  both: {approve: [{who: [manager, owner], need: {at_least: 2}}], escalate_after: 12h}
  above: {approve: [{manager_of_manager: any}, {owner: any}], escalate_after: 12h}
"""


@pytest.fixture
async def organisation(company: Database) -> Database:
    """Noor manages Maya; two people have to agree about Either, and only Maya is there to."""
    catalog = CATALOG.replace("applications:\n", f"{POLICIES}applications:\n", 1)
    catalog = catalog.replace("policy: either\n", "policy: both\n")
    catalog = catalog.replace("policy: twice\n", "policy: above\n    owner: tom@harbour.example\n")
    await company.write(apply_catalog, catalog=catalog_file.read(catalog, "c.yml"), actor="shell:test")
    await company.write(upsert_people, [somebody("UMAYA", "Maya", "UNOOR")], complete=False)
    return company


async def told(database: Database) -> int:
    """Open incidents."""
    return await count(database, Incident, Incident.state == IncidentState.OPEN)


async def test_a_denial_settles_that_there_were_too_few(organisation: Database) -> None:
    """One no is enough, so nobody has to look for a second person any more."""
    request = (await ask(organisation, wish("either"))).request_id
    assert await told(organisation) == 1
    assert await deny(organisation, request) is RequestState.DENIED
    assert await told(organisation) == 0


async def test_an_escalation_settles_that_there_were_too_few(organisation: Database, clock: MovableClock) -> None:
    """Somebody was found after all, and both can decide it."""
    request = (await ask(organisation, wish("either"))).request_id
    clock.advance(timedelta(hours=12))
    await organisation.write(escalate, request_id=request)
    assert await told(organisation) == 0
    await approve(organisation, request)
    assert await approve(organisation, request, "UNOOR") is RequestState.APPROVED


async def test_an_escalation_asks_nobody_who_has_agreed_before(organisation: Database, clock: MovableClock) -> None:
    """A yes at an earlier stage is neither asked for twice, nor an answer for somebody who gives none."""
    request = (await ask(organisation, wish("twice"))).request_id
    assert await approve(organisation, request, "UNOOR") is RequestState.PENDING
    clock.advance(timedelta(hours=12))
    await organisation.write(escalate, request_id=request)
    asked = [(each.stage, each.approver_id, each.decision) for each in await rows(organisation, Approval)]
    assert asked == [(0, "UNOOR", Decision.APPROVED), (1, "UTOM", None)]
    assert await lines(organisation, "request.escalated") == [], "nobody was asked, so nothing is said"
