"""What is told to webhooks, taken out and pruned at the moment in which somebody adds to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.cancel import cancel
from bot.access.operations.comment import comment
from bot.access.operations.deliveries import Try, gather, lock_webhook, note_try
from bot.access.operations.erase_person import StillNeeded, erase_person
from bot.access.operations.people import upsert_people
from bot.access.operations.prune import prune
from bot.access.refusals import Refusal, Refused
from storage.database import Database
from storage.tables import AccessRequest, Comment, DeliveryState, Task, TaskState, Webhook, WebhookDelivery
from tests.integration.operations.asking import ask, rows, wish
from tests.integration.operations.conftest import CATALOG, somebody
from tests.support.clock import MovableClock
from tests.support.replicas import another_replica, held_up

pytestmark = pytest.mark.postgres

TOLD = f"""{CATALOG}
webhooks:
  - {{key: crm, url: "https://crm.example/x", secret: crm, events: ["request.*"]}}
"""
DAY = timedelta(days=1)


async def apply(company: Database, catalog: str) -> None:
    await company.write(apply_catalog, catalog=catalog_file.read(catalog, "catalog.yml"), actor="shell:test")


async def cancelled(company: Database, who: str = "ULENA") -> str:
    """A request that is over; returns its id."""
    asked = await ask(company, wish(for_=who), by=who)
    await company.write(cancel, request_id=asked.request_id, actor=who)
    return asked.request_id


# -- told --------------------------------------------------------------------------------------------------------------
async def test_what_a_webhook_was_to_be_told_when_it_is_taken_out_is_given_up(company: Database) -> None:
    """Whoever gathers for it meanwhile leaves nothing that waits for ever."""
    await apply(company, TOLD)
    await ask(company)
    async with another_replica(company) as tx:
        await gather(tx, key="crm")
        taking_out = await held_up(company, apply(company, CATALOG))
    await taking_out
    assert await rows(company, Webhook) == []
    assert {delivery.state for delivery in await rows(company, WebhookDelivery)} == {DeliveryState.FAILED}


async def test_whom_a_webhook_is_about_to_be_told_of_is_not_erased_yet(company: Database) -> None:
    """An erasure waits for whoever gathers events, and sees that some are about this person."""
    await apply(company, TOLD)
    await cancelled(company, "UTOM")
    await company.write(upsert_people, [somebody("UTOM", "Tom", "UMAYA", active=False)], complete=False)
    async with another_replica(company) as tx:
        await gather(tx, key="crm")
        erasing = await held_up(company, company.write(erase_person, person_id="UTOM", admins=(), actor="shell:test"))
    with pytest.raises(StillNeeded, match="events about them wait for a webhook"):
        await erasing


async def test_what_came_of_a_try_waits_for_its_webhook_before_it_holds_anything(company: Database) -> None:
    """So that it and whoever changes the webhook with all that it is to be told never wait for each other."""
    await apply(company, TOLD)
    await ask(company)
    await company.write(gather, key="crm")
    [delivery] = await rows(company, WebhookDelivery)
    tried = Try(error=None, status=200, after=None, seconds=0.1)
    noting = company.write(note_try, delivery_id=delivery.id, tried=tried, back_off=lambda _: DAY)
    async with another_replica(company) as tx:
        await lock_webhook(tx, "crm")
        noted = await held_up(company, noting)
        await tx.execute(sa.select(WebhookDelivery.id).with_for_update(nowait=True))
    await noted
    assert [delivery.state for delivery in await rows(company, WebhookDelivery)] == [DeliveryState.DELIVERED]


# -- pruned ------------------------------------------------------------------------------------------------------------
async def long_over(company: Database, clock: MovableClock) -> str:
    """A request that may be pruned; returns its id."""
    request_id = await cancelled(company)
    done = sa.update(Task).values(state=TaskState.DONE, finished_at=clock.now())
    await company.write(lambda tx: tx.execute(done))
    clock.advance(400 * DAY)
    return request_id


async def test_a_comment_that_comes_before_its_request_is_pruned_goes_with_it(
    company: Database, clock: MovableClock
) -> None:
    """Pruning waits for whoever writes it, and does not fail."""
    request_id = await long_over(company, clock)
    async with another_replica(company) as tx:
        await comment(tx, request_id=request_id, author_id="ULENA", text="hello", origin="m1")
        pruning = await held_up(company, prune(company, before=clock.now() - 300 * DAY))
    assert (await pruning)["requests"] == 1
    assert (await rows(company, AccessRequest), await rows(company, Comment)) == ([], [])


async def test_a_comment_that_comes_after_its_request_was_pruned_is_refused(
    company: Database, clock: MovableClock
) -> None:
    """Its author reads that the request is gone."""
    request_id = await long_over(company, clock)
    async with another_replica(company) as tx:
        await tx.execute(sa.text("LOCK TABLE comments IN SHARE MODE"))
        pruning = await held_up(company, prune(company, before=clock.now() - 300 * DAY))
        words = {"author_id": "ULENA", "text": "hello", "origin": "m1"}
        saying = await held_up(company, company.write(comment, request_id=request_id, **words))
    await pruning
    with pytest.raises(Refused) as refused:
        await saying
    assert refused.value.refusal is Refusal.GONE
