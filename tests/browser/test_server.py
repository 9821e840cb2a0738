"""The sandbox as a server: it starts, stops at once, and keeps the time."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time

import httpx
import pytest
from playwright.async_api import Browser, expect

from sandbox.server import Sandbox


async def test_the_sandbox_stops_at_once(browser: Browser) -> None:
    """Pages and clients that wait for news do not hold up the end; they are told that it came."""
    page = await browser.new_page()
    async with httpx.AsyncClient(timeout=30) as client:
        async with Sandbox.start() as sandbox:
            await page.goto(sandbox.url)
            await expect(page.get_by_role("log")).to_be_visible()
            waiting = asyncio.create_task(client.get(f"{sandbox.url}/chatgpt-page/changes?since=99"))
            await client.get(f"{sandbox.url}/clock")  # by now the other call has been sent, too
            began = time.monotonic()
        assert time.monotonic() - began < 10  # a page waits longer than that for news
        assert (await waiting).status_code == 503
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await page.close()


async def test_a_page_finds_its_way_back(browser: Browser) -> None:
    """A page outlives a restart of the sandbox, and shows the new one's state."""
    page = await browser.new_page()
    async with Sandbox.start() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        sandbox.chatgpt.invite("lena@harbour.example", role="standard-user", seat_type="default")
        await page.goto(sandbox.url)
        await expect(page.get_by_role("button", name="Accept as Lena")).to_be_visible()
    async with Sandbox.start(port=port):
        await expect(page.get_by_role("button", name="Accept as Lena")).to_have_count(0, timeout=15_000)
        await expect(page.get_by_text("Reconnecting")).to_have_count(0)
        await page.close()


@pytest.mark.parametrize("skip", ["-1", "1e999", '"soon"', "null", "1e300"])
async def test_the_clock_never_runs_back(sandbox: Sandbox, skip: str) -> None:
    """What is no number of seconds, or is too many, is refused and moves nothing."""
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        answer = await client.post("/clock", content=f'{{"skip_seconds": {skip}}}')
        assert answer.status_code == 400
        assert "skip_seconds" in answer.json()["error"]
        assert (await client.get("/clock")).json()["ahead_seconds"] == 0


async def test_it_runs_alone() -> None:
    """`python -m sandbox` prints what an app needs to connect, and ends well at SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().split()[-1]
    async with httpx.AsyncClient(base_url=address) as client:
        assert "Harbour Studio" in (await client.get("/")).text
    process.send_signal(signal.SIGTERM)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert f"SLACK_API_URL={address}/slack/api/" in printed.decode()


async def test_a_taken_port_is_said_to_be_taken() -> None:
    """No traceback: one sentence, and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", "--port", str(port), stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await process.communicate()
    assert process.returncode == 1
    assert complaint.decode() == f"The sandbox could not start at 127.0.0.1:{port}: Address already in use.\n"
