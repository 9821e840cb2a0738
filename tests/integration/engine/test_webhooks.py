"""Webhooks: every line of the ledger about a request or a grant reaches every endpoint that wants it, signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from aiohttp import web

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.deliveries import DOWN, KEEP, TRY_FOR, gather, purge
from bot.access.operations.replay_events import replay, replay_failed, replay_since
from bot.access.refusals import Refused
from bot.connectors.http import new_http_client
from bot.engine.dispatcher import Dispatcher
from bot.engine.webhooks import Webhooks
from bot.engine.work import Done, Outcome
from storage.database import Database, Transaction
from storage.secrets import SecretStore
from storage.tables import (
    AccessRequest,
    Application,
    DeliveryState,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    LedgerLine,
    Person,
    Policy,
    RequestState,
    Task,
    Webhook,
    WebhookDelivery,
)
from storage.task_queue import ClaimedTask
from tests.support.clock import START, MovableClock
from tests.support.receiver import SECRET, Receiver, receiving
from tests.support.waiting import until

ENVIRONMENT = {"USHER_SECRET_LISTENER": SECRET, "USHER_SECRET_SHORT": "short"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PATIENCE = 60.0


async def furnish(tx: Transaction) -> None:
    """Lena asked for ChatGPT and has it."""
    for id_, name in (("ULENA", "lena"), ("UMAYA", "maya")):
        tx.session.add(Person(id=id_, email=f"{name}@harbour.example", name=name.title(), updated_at=tx.now))
    tx.session.add(Policy(key="default", document={"approve": [{"manager": "any"}]}))
    await tx.session.flush()
    document = {"key": "chatgpt", "name": "ChatGPT", "connector": {"type": "manual"}}
    tx.session.add(Application(key="chatgpt", name="ChatGPT", policy_key="default", document=document, position=0))
    await tx.session.flush()
    tx.session.add(
        AccessRequest(
            id="R1", requester_id="ULENA", beneficiary_id="ULENA", application="chatgpt", role="member",
            seat_type="codex", duration_seconds=7 * 86_400, reason="to try it", channel="slack",
            state=RequestState.APPROVED, rules={}, created_at=tx.now, expires_at=tx.now + 3 * DAY,
        )
    )  # fmt: skip
    await tx.session.flush()
    tx.session.add(
        Grant(
            id="G1", request_id="R1", beneficiary_id="ULENA", application="chatgpt", role="member", seat_type="codex",
            duration_seconds=7 * 86_400, state=GrantState.ACTIVE, created_at=tx.now, starts_at=tx.now,
            ends_at=tx.now + 7 * DAY,
        )
    )  # fmt: skip


def catalog(*webhooks: str) -> str:
    applications = "applications: [{key: chatgpt, name: ChatGPT, connector: {type: manual}}]"
    return "\n".join([applications, "webhooks:", *(f"  - {{{webhook}}}" for webhook in webhooks)])


async def listen(database: Database, *webhooks: str) -> None:
    await database.write(apply_catalog, catalog=catalog_file.read(catalog(*webhooks), "c.yml"), actor="shell:test")


def entry(receiver: Receiver, key: str = "siem", **more: str) -> str:
    written = {"key": key, "url": f'"{receiver.url}"', "secret": "listener", **more}
    return ", ".join(f"{name}: {value}" for name, value in written.items())


async def record(tx: Transaction, event: str = "grant.active", subject: str = "grant:G1", **data: object) -> None:
    tx.record(event, actor="UMAYA", subject=subject, **data)


class Other:
    """Other work of the dispatcher."""

    async def run(self, _task: ClaimedTask) -> Outcome:
        self.ran = True
        return Done()


@asynccontextmanager
async def telling(database: Database) -> AsyncIterator[Dispatcher]:
    async with new_http_client(trust_env=False) as http:
        webhooks = Webhooks(database, http, SecretStore(database, None, ENVIRONMENT))
        other = Other()
        dispatcher = Dispatcher(database, {"webhook": webhooks.tell, "cards": other.run, "other": other.run})
        running = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            await dispatcher.stop(within=1)
            await running


@pytest.fixture
async def house(database: Database) -> Database:
    await database.write(furnish)
    return database


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as it:
        yield it


async def deliveries(database: Database, state: DeliveryState | None = None) -> list[WebhookDelivery]:
    query = sa.select(WebhookDelivery).order_by(WebhookDelivery.seq)
    async with database.read() as session:
        return list(await session.scalars(query if state is None else query.where(WebhookDelivery.state == state)))


async def webhook(database: Database, key: str = "siem") -> Webhook:
    async with database.read() as session:
        return await session.get_one(Webhook, key)


async def incidents(database: Database, state: IncidentState = IncidentState.OPEN) -> list[Incident]:
    async with database.read() as session:
        return list(await session.scalars(sa.select(Incident).where(Incident.state == state)))


#: far less than a lease, so that what was claimed just now keeps its own
A_MOMENT = timedelta(seconds=5)


async def passes(
    database: Database,
    clock: MovableClock,
    dispatcher: Dispatcher,
    condition: Callable[[], Awaitable[object]],
    *,
    by: timedelta = timedelta(minutes=15),
) -> None:
    """Time passes, so much whenever nothing runs, until the condition holds."""

    async def held() -> object:
        async with database.read() as session:
            if await session.scalar(sa.select(Task.id).where(Task.owner.is_not(None))):
                return False  # a lease would seem to be over
        clock.advance(by)
        dispatcher.nudge()
        await asyncio.sleep(0.02)
        return await condition()

    await until(held, within=PATIENCE)


async def test_an_event_arrives_signed_with_what_a_listener_needs(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """The line of the ledger, the facts of the request and the grant, and who did it."""
    await listen(house, entry(receiver))
    await house.through("slack").write(record, "grant.ending", why="revoked")
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: receiver.received, within=PATIENCE)
    [received] = receiver.received
    event = received.event
    assert received.signed
    assert received.timestamp == int(clock.now().timestamp())
    assert (received.id, event["type"], event["at"]) == (event["id"], "grant.ending", "2030-01-07T09:00:00.000000Z")
    data = event["data"]
    assert data["actor"] == {"id": "UMAYA", "email": "maya@harbour.example"}
    assert (data["state"], data["details"]) == ("ending", {"why": "revoked", "door": "slack"})
    assert (data["grant"]["id"], data["grant"]["ends_at"]) == ("G1", "2030-01-14T09:00:00.000000Z")
    assert data["request"]["beneficiary"] == {"id": "ULENA", "email": "lena@harbour.example"}
    assert (data["request"]["role"], data["request"]["seat_type"]) == ("member", "codex")
    [delivery] = await deliveries(house)
    assert (delivery.state, [each["status"] for each in delivery.tries]) == (DeliveryState.DELIVERED, [200])


async def test_all_of_a_ledger_arrives_once_and_in_order(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """However many at once decide: no event is left out, none comes twice, nothing else is told."""
    await listen(house, entry(receiver))
    await asyncio.gather(*(house.write(record, stage=number) for number in range(60)))
    await house.write(record, "person.left", "person:ULENA")
    await house.write(record, "request.approved", "request:R1", grant="G1")
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: len(receiver.received) >= 61, within=PATIENCE)
    async with house.read() as session:
        wanted = await session.scalars(
            sa.select(LedgerLine.seq).where(LedgerLine.subject.in_(["grant:G1", "request:R1"])).order_by(LedgerLine.seq)
        )
        assert receiver.numbers == list(wanted)
    assert len({received.id for received in receiver.received}) == 61


async def test_each_endpoint_gets_what_it_wants(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """A family, exact events, or everything; and nothing from before it was added."""
    await house.write(record, "grant.active")
    async with receiving() as hr:
        await listen(house, entry(receiver), entry(hr, "hr", events="[request.*, grant.ended]"))
        for event in ("request.approved", "grant.active", "grant.ended"):
            await house.write(record, event, "request:R1" if event.startswith("request") else "grant:G1")
        clock.advance(timedelta(seconds=1))
        async with telling(house):
            await until(lambda: len(receiver.received) + len(hr.received) >= 5, within=PATIENCE)
        assert receiver.events == ["request.approved", "grant.active", "grant.ended"]
        assert hr.events == ["request.approved", "grant.ended"]
        assert [each.id for each in hr.received] == [receiver.received[0].id, receiver.received[2].id]


async def test_what_an_endpoint_does_not_take_is_tried_again(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """Later and later; with the same id, a new time and a new signature; and the log has every try."""
    receiver.answer = lambda _: web.Response(status=500)
    await listen(house, entry(receiver))
    await house.write(record)
    async with telling(house) as dispatcher:
        await passes(house, clock, dispatcher, lambda: _tried(house, 3), by=A_MOMENT)
        receiver.answer = lambda _: web.Response()
        await passes(house, clock, dispatcher, lambda: deliveries(house, DeliveryState.DELIVERED), by=A_MOMENT)
    assert len({received.id for received in receiver.received}) == 1
    assert len({received.timestamp for received in receiver.received}) == len(receiver.received)
    assert all(received.signed for received in receiver.received)
    [delivery] = await deliveries(house)
    assert [each["error"] for each in delivery.tries][-4:] == [*["it answered 500"] * 3, None]
    assert (await webhook(house)).failing_since is None


async def _tried(database: Database, times: int) -> bool:
    found = await deliveries(database)
    return bool(found) and all(len(delivery.tries) >= times for delivery in found)


async def test_an_event_that_cannot_be_taken_does_not_block_the_others(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """One poisoned event fails for itself; what comes after it arrives at once."""
    await listen(house, entry(receiver))
    receiver.answer = lambda event: web.Response(status=500 if event["data"]["details"].get("poison") else 200)
    await house.write(record, poison=True)
    async with telling(house) as dispatcher:
        clock.advance(timedelta(seconds=1))
        for number in range(5):
            await house.write(record, number=number)
            clock.advance(timedelta(seconds=1))
            dispatcher.nudge()
            await until(lambda number=number: _delivered(house, number + 1), within=PATIENCE)
    [poisoned] = await deliveries(house, DeliveryState.WAITING)
    assert json.loads(poisoned.body)["data"]["details"]["poison"] is True
    assert (await webhook(house)).paused_until is None


async def _delivered(database: Database, count: int) -> bool:
    return len(await deliveries(database, DeliveryState.DELIVERED)) >= count


async def test_an_endpoint_that_is_down_is_left_alone(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """After some events came to nothing it is not called for each; when it is back, all arrive."""
    receiver.answer = lambda _: web.Response(status=503)
    await listen(house, entry(receiver))
    for number in range(20):
        await house.write(record, number=number)
    clock.advance(timedelta(seconds=1))
    async with telling(house) as dispatcher:
        await until(lambda: len(receiver.received) >= DOWN, within=PATIENCE)
        await until(lambda: _is_paused(house), within=PATIENCE)
        for _ in range(20):
            await house.write(record)
            dispatcher.nudge()
            await asyncio.sleep(0.01)
        assert len(receiver.received) == DOWN
        receiver.answer = lambda _: web.Response()
        await passes(house, clock, dispatcher, lambda: _delivered(house, 40))
    assert (await webhook(house)).failures == 0


async def _is_paused(database: Database) -> bool:
    return (await webhook(database)).paused_until is not None


async def test_retry_after_is_honoured(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """An endpoint that asks for three hours gets them."""
    receiver.answer = lambda _: web.Response(status=429, headers={"Retry-After": "10800"})
    await listen(house, entry(receiver))
    await house.write(record)
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: _is_paused(house), within=PATIENCE)
    [delivery] = await deliveries(house)
    assert (await webhook(house)).paused_until == delivery.next_try_at == clock.now() + 3 * HOUR


async def test_after_a_day_it_is_given_up_and_the_admins_are_told(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """The incident says what to do; Try again sends all of it once more, and what works closes the incident."""
    receiver.answer = lambda _: web.Response(status=502)
    await listen(house, entry(receiver, url=f'"{receiver.url}?token=hush"'))
    for number in range(6):
        await house.write(record, number=number)
    async with telling(house) as dispatcher:
        await passes(house, clock, dispatcher, lambda: _failed(house, 6))
        assert TRY_FOR <= clock.now() - START < TRY_FOR + 4 * HOUR
        [incident] = await incidents(house)
        assert "could not be delivered to the webhook “siem”" in incident.explanation
        assert "it answered 502" in incident.explanation
        assert "hush" not in incident.explanation
        receiver.answer = lambda _: web.Response()
        receiver.received.clear()
        await house.write(replay_failed, key="siem", actor="UNOOR")
        await until(lambda: _delivered(house, 6), within=PATIENCE)
    assert [received.path for received in receiver.received] == ["/usher?token=hush"] * 6
    assert await incidents(house) == []


async def _failed(database: Database, count: int) -> bool:
    return len(await deliveries(database, DeliveryState.FAILED)) >= count


async def test_an_endpoint_that_has_gone_is_not_tried_again(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """410 means for good: the event is given up at once, and the admins are told."""
    receiver.answer = lambda _: web.Response(status=410)
    await listen(house, entry(receiver))
    await house.write(record)
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: _failed(house, 1), within=PATIENCE)
    assert len(await incidents(house)) == 1
    assert len(receiver.received) == 1


async def test_a_redirect_is_not_followed(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """What is signed for one address is sent to no other."""
    async with receiving() as stranger:
        receiver.answer = lambda _: web.Response(status=307, headers={"Location": stranger.url})
        await listen(house, entry(receiver))
        await house.write(record)
        clock.advance(timedelta(seconds=1))
        async with telling(house):
            await until(lambda: _tried(house, 1), within=PATIENCE)
        assert stranger.received == []
    [delivery] = await deliveries(house)
    assert delivery.error == "it answered 307, and redirects are not followed"


@pytest.mark.parametrize(
    ("secret", "why"), [("nowhere", "there is no secret “nowhere”"), ("short", "the secret is too short")]
)
async def test_nothing_is_sent_without_a_good_secret(
    house: Database, clock: MovableClock, receiver: Receiver, secret: str, why: str
) -> None:
    """An event that nobody can verify is worth nothing: it waits for the secret."""
    await listen(house, entry(receiver, secret=secret))
    await house.write(record)
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: _tried(house, 1), within=PATIENCE)
    [delivery] = await deliveries(house)
    assert why in (delivery.error or "")
    assert receiver.received == []


async def test_an_endpoint_that_hangs_keeps_nobody_waiting(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """Neither other endpoints nor other work wait for it."""
    receiver.hanging = asyncio.Event()
    async with receiving() as other:
        await listen(house, entry(receiver), entry(other, "hr"))
        for number in range(30):
            await house.write(record, number=number)
        clock.advance(timedelta(seconds=1))
        async with telling(house):
            await until(lambda: receiver.received, within=PATIENCE)
            await until(lambda: len(other.received) == 30, within=PATIENCE)
            assert len(receiver.received) == 1
            receiver.hanging.set()


async def test_a_process_that_died_after_the_call_sends_it_once_more_with_the_same_id(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """At least once: the receiver knows the second by its id."""
    receiver.hanging = asyncio.Event()
    await listen(house, entry(receiver))
    await house.write(record)
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: receiver.received, within=PATIENCE)
    assert [each.tries for each in await deliveries(house)] == [[]]
    receiver.hanging.set()
    async with telling(house):
        await until(lambda: _delivered(house, 1), within=PATIENCE)
    assert len(receiver.received) == 2
    assert len({received.id for received in receiver.received}) == 1


async def test_events_are_sent_again_by_hand(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """One, or everything of a time: also what was delivered, and what happened before the webhook was added."""
    await house.write(record, "grant.invited")
    clock.advance(3 * HOUR)
    await house.write(record, "grant.active")
    await listen(house, entry(receiver))
    clock.advance(timedelta(minutes=1))
    await house.write(record, "grant.ended")
    clock.advance(timedelta(minutes=1))
    async with telling(house):
        await until(lambda: receiver.events == ["grant.ended"], within=PATIENCE)
        await until(lambda: _delivered(house, 1), within=PATIENCE)
        since = clock.now() - 2 * HOUR
        assert await house.write(replay_since, key="siem", since=since, actor="shell:ada") == 2
        await until(lambda: sorted(receiver.events[1:]) == ["grant.active", "grant.ended"], within=PATIENCE)
        await until(lambda: _delivered(house, 2), within=PATIENCE)
        await house.write(replay, delivery_id=(await deliveries(house))[0].id, actor="shell:ada")
        await until(lambda: receiver.events[3:] == ["grant.active"], within=PATIENCE)
    assert receiver.received[0].id in {received.id for received in receiver.received[1:3]}
    for wrong in ({"delivery_id": "nonsense"},):
        with pytest.raises(Refused):
            await house.write(replay, **wrong, actor="shell:ada")
    with pytest.raises(Refused):
        await house.write(replay_since, key="nonsense", since=since, actor="shell:ada")


async def test_the_catalogue_can_be_applied_again_and_the_query_stays_out_of_the_ledger(
    house: Database, receiver: Receiver
) -> None:
    """A webhook is data: added, changed, taken out, each with its line; a credential in the address is in none."""
    await listen(house, entry(receiver, url=f'"{receiver.url}?token=hush"'))
    await listen(house, entry(receiver, url=f'"{receiver.url}?token=hush"'))
    await listen(house, entry(receiver, url=f'"{receiver.url}?token=other"', events="[grant.ended]"))
    await house.write(record, "grant.ended")
    await house.write(gather, key="siem")
    await house.write(
        apply_catalog, catalog=catalog_file.read(catalog()[: catalog().index("webhooks")], "c"), actor="x"
    )
    async with house.read() as session:
        lines = list(await session.scalars(sa.select(LedgerLine).where(LedgerLine.event.startswith("catalog.webhook"))))
    assert [line.event for line in lines] == [
        "catalog.webhook_added",
        "catalog.webhook_changed",
        "catalog.webhook_removed",
    ]
    assert not any("hush" in line.data or "other" in line.data for line in lines)
    [delivery] = await deliveries(house)
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "The webhook was taken out of the catalogue.")


async def test_the_log_is_kept_for_thirty_days(house: Database, clock: MovableClock, receiver: Receiver) -> None:
    """What is older is forgotten, what is younger is not."""
    await listen(house, entry(receiver))
    await house.write(record)
    clock.advance(timedelta(seconds=1))
    async with telling(house):
        await until(lambda: _delivered(house, 1), within=PATIENCE)
    clock.advance(KEEP - HOUR)
    await house.write(purge)
    assert len(await deliveries(house)) == 1
    clock.advance(2 * HOUR)
    await house.write(purge)
    assert await deliveries(house) == []


async def test_answers_are_read_no_further_than_needed(
    house: Database, clock: MovableClock, receiver: Receiver
) -> None:
    """An endpoint that answers without end does not fill the memory."""
    receiver.answer = lambda _: web.Response(body=b"x" * 5_000_000)
    await listen(house, entry(receiver))
    async with new_http_client(trust_env=False) as http:
        webhooks = Webhooks(house, http, SecretStore(house, None, ENVIRONMENT))
        [listener] = catalog_file.read(catalog(entry(receiver)), "c").webhooks
        answered = await webhooks.send(listener, id_="E1", body='{"type":"ping"}')
    assert (answered.tried.status, len(answered.said)) == (200, 4096)


async def test_an_address_that_nobody_listens_at(house: Database) -> None:
    """The error says so, without the address's query."""
    async with httpx.AsyncClient() as http:
        webhooks = Webhooks(house, http, SecretStore(house, None, ENVIRONMENT))
        text = catalog('key: gone, url: "http://127.0.0.1:1/?token=hush", secret: listener')
        [listener] = catalog_file.read(text, "c").webhooks
        answered = await webhooks.send(listener, id_="E1", body="{}")
    assert (answered.tried.error or "").startswith("it cannot be reached")
    assert "hush" not in (answered.tried.error or "")
