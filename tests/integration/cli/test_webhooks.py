"""usher webhook: list, deliveries, replay, test."""

from __future__ import annotations

from aiohttp import web

from bot.access.operations.deliveries import gather
from storage.clock import SystemClock
from storage.database import Database, Transaction
from tests.integration.cli import house
from tests.integration.cli.conftest import Shell
from tests.support.receiver import SECRET, receiving

CATALOG = """\
applications:
  - {{key: chatgpt, name: ChatGPT, connector: {{type: manual}}}}
  - {{key: figma, name: Figma, connector: {{type: manual}}}}
webhooks:
  - key: siem
    url: "{url}?token=hush"
    secret: listener
    events: [grant.*]
"""


async def apply(usher: Shell, url: str) -> str:
    usher.variables["USHER_SECRET_LISTENER"] = SECRET
    usher.write("c.yml", CATALOG.format(url=url))
    outcome = await usher("catalog", "apply", "c.yml")
    assert outcome.code == 0, outcome.err
    return outcome.out


async def something_happened(tx: Transaction) -> None:
    tx.record("grant.active", actor="usher", subject=f"grant:{house.ACTIVE}")


async def happen(usher: Shell) -> None:
    database = await Database.open(usher.variables["USHER_DATABASE_URL"], clock=SystemClock())
    await database.write(something_happened)
    await database.write(gather, key="siem")
    await database.close()


async def test_a_trial_is_signed_and_its_answer_printed(furnished: Shell) -> None:
    """Whoever sets an endpoint up sees at once whether it takes what Usher sends."""
    async with receiving() as receiver:
        assert "hush" not in await apply(furnished, receiver.url)
        outcome = await furnished("webhook", "test", "siem")
        assert (outcome.code, outcome.err) == (0, "")
        assert "thank you" in outcome.out
        assert "siem took the event: it answered 200" in outcome.out
        [received] = receiver.received
        assert (received.signed, received.event["type"]) == (True, "ping")
        receiver.answer = lambda _: web.Response(status=401, text="who are you?")
        outcome = await furnished("webhook", "test", "siem")
        assert outcome.code == 1
        assert "it answered 401" in outcome.err
    outcome = await furnished("webhook", "test", "nonsense")
    assert (outcome.code, "There is no webhook nonsense" in outcome.err) == (1, True)


async def test_the_log_and_sending_again(furnished: Shell) -> None:
    """What waits is listed; one, or all of a time, is sent again; mistakes are told in words."""
    assert "The catalogue has no webhooks." in (await furnished("webhook", "list")).out
    await apply(furnished, "https://siem.example.com/usher")
    await happen(furnished)
    [webhook] = (await furnished("webhook", "list", "--json")).rows
    assert (webhook["id"], webhook["state"], webhook["waiting"]) == ("siem", "ok", 1)
    assert webhook["url"] == "https://siem.example.com/usher?…"
    for filters, found in ((), 1), (("--state", "failed"), 0), (("--webhook", "siem", "--state", "waiting"), 1):
        assert len((await furnished("webhook", "deliveries", "--json", *filters)).rows) == found
    [delivery] = (await furnished("webhook", "deliveries", "--json")).rows
    assert (delivery["type"], delivery["tries"]) == ("grant.active", [])
    again = await furnished("webhook", "replay", delivery["id"])
    assert (again.code, again.out) == (0, "1 event will be sent once more.\n")
    again = await furnished("webhook", "replay", "--since", "2h", "--webhook", "siem")
    assert again.out == "1 event will be sent once more.\n"
    assert '"webhook.replayed"' in (await furnished("audit", "export")).out
    assert (await furnished("webhook", "replay", "nonsense")).code == 1
    assert (await furnished("webhook", "replay", "--since", "2h", "--webhook", "nonsense")).code == 1
    for wrong in ((), ("--since", "2h"), (delivery["id"], "--since", "2h", "--webhook", "siem")):
        assert (await furnished("webhook", "replay", *wrong)).code == 2
    assert (await furnished("webhook", "deliveries", "--state", "nonsense")).code == 2


async def test_the_door_of_a_command(furnished: Shell) -> None:
    """What an admin does in a shell says so in the ledger."""
    await furnished("grant", "revoke", house.ACTIVE, "--reason", "Contract ended")
    assert '\\"door\\":\\"shell\\"' in (await furnished("audit", "export")).out
