"""The MCP server's door, its manners, and how its tools introduce themselves."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from limits import RateLimitItemPerMinute
from mcp import MCPError
from mcp_types import INVALID_PARAMS
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.access.operations.people import upsert_people
from bot.chatgpt_app.component import CATALOG_URI, REQUEST_URI
from bot.chatgpt_app.connections import ACCESS_LASTS, SCOPE, end_connection
from bot.chatgpt_app.door import Door
from bot.chatgpt_app.server import INSTRUCTIONS
from bot.serving import listen, serving
from storage.clock import Clock
from storage.database import Database
from storage.tables import AccessRequest, Connection, ConnectionEnd
from tests.integration.chatgpt_app.conftest import PEOPLE, somebody
from tests.support.clock import MovableClock
from tests.support.mcp_app import ERAS, Served, served, text_of

TOOLS = {
    "list_apps", "get_app", "request_access", "list_my_access", "list_my_requests", "get_request", "cancel_request",
    "give_back_access", "extend_access", "get_profile", "search", "fetch",
}  # fmt: skip
READS = {"list_apps", "get_app", "list_my_access", "list_my_requests", "get_request", "get_profile", "search", "fetch"}
TAKES_AWAY = {"cancel_request", "give_back_access"}


def posted(token: str | None = None, **headers: str) -> dict[str, str]:
    """The headers of a call."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return {"Accept": "application/json, text/event-stream", **bearer, **headers}


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """A call as a 2025-11-25 client without a session makes it."""
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


async def post(app: Served, body: Any, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as http:
        return await http.post(app.url, json=body, headers=headers)


# -- how tools introduce themselves ------------------------------------------------------------------------------------
async def test_every_descriptor_says_what_chatgpt_wants_to_know(app: Served) -> None:
    """Title, when to use it, described parameters, an output schema, three hints, the scope, and short status texts."""
    listed = await post(app, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, **posted(await app.token("ULENA")))
    tools = {tool["name"]: tool for tool in listed.json()["result"]["tools"]}
    assert tools.keys() == TOOLS
    schemes = [{"type": "oauth2", "scopes": [SCOPE]}]
    for name, tool in tools.items():
        assert tool["title"]
        assert tool["description"].startswith("Use this when "), name
        assert tool["securitySchemes"] == tool["_meta"]["securitySchemes"] == schemes
        assert tool["annotations"] == {
            "readOnlyHint": name in READS,
            "destructiveHint": name in TAKES_AWAY,
            "idempotentHint": True,
            "openWorldHint": False,
        }
        for status in ("invoking", "invoked"):
            assert 0 < len(tool["_meta"][f"openai/toolInvocation/{status}"]) <= 64
        assert tool["outputSchema"]["type"] == "object"
        assert tool["outputSchema"]["additionalProperties"] is False
        for parameter in tool["inputSchema"].get("properties", {}).values():
            assert parameter["description"]
    assert {name: tool["_meta"]["ui"]["resourceUri"] for name, tool in tools.items() if "ui" in tool["_meta"]} == {
        "list_apps": CATALOG_URI,
        "request_access": REQUEST_URI,
        "get_request": REQUEST_URI,
    }
    assert [name for name, tool in tools.items() if tool["_meta"].get("openai/profile")] == ["get_profile"]
    assert tools["get_profile"]["inputSchema"].get("properties", {}) == {}
    assert tools["search"]["inputSchema"]["required"] == ["query"]
    assert tools["fetch"]["inputSchema"]["required"] == ["id"]
    assert set(tools["request_access"]["inputSchema"]["required"]) == {"app", "reason"}


@pytest.mark.parametrize("era", ERAS)
async def test_both_eras_see_the_same_tools(app: Served, era: str) -> None:
    """In the same order each time; and what the model has to know first fits where it is sure to be read."""
    async with app.client("ULENA", era=era) as client:
        first, second = await client.list_tools(), await client.list_tools()
        assert client.instructions == INSTRUCTIONS
        assert client.protocol_version == ERAS[era]
    assert {tool.name for tool in first.tools} == TOOLS
    assert [tool.name for tool in first.tools] == [tool.name for tool in second.tools]
    assert len(INSTRUCTIONS) <= 512


@pytest.mark.parametrize("era", ERAS)
async def test_there_are_no_prompts(app: Served, era: str) -> None:
    """Whoever asks for one made a mistake of their own: they are told so, and the log stays silent."""
    async with app.client("ULENA", era=era) as client:
        with capture_logs() as logs, pytest.raises(MCPError, match="There is no prompt “x” here") as error:
            await client.get_prompt("x", {})
    assert (error.value.code, logs) == (INVALID_PARAMS, [])


async def test_whitespace_around_a_header_is_no_part_of_it(app: Served) -> None:
    """RFC 9110, section 5.5: a client of 2026-07-28 names the method in a header, and it may have spaces around it."""
    token = await app.token("ULENA")
    meta = {f"io.modelcontextprotocol/{key}": value for key, value in (
        ("protocolVersion", "2026-07-28"), ("clientInfo", {"name": "c", "version": "1"}), ("clientCapabilities", {})
    )}  # fmt: skip
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}

    def answered(method: str) -> int:
        headers = posted(token, **{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method})
        there = HTTPConnection(urlsplit(app.url).netloc, timeout=60)  # httpx sends no such thing
        try:
            there.request("POST", "/mcp", json.dumps(body), headers | {"Content-Type": "application/json"})
            return there.getresponse().status
        finally:
            there.close()

    assert await asyncio.to_thread(answered, "  tools/list \t") == 200
    assert await asyncio.to_thread(answered, "tools/call") == 400


