"""Usher held against programs of others: MCP's conformance suite, and the Inspector."""

from __future__ import annotations

import socket
from asyncio import StreamReader

import pytest

from sandbox import company
from tests.conformance.conftest import CONFORMANCE, HERE, INSPECTOR, Programs
from tests.support.authorization import Connect

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_the_server_keeps_to_the_protocol(usher: Connect, programs: Programs, revision: str) -> None:
    """Everything that a revision asks of a server passes, but for what needs the suite's own tools."""
    code, said = await programs.run(
        CONFORMANCE, "server", "--url", usher.config.resource, "--suite", "all", "--spec-version", revision,
        "--expected-failures", str(HERE / f"expected-failures-{revision}.yml"),
    )  # fmt: skip
    assert code == 0, said


async def test_the_authorization_server_keeps_to_the_protocol(usher: Connect, programs: Programs) -> None:
    """Its metadata, and the whole way from the client's address to its tokens; a person presses the buttons."""
    client_id = usher.site.document(redirect_uris=["http://127.0.0.1/callback"])
    async with programs.started(
        CONFORMANCE, "authorization", "--url", usher.config.issuer, "--client-id", client_id,
        "--resource", usher.config.resource, "--port", str(free_port()),
    ) as suite, usher.browser() as browser:  # fmt: skip
        assert suite.stdout is not None
        asking = await line(suite.stdout, f"{usher.config.issuer}/oauth/authorize?")
        back = await browser.get(await usher.signed_in(browser, company.LENA, asking=asking))
        assert (await browser.get(back.headers["location"])).status_code == 200
        said = (await suite.stdout.read()).decode()
        assert await suite.wait() == 0, said
    assert "Total: 3 passed, 0 failed" in said


async def test_every_tool_is_portable(usher: Connect, programs: Programs) -> None:
    """The Inspector lists the tools strictly, and finds no schema that some client would stumble over."""
    code, said = await programs.run(
        INSPECTOR, "--cli", usher.config.resource, "--transport", "http", "--method", "tools/list", "--strict"
    )
    assert code == 0, said
    assert '"request_access"' in said


async def line(said: StreamReader, beginning: str) -> str:
    """The first line that begins so, as soon as it is said."""
    before = ""
    async for each in said:
        if each.decode().startswith(beginning):
            return each.decode().strip()
        before += each.decode()
    raise AssertionError(before)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
