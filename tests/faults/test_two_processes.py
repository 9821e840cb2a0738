"""Two Ushers at once: as replicas over PostgreSQL, and by mistake on one SQLite file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from sandbox import company
from storage.tables import Decision
from tests.support.harbour import Harbour

PAIRS = 4


@pytest.mark.postgres
async def test_two_approvers_press_at_once_and_each_reaches_another_process(
    postgresql_url: str, tmp_path: Path
) -> None:
    """One grant, one invite, and no buttons on either card; whoever was later is told so."""
    async with Harbour.open(tmp_path, postgresql_url, policy="either") as harbour:
        maya, tom = harbour.person(company.MAYA), harbour.person(company.TOM)
        crew = [harbour.hire(number) for number in range(PAIRS)]
        second = harbour.another_usher()
        await asyncio.gather(harbour.start(), second.start())
        try:
            for employee in crew:
                await harbour.submit(employee.who)
            cards = [
                (await harbour.card(maya, employee.who), await harbour.card(tom, employee.who)) for employee in crew
            ]
            await harbour.at_rest()
            presses = [
                harbour.press_at(url, who, "Approve", card)
                for pair in cards
                for url, who, card in zip((harbour.usher.url, second.url), (maya, tom), pair, strict=True)
            ]
            delivered = await asyncio.gather(*presses)
            assert [delivery.error for delivery in delivered] == [None] * 2 * PAIRS
            await harbour.invited(*crew)
        finally:
            await second.kill()

        assert sorted(grant.beneficiary_id for grant in await harbour.grants()) == [one.who.id for one in crew]
        assert [harbour.invites_sent(employee.email) for employee in crew] == [1] * PAIRS
        for approver in (maya, tom):
            shown = [message for message in harbour.told(approver) if "asks for" in message.shown]
            assert len(shown) == PAIRS
            assert [message.buttons for message in shown if message.buttons] == []
        too_late = [message for who in (maya, tom) for message in harbour.told(who) if message.visible_to is not None]
        votes = [vote.decision for vote in await harbour.votes()]
        assert votes.count(Decision.APPROVED) == PAIRS
        assert len(too_late) == PAIRS
        await harbour.demand_whole_ledger()


async def test_a_second_usher_on_one_sqlite_file_is_refused(harbour: Harbour) -> None:
    """One sentence that says what to do, exit code 1, and the first one does not notice."""
    await harbour.start()
    second = harbour.another_usher()
    await second.launch()
    assert await second.exit_code() == 1
    (sentence,) = second.lines
    assert "Another Usher is running on this database file" in sentence
    assert "PostgreSQL" in sentence
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{harbour.usher.url}/readyz")
    assert answer.json() == {"ready": True, "missing": []}