# -- who comes in ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("authorization", [None, "Bearer nope", "Basic abc", "Bearer \xe4\xf6", "bearer"])
async def test_without_a_good_token_one_is_told_where_to_connect(app: Served, authorization: str | None) -> None:
    """401, with the address of the metadata and the scope (RFC 9728)."""
    headers = posted() | ({"Authorization": authorization.encode("latin-1")} if authorization else {})  # type: ignore[dict-item]
    answer = await post(app, call("get_profile"), **headers)
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert f'resource_metadata="{app.config.public_url}/.well-known/oauth-protected-resource/mcp"' in challenge
    assert f'scope="{SCOPE}"' in challenge
    assert ('error="invalid_token"' in challenge) == ((authorization or "").startswith("Bearer "))
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        metadata = (await http.get(f"{app.config.public_url}/.well-known/oauth-protected-resource/mcp")).json()
    assert metadata["resource"] == app.config.resource


async def test_somebody_who_is_deactivated_between_two_calls_is_out(app: Served) -> None:
    """The directory is asked for each call; and back in when they are back."""
    token = await app.token("ULENA")
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 200
    gone = [somebody("ULENA", "Lena Fischer", "UMAYA", active=False), *PEOPLE[1:]]
    await app.database.write(upsert_people, gone, complete=True)
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 401
    await app.database.write(upsert_people, PEOPLE, complete=True)
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 200


async def test_guests_come_in_only_where_the_setting_lets_them(app: Served) -> None:
    """The default does not."""
    assert (await post(app, call("get_profile"), **posted(await app.token("UGUEST")))).status_code == 401
    async with served(app.database, guests=True) as other:
        assert (await post(other, call("get_profile"), **posted(await other.token("UGUEST")))).status_code == 200


async def test_a_token_for_another_address_is_no_good_here(app: Served) -> None:
    """Its resource is another one (RFC 8707)."""
    token = await app.token("ULENA", resource="https://other.example/mcp")
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 401


async def test_a_token_has_its_time(app: Served, clock: MovableClock) -> None:
    """After that the client renews it."""
    token = await app.token("ULENA")
    clock.advance(ACCESS_LASTS - timedelta(seconds=1))
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 401


async def test_a_connection_that_was_ended_is_over_at_once(app: Served) -> None:
    """An admin ends it, or the client gives its token back."""
    token = await app.token("ULENA")
    async with app.database.read() as session:
        [connection_id] = await session.scalars(sa.select(Connection.id))
    await app.database.write(end_connection, connection_id, actor="shell:test", why=ConnectionEnd.ENDED)
    assert (await post(app, call("get_profile"), **posted(token))).status_code == 401


@pytest.mark.postgres
async def test_two_replicas_share_one_login(postgresql_url: str, clock: Clock) -> None:
    """Connected through one, called through the other, ended through the first."""
    first = await Database.open(postgresql_url, clock=clock)
    second = await Database.open(postgresql_url, clock=clock)
    try:
        await first.write(upsert_people, PEOPLE, complete=True)
        async with served(first) as one, served(second, config=one.config) as other:
            token = await one.token("ULENA")
            for replica in (one, other):
                assert (await post(replica, call("get_profile"), **posted(token))).status_code == 200
            async with first.read() as session:
                [connection_id] = await session.scalars(sa.select(Connection.id))
            await first.write(end_connection, connection_id, actor="shell:test", why=ConnectionEnd.ENDED)
            for replica in (one, other):
                assert (await post(replica, call("get_profile"), **posted(token))).status_code == 401
    finally:
        await first.close()
        await second.close()


