"""usher chatgpt: connections, disconnect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from bot.access.operations.people import upsert_people
from bot.chatgpt_app.connections import REFRESH_LASTS, Tokens, open_connection
from storage.clock import SystemClock
from storage.database import Database
from tests.integration.chatgpt_app.conftest import PEOPLE, somebody
from tests.integration.cli.conftest import Shell
from tests.support.clock import MovableClock
from tests.support.mcp_app import served

CLIENT_ID = "https://chatgpt.com/oauth/client.json"
LENA, TOM = "lena@harbour.example", "tom@harbour.example"


async def connected(database: Database, person_id: str, resource: str = "https://usher.example/mcp") -> tuple[str, str]:
    """Somebody has connected ChatGPT: the connection's id, and its token."""
    made: tuple[str, Tokens] = await database.write(
        open_connection, person_id=person_id, client_id=CLIENT_ID, client_name="ChatGPT", resource=resource
    )
    return made[0], made[1].access


async def test_who_is_connected(usher: Shell) -> None:
    """Each with their program, since when and when last used; what is over only when one asks for it."""
    assert "Nobody has connected ChatGPT." in (await usher("chatgpt", "connections")).out
    clock = MovableClock(datetime.now(UTC) - REFRESH_LASTS)
    database = await Database.open(usher.variables["USHER_DATABASE_URL"], clock=clock, exclusive=False)
    gone = [somebody("UTOM", "Tom Okafor", active=False), *(each for each in PEOPLE if each.id != "UTOM")]
    await database.write(upsert_people, gone, complete=True)
    forgotten, _ = await connected(database, "ULENA")
    clock.advance(REFRESH_LASTS - timedelta(hours=2))
    kept, toms, guests = [(await connected(database, each))[0] for each in ("ULENA", "UTOM", "UGUEST")]
    await database.close()

    table = (await usher("chatgpt", "connections")).out.splitlines()
    assert table[0].split() == ["id", "state", "person", "program", "connected", "last", "used"]
    assert len(table) == 4
    assert kept in table[3]
    assert table[3].count("(2 h ago)") == 2
    listed = (await usher("chatgpt", "connections", "--json", "--all")).rows
    assert {row["id"]: row["state"] for row in listed} == {
        kept: "open", toms: "blocked", guests: "blocked", forgotten: "expired"
    }  # fmt: skip
    assert (listed[-2]["person"], listed[-2]["client"], listed[-2]["client_id"]) == (LENA, "ChatGPT", CLIENT_ID)
    theirs = await usher("chatgpt", "connections", "--person", LENA, "--json")
    assert [row["id"] for row in theirs.rows] == [kept]
    assert "Nobody in the directory" in (await usher("chatgpt", "connections", "--person", "x@example.com")).err
    welcome = await usher("chatgpt", "connections", "--json", variables={"USHER_CHATGPT_GUESTS": "true"})
    assert {row["id"]: row["state"] for row in welcome.rows} == {kept: "open", toms: "blocked", guests: "open"}


async def test_a_connection_that_is_ended_is_refused_at_its_next_call(usher: Shell) -> None:
    """By its id, or all of a person; the ledger says who did it, and others stay connected."""
    database = await Database.open(usher.variables["USHER_DATABASE_URL"], clock=SystemClock(), exclusive=False)
    await database.write(upsert_people, PEOPLE, complete=True)
    async with served(database) as app, httpx.AsyncClient(trust_env=False, verify=False) as http:

        async def answers(token: str) -> int:
            headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {token}"}
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            return (await http.post(app.url, json=call, headers=headers)).status_code

        first, second, third, toms = [
            await connected(database, each, app.config.resource) for each in ("ULENA", "ULENA", "ULENA", "UTOM")
        ]
        assert await answers(first[1]) == 200
        outcome = await usher("chatgpt", "disconnect", first[0])
        assert (outcome.code, outcome.out) == (0, "1 connection is ended.\n")
        assert [await answers(token) for _, token in (first, second, third)] == [401, 200, 200]
        outcome = await usher("chatgpt", "disconnect", "--person", LENA)
        assert (outcome.code, outcome.out) == (0, f"2 connections of {LENA} are ended.\n")
        assert [await answers(token) for _, token in (first, second, third, toms)] == [401, 401, 401, 200]
    await database.close()

    assert (await usher("chatgpt", "disconnect", "--person", LENA)).out == f"There is no connection of {LENA}.\n"
    again = await usher("chatgpt", "disconnect", first[0])
    assert (again.code, "`usher chatgpt connections` lists them" in again.err) == (1, True)
    assert (await usher("chatgpt", "disconnect")).code == 2
    assert (await usher("chatgpt", "disconnect", first[0], "--person", TOM)).code == 2
    ended = (await usher("chatgpt", "connections", "--all", "--json", "--person", LENA)).rows
    assert {(row["state"], row["ended_why"]) for row in ended} == {("ended", "ended")}
    ledger = (await usher("audit", "export")).out
    assert ledger.count('"chatgpt.disconnected"') == 3
    assert ledger.count('"actor":"shell:') + ledger.count('"actor": "shell:') == 3