async def test_too_many_calls_have_to_wait(company: Database) -> None:
    """429 and for how long: for one person, whoever else calls; and for one client, whoever it is for."""
    async with served(company) as app:
        lena, tom = await app.token("ULENA"), await app.token("UTOM")

        async def inside(scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("in")(scope, receive, send)

        two, three = RateLimitItemPerMinute(2), RateLimitItemPerMinute(3)
        door = Door(inside, app.config, company, per_person=two, per_client=three)
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        async with (
            serving(Starlette(routes=[Route("/mcp", door, methods=["POST"])]), listener),
            httpx.AsyncClient(trust_env=False, verify=False) as http,
        ):
            answers = [await http.post(url, headers=posted(token)) for token in (lena, lena, lena, tom, tom)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60


# -- manners -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "evil.example", 421),
        ("Host", "127.0.0.1.evil.example", 421),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", "https://chatgpt.com", 200),
        ("Content-Type", "text/plain", 400),
    ],
)
async def test_other_hosts_and_origins_are_refused(app: Served, header: str, value: str, status: int) -> None:
    """Against pages that make a browser call here under another name."""
    answer = await post(app, call("get_profile"), **posted(await app.token("ULENA"), **{header: value}))
    assert answer.status_code == status


async def test_a_body_of_five_megabytes_is_refused(app: Served) -> None:
    """Before anything is made of it."""
    body = call("request_access", app="figma", reason="x" * 5_000_000)
    assert (await post(app, body, **posted(await app.token("ULENA")))).status_code == 413


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_are_no_streams_and_no_sessions(app: Served, method: str) -> None:
    """Only POST; a client that asks for a stream is told that there is none."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.request(method, app.url, headers=posted(await app.token("ULENA")))
    assert answer.status_code == 405


@pytest.mark.parametrize("body", ["", "[]", "{", '{"jsonrpc": "2.0"}', "nonsense", '[{"jsonrpc": "2.0", "id": 1}]'])
async def test_nonsense_is_a_client_error(app: Served, body: str) -> None:
    """Never a server error, and nothing of the inside shows."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        headers = posted(await app.token("ULENA")) | {"Content-Type": "application/json"}
        answer = await http.post(app.url, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text


async def test_an_unknown_tool_is_said_to_be_unknown(app: Served) -> None:
    """Also one that others might offer: nobody approves anything here."""
    result = await app.call("ULENA", "approve_request", request_id="x")
    assert result.is_error
    assert text_of(result) == "There is no tool “approve_request” here."


async def test_what_breaks_inside_stays_inside(app: Served) -> None:
    """No traceback, no SQL, no names of tables: a sentence, and the log has the rest."""

    async def drop(tx: Any) -> None:
        await tx.session.execute(sa.text("ALTER TABLE seat_counts RENAME TO seat_counts_gone"))

    token = await app.token("ULENA")
    await app.database.write(drop)
    with capture_logs() as logged:
        answer = await post(app, call("list_apps"), **posted(token))
    result = answer.json()["result"]
    assert result["isError"]
    assert result["content"][0]["text"].startswith("Something went wrong inside Usher")
    for inside in ("seat_counts", "SELECT", "Traceback", "sqlalchemy", "Error executing"):
        assert inside not in answer.text
    [failed] = [line for line in logged if line["log_level"] == "error"]
    assert (failed["event"], failed["tool"]) == ("chatgpt_app.failed", "list_apps")
    assert "seat_counts" in str(failed["exc_info"])


async def test_the_same_call_at_once_makes_one_request(app: Served) -> None:
    """Eight at the same time: one is new, and all name the same request."""
    token = await app.token("ULENA")
    wanted = call("request_access", app="figma", reason="to draw")
    answers = await asyncio.gather(*(post(app, wanted, **posted(token)) for _ in range(8)))
    results = [answer.json()["result"]["structuredContent"] for answer in answers]
    assert len({result["request_id"] for result in results}) == 1
    assert sorted(result["new"] for result in results) == [False] * 7 + [True]
    async with app.database.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(AccessRequest)) == 1


async def test_answers_carry_no_ids_of_people(app: Served) -> None:
    """Whatever is asked: names are enough."""
    token = await app.token("ULENA")
    await post(app, call("request_access", app="figma", reason="to draw"), **posted(token))
    for tool, arguments in {
        "list_apps": {}, "get_app": {"app": "figma"}, "get_request": {"app": "figma"}, "list_my_requests": {},
        "list_my_access": {}, "get_profile": {}, "search": {"query": "design"}, "fetch": {"id": "figma"},
    }.items():  # fmt: skip
        text = json.dumps((await post(app, call(tool, **arguments), **posted(token))).json())
        assert not [person.id for person in PEOPLE if person.id in text], tool
